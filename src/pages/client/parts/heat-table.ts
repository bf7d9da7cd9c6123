import { element } from "./element.ts";

/** A table of numbers whose cells are the darker, the larger their share of the row. `show` writes a number. */
export function heatTable(
  label: string,
  columns: readonly string[],
  rows: readonly string[],
  values: readonly (readonly number[])[],
  show: (value: number) => string,
): HTMLElement {
  const heading = [label, ...columns].map((name) => element("th", { scope: "col" }, name));
  const body = values.map((row, index) => {
    const sum = row.reduce((total, value) => total + value, 0);
    const cells = row.map((value, column) =>
      element(
        "td",
        {
          class: rows[index] === columns[column] ? "hit" : "",
          style: `--share: ${sum > 0 ? (value / sum).toFixed(3) : 0}`,
        },
        show(value),
      ),
    );
    return element("tr", {}, element("th", { scope: "row" }, rows[index]), ...cells);
  });
  const table = element(
    "table",
    { class: "heat" },
    element("thead", {}, element("tr", {}, ...heading)),
    element("tbody", {}, ...body),
  );
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, table);
}
