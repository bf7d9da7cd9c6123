import { PARAGRAPH_END, type Span } from "./spans.ts";

/** The marks that close a quotation, by the mark that opens it. */
const closingMarks: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["“", "”"],
  ["„", "“”"],
  ["«", "»"],
]);

const MARK_OR_PARAGRAPH = new RegExp(`["“”„«»]|${PARAGRAPH_END}`, "g");

/**
 * The quotations of a text: from the opening mark to before the closing one. A quotation that is never closed ends with
 * its paragraph. A straight mark opens or closes in turn, unless the characters beside it show that a mark is missing.
 * Single quotation marks are not counted, because most of them are apostrophes.
 */
export function quotationSpans(text: string): Span[] {
  const spans: Span[] = [];
  let start = -1;
  const end = (index: number) => {
    if (start >= 0) spans.push({ start, end: index });
    start = -1;
  };
  for (const { 0: mark, index } of text.matchAll(MARK_OR_PARAGRAPH)) {
    const straight = mark === '"';
    if (mark.startsWith("\n")) end(index);
    else if (start < 0) {
      if (closingMarks.has(mark) && !(straight && mustClose(text, index))) start = index;
    } else if (closingMarks.get(text[start])?.includes(mark)) {
      if (!(straight && mustOpen(text, index))) end(index);
    }
  }
  end(text.length);
  return spans;
}

/** Whether a straight mark can only open a quotation: `said "Run`. */
function mustOpen(text: string, index: number): boolean {
  return /^$|[\s([{]/.test(text.charAt(index - 1)) && /\S/.test(text.charAt(index + 1));
}

/** Whether a straight mark can only close a quotation: `run!" he said`. */
function mustClose(text: string, index: number): boolean {
  return /[^\s([{]/.test(text.charAt(index - 1)) && /^$|[\s.,;:!?)\]}]/.test(text.charAt(index + 1));
}
