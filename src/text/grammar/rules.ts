import { type Alternative } from "./grammar.ts";

/**
 * Alternatives from a list separated by commas, the commonest first. The weights are Zipf-Mandelbrot's: the word of
 * rank r (from 1) weighs 1 / (r + 3). So the first of twenty words occurs about six times as often as the last.
 */
export function zipf(list: string): Alternative[] {
  return list.split(",").map((word, index) => [1 / (index + 4), word.trim()]);
}

/** Alternatives that write the template with the given probability, and otherwise nothing. */
export function maybe(probability: number, template: string): Alternative[] {
  return probability === 0
    ? [[1, ""]]
    : [
        [1 - probability, ""],
        [probability, template],
      ];
}

/** Alternatives from a list of words and their weights: "the 6, a 2". */
export function weighted(list: string): Alternative[] {
  return list.split(",").map((entry) => {
    const [word, weight] = entry.trim().split(" ");
    return [Number(weight), word];
  });
}
