import { element } from "./element.ts";

/** Rows of cells below a heading. Cells that are numbers stand flush right. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): HTMLTableElement {
  const cell = (value: string | number) =>
    element("td", { class: typeof value === "number" ? "number" : "" }, String(value));
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...heading.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell)))),
  );
}

/** Names and their values. */
export function facts(rows: readonly (readonly [name: string, value: string | Node])[]): HTMLElement {
  return element(
    "dl",
    { class: "facts" },
    ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

/** Content that is made when the reader opens it for the first time. */
export function folded(summary: string, content: () => Node): HTMLDetailsElement {
  const details = element("details", {}, element("summary", {}, summary));
  const open = () => {
    if (details.open && details.childElementCount === 1) {
      details.append(
        element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": summary }, content()),
      );
    }
  };
  details.addEventListener("toggle", open);
  return details;
}
