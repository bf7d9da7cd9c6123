import { type Symbols } from "../../text/symbols.ts";

/** How many beginnings a checkpoint keeps, and how many symbols each of them has. */
const MOST_BEGINNINGS = 64;
const LENGTH = 200;

/**
 * Stretches of a training text that end at a line's end: from each of 64 equal parts of the text one, if the part has a
 * line's end. A sample without a prime reads one of them first, so that it begins as a line does. They are equally long:
 * 200 symbols, or fewer if the text's last line ends earlier. `newline`: the index of LF, if there is one.
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

/** At most so many symbols of a part are searched. A text that has lines has a line's end among them. */
const LONGEST_SEARCH = 100_000;

/** The position behind the first newline in [start, end) of a text. */
function endOfLine(text: Symbols, newline: number, start: number, end: number): number | undefined {
  for (let position = start; position < Math.min(end, start + LONGEST_SEARCH); position++) {
    if (text.at(position) === newline) return position + 1;
  }
  return undefined;
}
