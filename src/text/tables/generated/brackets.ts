import { choose, wholeNumber } from "./dice.ts";
import { distinct, type GeneratedTable } from "./table.ts";

const DEEPEST = 9;

/** A text has from FEWEST to MOST symbols, and then the brackets that close what is open. */
const FEWEST = 4;
const MOST = 40;

/** Which symbols are drawn: an opening bracket, a closing one, "a" and "b". */
const symbols = ["(", ")", "a", "b"] as const;
const INSIDE = [0.4, 0.3, 0.15, 0.15];
const OUTSIDE = [0.7, 0, 0.15, 0.15];
const AT_DEEPEST = [0, 0.7, 0.15, 0.15];

/**
 * Texts of balanced brackets and letters, and the depth at each symbol as a digit: how many brackets are open. Both
 * brackets of a pair count as inside it. All texts differ.
 */
export const brackets: GeneratedTable = {
  name: "brackets",
  header: "text\tdepth",
  length: 1500,
  examples: distinct((uniform) => {
    let text = "";
    let depths = "";
    let depth = 0;
    const write = (symbol: (typeof symbols)[number]) => {
      if (symbol === "(") depth++;
      text += symbol;
      depths += String(depth);
      if (symbol === ")") depth--;
    };
    for (let left = wholeNumber(FEWEST, MOST, uniform); left > 0; left--) {
      const probabilities = depth === 0 ? OUTSIDE : depth === DEEPEST ? AT_DEEPEST : INSIDE;
      write(symbols[choose(probabilities, uniform)]);
    }
    while (depth > 0) write(")");
    return `${text}\t${depths}\n`;
  }),
};
