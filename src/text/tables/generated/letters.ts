import { wholeNumber } from "./dice.ts";
import { distinct, type GeneratedTable } from "./table.ts";

const LETTERS = "abcdefgh";
const SHORTEST = 2;
const LONGEST = 20;

/** A random string. All lengths are equally likely, and so are all letters. */
function drawLetters(uniform: () => number): string[] {
  const length = wholeNumber(SHORTEST, LONGEST, uniform);
  return Array.from({ length }, () => LETTERS[wholeNumber(0, LETTERS.length - 1, uniform)]);
}

/** Random strings, and the same strings from back to front. All strings differ. */
export const reversal: GeneratedTable = {
  name: "reversal",
  header: "text\treversed",
  length: 3000,
  examples: distinct((uniform) => {
    const letters = drawLetters(uniform);
    return `${letters.join("")}\t${letters.toReversed().join("")}\n`;
  }),
};

/** Random strings, and their letters in the order of the alphabet. All strings differ. */
export const sorting: GeneratedTable = {
  name: "sorting",
  header: "text\tsorted",
  length: 3000,
  examples: distinct((uniform) => {
    const letters = drawLetters(uniform);
    return `${letters.join("")}\t${letters.toSorted().join("")}\n`;
  }),
};
