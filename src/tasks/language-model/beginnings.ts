import { type Symbols } from "../../text/symbols.ts";

/** How many beginnings a checkpoint keeps, and how many symbols each of them has. */
const MOST_BEGINNINGS = 64;
const LENGTH = 200;

/**
 * Beginnings for samples: pieces of the training text that end with a newline. A sample without a prime reads one of
 * the pieces first, so that the drawn text begins a new line. The text is divided into 64 equal parts, and each part
 * that has a newline gives one piece. All pieces have 200 symbols, or fewer if the text is shorter up to its last
 * newline. `newline` is the index of LF, if the vocabulary has it.
 */
export function beginningsOf(text: Symbols, newline: number | undefined): number[][] {
  if (newline === undefined) return [];
  const border = (part: number) => Math.floor((part * text.length) / MOST_BEGINNINGS);
  const ends = Array.from({ length: MOST_BEGINNINGS }, (_, part) =>
    endOfLine(text, newline, border(part), border(part + 1)),
  ).filter((end) => end !== undefined);
  const length = Math.min(LENGTH, ends.at(-1) ?? 0);
  return ends
    .filter((end) => end >= length)
    .map((end) => Array.from({ length }, (_, index) => text.at(end - length + index)));
}

/** At most this many symbols of a part are searched for a newline. In a text with lines this is enough. */
const LONGEST_SEARCH = 100_000;

/** The position after the first newline in [start, end) of a text. */
function endOfLine(text: Symbols, newline: number, start: number, end: number): number | undefined {
  for (let position = start; position < Math.min(end, start + LONGEST_SEARCH); position++) {
    if (text.at(position) === newline) return position + 1;
  }
  return undefined;
}
