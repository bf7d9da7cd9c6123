import { describe, expect, it } from "vitest";
import { uniformNumbers } from "../../../../src/text/grammar/random.ts";
import { choose, roll, standardNormal, wholeNumber } from "../../../../src/text/tables/generated/dice.ts";
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

describe("standardNormal", () => {
  it.each([
    [[0, 0.3], 0],
    // sqrt(-2 ln 0.5) = 1.17741; cos 0 = 1, cos(2 pi 0.25) = 0
    [[0.5, 0], 1.17741],
    [[0.5, 0.25], 0],
  ])("turns the numbers %j into %d", (numbers, normal) => {
    const uniform = numbers.values();
    expect(standardNormal(() => uniform.next().value ?? NaN)).toBeCloseTo(normal, 5);
  });

  it("is below -1, 0, 1 and 2 as often as the normal distribution is", () => {
    const uniform = uniformNumbers(7);
    const drawn = Array.from({ length: 20_000 }, () => standardNormal(uniform));
    // From a table of the normal distribution.
    for (const [bound, p] of [
      [-1, 0.158655],
      [0, 0.5],
      [1, 0.841345],
      [2, 0.97725],
    ]) {
      // prettier-ignore
      const below = drawn.filter((number) => number < bound).length;
      expect(Math.abs(below - 20_000 * p)).toBeLessThan(5 * Math.sqrt(20_000 * p * (1 - p)));
    }
  });
});
