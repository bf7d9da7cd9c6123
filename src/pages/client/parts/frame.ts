import { commandLine } from "./command.ts";
import { element } from "./element.ts";
import { keyboard, type Key } from "./keys.ts";
import { type Panel } from "./panel.ts";
import { themeSwitch } from "./theme.ts";

/** What every page has. */
export interface Frame {
  /** The kind of page: `report`. */
  readonly kind: string;
  readonly heading: string;
  /** What was found, the most important sentence first. */
  readonly verdict: readonly string[];
  readonly keys: readonly Key[];
  readonly panel: Panel;
  /** The picture that shows the verdict, and then the rest. */
  readonly content: readonly Node[];
  /** The command that made the page. */
  readonly command: string;
  /** ISO 8601. */
  readonly made: string;
}

/** Fills the page: the answer first, then the content with the panel beside it, and the command at the end. */
export function showPage({ kind, heading, verdict, keys, panel, content, command, made }: Frame): void {
  const [first = "", ...rest] = verdict;
  const header = element(
    "header",
    {},
    element(
      "div",
      { class: "bar" },
      element("span", { class: "small" }, `charrnn ${kind}`),
      element("span", { class: "buttons" }, keyboard(keys), themeSwitch()),
    ),
    element("h1", {}, heading),
    element("p", { class: "verdict" }, first),
    ...(rest.length > 0 ? [element("p", { class: "small" }, rest.join(" "))] : []),
  );
  const footer = element(
    "footer",
    {},
    element("h2", {}, "This page"),
    element("p", { class: "small" }, `Made ${made.slice(0, 16).replace("T", " ")} UTC by`),
    commandLine(command),
  );
  document.body.append(
    header,
    element("div", { class: "columns" }, element("main", {}, ...content), panel.root),
    footer,
  );
}

/** A part of the page with a heading. */
export function section(title: string, ...content: readonly Node[]): HTMLElement {
  return element("section", {}, element("h2", {}, title), ...content);
}
