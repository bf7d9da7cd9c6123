import { type Span } from "./spans.ts";

/** Words: letters, digits and _, and apostrophes between letters. */
export const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’]\p{L}[\p{L}\p{M}\p{N}_]*)*/gu;

/** Lines, without their line ends. */
export const LINE = /[^\n]+/g;

/** The spaces and tabs at the beginning of lines. */
export const INDENT = /^[ \t]+/gm;

/** Lines below a blank line: from the line end that ends the blank line to before their own line end. */
export const LINE_AFTER_BLANK = /(?<=\n[ \t\r]*)\n[ \t]*\S[^\n]*/g;

/** Full stops, closing marks and the space behind them; or a blank line. */
const SENTENCE_END = /(?<![.!?…])([.!?…]+["”’')\]»]*)\s+(?![\s\p{Ll}])|\n[ \t\r]*\n\s*/gu;

/**
 * Sentences, without the space between them. A sentence ends at . ! ? or … before a space, unless a small letter
 * follows; and at a blank line. An abbreviation before a name ends one too (`Mr. Smith`). None if no sentence ends.
 */
export function sentenceSpans(text: string): Span[] {
  const sentences: Span[] = [];
  let start = 0;
  for (const { 0: end, 1: mark = "", index } of text.matchAll(SENTENCE_END)) {
    sentences.push({ start, end: index + mark.length });
    start = index + end.length;
  }
  return sentences.length === 0 ? [] : [...sentences, { start, end: text.length }];
}
