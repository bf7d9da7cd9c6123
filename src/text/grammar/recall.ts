import { CharrnnError } from "../../errors.ts";
import { uniformNumbers } from "./random.ts";

/** The letters to recall. Each line has one of them. */
const LETTERS = "abcdefgh";

export const DEFAULT_LAG = 100;
export const LONGEST_LAG = 100_000;

/**
 * The first `size` characters of the memory task for a lag, in pieces. A line is a random letter, dots, a question mark,
 * and the same letter exactly `lag` characters after the first: `c.......?c`. Only the first letter of a line is
 * uncertain. The last line is cut, so that the size is exact. A shorter text is a prefix of a longer text with the same
 * seed.
 */
export function* generateRecall(lag: number, size: number, seed: number): Generator<string> {
  const uniform = uniformNumbers(seed);
  for (let left = size; left > 0;) {
    const letter = LETTERS[Math.floor(uniform() * LETTERS.length)];
    const piece = lineOf(letter, lag).slice(0, left);
    left -= piece.length;
    yield piece;
  }
}

/**
 * The exact -log2 p of each character of a text of recall, in bits, given all characters before it: log2 8 = 3 for the
 * first letter of a line, and 0 for all others. The text comes in pieces, starts with a line and may end anywhere.
 * @throws CharrnnError if the text is no text of recall with this lag
 */
export function scoreRecall(lag: number, text: Iterable<string>): Float64Array {
  const bits: number[] = [];
  let line = "";
  for (const piece of typeof text === "string" ? [text] : text) {
    for (const character of piece) {
      const place = bits.length % (lag + 2);
      if (place === 0) line = lineOf(character, lag);
      if (place === 0 ? !LETTERS.includes(character) : character !== line[place]) {
        throw new CharrnnError(
          `${JSON.stringify(character)} at offset ${bits.length} cannot come from recall with a lag of ${lag}: ` +
            "give the --lag that the text was written with",
        );
      }
      bits.push(place === 0 ? Math.log2(LETTERS.length) : 0);
    }
  }
  return Float64Array.from(bits);
}

function lineOf(letter: string, lag: number): string {
  const between = lag === 1 ? "" : `${".".repeat(lag - 2)}?`;
  return `${letter}${between}${letter}\n`;
}
