import { describe, expect, it } from "vitest";
import { uniformNumbers } from "../../../../src/text/grammar/random.ts";
import { choose, roll, wholeNumber } from "../../../../src/text/tables/generated/dice.ts";
import { diceProbabilities } from "./probabilities.ts";

describe("roll", () => {
  it("adds one face for each die", () => {
    // Faces 0 to 4: 0.1 is face 0, 0.5 face 2 and 0.99 face 4.
    const numbers = [0.1, 0.5, 0.99].values();
    expect(roll({ count: 3, highest: 4 }, () => numbers.next().value ?? NaN)).toBe(6);
  });

  it("has each sum as often as its probability says", () => {
    const uniform = uniformNumbers(6);
    const counts = Array.from({ length: 9 }, () => 0);
    for (let i = 0; i < 20_000; i++) counts[roll({ count: 4, highest: 2 }, uniform)]++;
    diceProbabilities(4, 2).forEach((probability, sum) => {
      const deviation = Math.sqrt(20_000 * probability * (1 - probability));
      expect(Math.abs(counts[sum] - 20_000 * probability)).toBeLessThan(5 * deviation);
    });
  });
});

describe("wholeNumber", () => {
  it.each([
    [0, 3],
    [0.3, 3],
    [0.34, 4],
    [0.999, 5],
  ])("turns %d into %d, from 3 to 5", (number, whole) => {
    expect(wholeNumber(3, 5, () => number)).toBe(whole);
  });
});

describe("choose", () => {
  it.each([
    [0, 0],
    [0.19, 0],
    [0.21, 1],
    [0.69, 1],
    [0.71, 2],
    [1 - 2 ** -32, 2],
  ])("turns %d into %d by cumulated probability", (number, index) => {
    expect(choose([0.2, 0.5, 0.3], () => number)).toBe(index);
  });
});
