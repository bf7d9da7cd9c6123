import { describe, expect, it } from "vitest";
import { commonestAnswers, rowsOf, statedSequences } from "./readme.ts";

const stated = statedSequences("maximum.csv");
const rows = rowsOf("maximum.csv").map((row) => row.split(",").map(Number));
const sequences = Array.from({ length: stated.examples }, (_, i) => rows.filter(([id]) => id === i + 1));

describe("maximum", () => {
  it("has the largest value so far as the class of each step, so the best accuracy is 1", () => {
    for (const sequence of sequences) {
      const values = sequence.map(([, , value]) => value);
      expect(sequence.map(([, , , largest]) => largest)).toEqual(
        values.map((_, i) => Math.max(...values.slice(0, i + 1))),
      );
    }
    expect(stated).toMatchObject({ task: "many-to-many", best: 1 });
  });

  it("has sequences of 5 to 20 consecutive steps, one after the other", () => {
    expect(sequences.flat()).toEqual(rows);
    const lengths = sequences.map(({ length }) => length);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([5, 20]);
    for (const sequence of sequences)
      expect(sequence.map(([, step]) => step)).toEqual(sequence.map((_, i) => i + 1));
  });

  it("has each value as often as the smaller one of two values", () => {
    for (let value = 0; value <= 9; value++) {
      const p = (19 - 2 * value) / 100; // Of 100 pairs, (10 - v)^2 have both values >= v.
      const count = rows.filter(([, , drawn]) => drawn === value).length;
      expect(Math.abs(count - p * rows.length)).toBeLessThan(5 * Math.sqrt(rows.length * p * (1 - p)));
    }
  });

  it("is hard for a guess that knows only the value", () => {
    const guess = commonestAnswers(rows.map(([, , value, largest]) => [String(value), String(largest)]));
    expect(guess.toFixed(4)).toBe(stated.simpleGuess.toFixed(4));
  });
});
