import { element } from "./element.ts";

/** A text in lines of at most 80 characters. `lines`: keep room for so many, so that nothing jumps when it changes. */
export function textBlock(text: string, lines = 0): HTMLElement {
  const style = lines > 0 ? `min-height: calc(${lines} * var(--line))` : "";
  return element("pre", { class: "text", style, tabindex: 0, role: "group", "aria-label": "text" }, text);
}

/** How many lines a text takes, wrapped after so many characters. */
export function linesOf(text: string, columns: number): number {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
}
