import { PARAGRAPH_END, type Span } from "./spans.ts";

/** The pairs of brackets, and what people call them. */
export const BRACKETS = [
  { name: "round brackets", pair: "()" },
  { name: "square brackets", pair: "[]" },
  { name: "curly brackets", pair: "{}" },
] as const;

/** A pair of brackets: from the opening one to before the closing one. */
export interface BracketSpan extends Span {
  /** Its index in BRACKETS. */
  readonly kind: number;
}

const BRACKET_OR_PARAGRAPH = new RegExp(String.raw`[()[\]{}]|${PARAGRAPH_END}`, "g");

/**
 * The brackets of a text, in no particular order. A closing bracket also ends the open brackets of other kinds inside
 * its pair; one without an opening bracket is ignored. A bracket that is never closed ends with the text, or with its
 * paragraph if `withinParagraphs`.
 */
export function bracketSpans(text: string, { withinParagraphs = false } = {}): BracketSpan[] {
  const spans: BracketSpan[] = [];
  const open: { start: number; kind: number }[] = [];
  const openOfKind = BRACKETS.map(() => 0);
  const close = (end: number): number => {
    const bracket = open.pop();
    if (bracket === undefined) return -1;
    openOfKind[bracket.kind]--;
    spans.push({ ...bracket, end });
    return bracket.kind;
  };
  for (const { 0: found, index } of text.matchAll(BRACKET_OR_PARAGRAPH)) {
    const kind = BRACKETS.findIndex(({ pair }) => pair.includes(found));
    if (kind < 0) {
      while (withinParagraphs && open.length > 0) close(index);
    } else if (found === BRACKETS[kind].pair[0]) {
      open.push({ start: index, kind });
      openOfKind[kind]++;
    } else if (openOfKind[kind] > 0) {
      while (close(index) !== kind);
    }
  }
  while (open.length > 0) close(text.length);
  return spans;
}
