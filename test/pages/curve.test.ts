import { describe, expect, it } from "vitest";
import { curveOf, nearestTo, smooth } from "../../src/pages/curve.ts";

describe("curveOf", () => {
  it("keeps each of a few values, and leaves out those that are not finite", () => {
    expect(curveOf([1, 2, 3], [0.5, NaN, 1.5])).toEqual({ steps: [1, 3], values: [0.5, 1.5] });
    expect(curveOf([], [])).toEqual({ steps: [], values: [] });
  });

  it("takes means of equally many values, and keeps the least and the greatest", () => {
    // (1 + 3) / 2 = 2 and (10 + 20) / 2 = 15
    expect(curveOf([1, 2, 3, 4], [1, 3, 20, 10], 2)).toEqual({
      steps: [2, 4],
      values: [2, 15],
      lows: [1, 10],
      highs: [3, 20],
    });
  });

  it("loses no peak and no dip among many values", () => {
    const count = 100_000;
    const steps = Array.from({ length: count }, (_, index) => index + 1);
    const values = steps.map((step) => Math.sin(step));
    [values[12_345], values[76_543], values[count - 1]] = [50, -40, 7];
    const { steps: kept, highs = [], lows = [], values: means } = curveOf(steps, values, 1000);
    expect(kept).toHaveLength(1000);
    expect(kept.at(-1)).toBe(count);
    expect(Math.max(...highs)).toBe(50);
    expect(Math.min(...lows)).toBe(-40);
    expect(highs.at(-1)).toBe(7);
    expect(means.every((mean, index) => lows[index] <= mean && mean <= highs[index])).toBe(true);
  });
});

describe("smooth", () => {
  it("weighs each value by exp(-distance / width)", () => {
    // With width 1 / ln 2, the weight halves with each step. At step 0: (0 + 8/2 + 0/8) / (1 + 1/2 + 1/8) = 4 / 1.625.
    const curve = { steps: [0, 1, 3], values: [0, 8, 0] };
    const smoothed = smooth(curve, 1 / Math.LN2);
    expect(smoothed[0]).toBeCloseTo(4 / 1.625, 12);
    // At step 1: (0/2 + 8 + 0/4) / (1/2 + 1 + 1/4) = 8 / 1.75. At step 3: (0/8 + 8/4 + 0) / (1/8 + 1/4 + 1) = 2 / 1.375.
    expect(smoothed[1]).toBeCloseTo(8 / 1.75, 12);
    expect(smoothed[2]).toBeCloseTo(2 / 1.375, 12);
  });

  it("changes nothing with a width of 0, and no constant", () => {
    expect(smooth({ steps: [1, 2], values: [3, 4] }, 0)).toEqual([3, 4]);
    for (const value of smooth({ steps: [1, 5, 6], values: [2, 2, 2] }, 3)) expect(value).toBeCloseTo(2, 12);
  });
});

describe("nearestTo", () => {
  it("finds the nearest step, and the earlier one of two that are equally near", () => {
    const steps = [10, 20, 40];
    expect([-5, 10, 14, 15, 16, 30, 31, 99].map((step) => nearestTo(steps, step))).toEqual([
      0, 0, 0, 0, 1, 1, 2, 2,
    ]);
    expect(nearestTo([], 3)).toBe(-1);
  });
});
