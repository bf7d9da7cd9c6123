import { describe, expect, it } from "vitest";
import { defineGrammar } from "../../../../src/text/grammar/grammar.ts";
import { allTexts, bestAccuracy, diceProbabilities } from "./probabilities.ts";

describe("allTexts", () => {
  it("adds up the derivations of each text", () => {
    // "aa" is an empty x and "aa" (1/2 * 1/4), or x = "a" and "a" (1/2 * 3/4).
    const grammar = defineGrammar("g", "s", {
      s: [[1, "<x><y>."]],
      x: [
        [1, ""],
        [1, "a"],
      ],
      y: [
        [3, "a"],
        [1, "aa"],
      ],
    });
    expect(allTexts(grammar)).toEqual(
      new Map([
        ["a.", 3 / 8],
        ["aa.", 1 / 8 + 3 / 8],
        ["aaa.", 1 / 8],
      ]),
    );
    expect([...allTexts(grammar, "x").keys()]).toEqual(["", "a"]);
  });
});

describe("diceProbabilities", () => {
  it("counts the throws that have each sum", () => {
    // Two dice with faces 0, 1 and 2 have 9 throws: 1, 2, 3, 2 and 1 of them have the sums 0 to 4.
    diceProbabilities(2, 2).forEach((probability, sum) => {
      expect(probability).toBeCloseTo([1, 2, 3, 2, 1][sum] / 9, 12);
    });
  });
});

describe("bestAccuracy", () => {
  it("takes the likelier class of each feature", () => {
    const examples = new Map([
      ["x1\ta", 0.3],
      ["x1\tb", 0.1],
      ["x2\tb", 0.4],
      ["y1\tb", 0.2],
    ]);
    expect(bestAccuracy(examples, (input) => input)).toBeCloseTo(0.3 + 0.4 + 0.2, 12);
    expect(bestAccuracy(examples, (input) => input[0])).toBeCloseTo(0.5 + 0.2, 12); // x: 0.3 or 0.5
  });
});
