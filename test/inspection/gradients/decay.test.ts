import { describe, expect, it } from "vitest";
import { fitDecay } from "../../../src/inspection/gradients/decay.ts";
import { type StateGradient } from "../../../src/inspection/gradients/state-gradients.ts";
import { shortNumber, verdictOf } from "../../../src/inspection/gradients/verdict.ts";

/** Sizes that change by a factor with each of 101 lags. */
const exponential = (factor: number) => Array.from({ length: 101 }, (_, lag) => 3 * factor ** lag);
const state = (mean: readonly number[]): StateGradient => ({ state: "h", layer: 0, mean, spread: mean });

describe("fitDecay", () => {
  it("finds the rate of an exponential", () => {
    // 0.5^(1/3.3) halves every 3.3 steps, and 0.5^(100/3.3) = 7.5e-10 is left after 100.
    const decay = fitDecay(exponential(0.5 ** (1 / 3.3)));
    expect(decay?.steps).toBeCloseTo(3.3, 10);
    expect(decay?.left).toBeCloseTo(0.5 ** (100 / 3.3), 15);
    expect(decay?.lag).toBe(100);
  });

  it("finds a straight line by least squares", () => {
    // The logarithms are 0, -1, -1. Around the means 1 and -2/3, the slope is (-1 * 2/3 + 1 * -1/3) / (1 + 1) = -1/2.
    const decay = fitDecay([1, Math.exp(-1), Math.exp(-1)]);
    expect(decay?.factor).toBeCloseTo(Math.exp(-1 / 2), 12);
    expect(decay?.left).toBeCloseTo(Math.exp(-1), 12);
  });

  it("leaves out lags that no row has, and sizes that are too small to be measured", () => {
    expect(fitDecay([1, 0.5, 0, 0, NaN, NaN])).toMatchObject({ factor: 0.5, lag: 3, left: 0 });
    expect(fitDecay([1, NaN])).toBeUndefined();
    expect(fitDecay([0, 0, 0])).toBeUndefined();
  });
});

describe("the verdict", () => {
  it("says how fast a gradient vanishes, and how much of it is left", () => {
    expect(verdictOf([state(exponential(0.5 ** (1 / 3.3)))])).toBe(
      "vanishes: halves every 3.3 steps: 8e-10 of it is left at lag 100",
    );
    expect(verdictOf([state([1, 0.5, 0])])).toBe(
      "vanishes: halves every 1 steps: nothing that can be measured is left at lag 2",
    );
  });

  it("says that a gradient carries if a hundredth of it is left", () => {
    // 0.99^100 = 0.366
    expect(verdictOf([state(exponential(0.99))])).toBe("carries: 0.37 of it is left at lag 100");
  });

  it("says that a gradient explodes, and whether it is clipped", () => {
    // 2^(100/5) = 1048576
    const states = [state(exponential(2 ** (1 / 5)))];
    expect(verdictOf(states)).toBe("explodes: doubles every 5 steps: it is 1e6 times as large at lag 100");
    expect(verdictOf(states, { areClipped: false })).toMatch(/lag 100, and no clipping bounds the updates$/);
    expect(verdictOf(states, { areClipped: true })).toMatch(/lag 100, and clipping bounds the updates$/);
  });

  it("is that of the state whose gradient is largest at the last lag", () => {
    expect(verdictOf([state(exponential(0.5)), state(exponential(0.99))])).toMatch(/^carries/);
    // A state whose gradient is hardly there carries nothing, though all of the little there is is left.
    const dead = state(new Array<number>(101).fill(1e-30));
    expect(verdictOf([dead, state(exponential(0.9))])).toMatch(/^vanishes/);
  });

  it("says whether updates have a usual size", () => {
    const states = [state(exponential(1))];
    expect(verdictOf(states, { ratio: 1e-3 })).toMatch(/; updates are 1e-3 of the weights$/);
    expect(verdictOf(states, { ratio: 1e-6 })).toMatch(
      /; updates are 1e-6 of the weights: the learning rate looks small$/,
    );
    expect(verdictOf(states, { ratio: 0.5 })).toMatch(/: the learning rate looks large$/);
  });
});

describe("shortNumber", () => {
  it.each([
    [3.3333, "3.3"],
    [9.96, "10"],
    [24.4, "24"],
    [0.0123, "0.012"],
    [1.04e-9, "1e-9"],
    [123456, "1e5"],
    [0, "0"],
    [Infinity, "endlessly many"],
  ])("writes %s as %s", (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });
});
