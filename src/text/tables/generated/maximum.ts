import { wholeNumber } from "./dice.ts";
import { independent, type GeneratedTable } from "./table.ts";

const SHORTEST = 5;
const LONGEST = 20;
const LARGEST = 9;

/**
 * Sequences of whole numbers from 0 to 9. The class at each step is the largest number so far. A number is the smaller
 * of two random ones, so large numbers are rare and the largest number grows slowly.
 */
export const maximum: GeneratedTable = {
  name: "maximum",
  header: "sequence,step,value,class",
  length: 600,
  examples: independent((uniform, id) => {
    const steps = wholeNumber(SHORTEST, LONGEST, uniform);
    let largest = 0;
    let lines = "";
    for (let step = 1; step <= steps; step++) {
      const value = Math.min(wholeNumber(0, LARGEST, uniform), wholeNumber(0, LARGEST, uniform));
      largest = Math.max(largest, value);
      lines += `${id},${step},${value},${largest}\n`;
    }
    return lines;
  }),
};
