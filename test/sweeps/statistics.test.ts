import { describe, expect, it } from "vitest";
import { incompleteBeta, momentsOf, twoSided, welch, type Moments } from "../../src/sweeps/statistics.ts";

function moments(...values: number[]): Moments {
  const found = momentsOf(values);
  if (found === undefined) throw new Error("no values");
  return found;
}

describe("moments", () => {
  it("are the mean and the deviation with n - 1", () => {
    // Mean 5. Squares: 9 + 1 + 1 + 9 = 20, over 3.
    expect(moments(2, 4, 6, 8)).toEqual({ mean: 5, deviation: Math.sqrt(20 / 3), count: 4 });
    expect(moments(3)).toEqual({ mean: 3, deviation: null, count: 1 });
    expect(momentsOf([])).toBeUndefined();
  });
});

describe("Welch's test", () => {
  it("has the statistic and the degrees of freedom of the formula", () => {
    // Means 2 and 5, squared deviations 1 and 4 of three each: u = 1/3, v = 4/3, t = -3 / sqrt(5/3).
    // Degrees: (5/3)^2 / ((1/9) / 2 + (16/9) / 2) = (25/9) / (17/18) = 50/17.
    const test = welch(moments(1, 2, 3), moments(3, 5, 7));
    expect(test?.t).toBeCloseTo(-3 / Math.sqrt(5 / 3), 12);
    expect(test?.degrees).toBeCloseTo(50 / 17, 12);
  });

  it("is not made of single values, or of values that do not vary", () => {
    expect(welch(moments(1), moments(2, 3))).toBeUndefined();
    expect(welch(moments(1, 1), moments(2, 2))).toBeUndefined();
  });
});

describe("Student's distribution", () => {
  it.each([0.1, 1, 3, 12.7, 100])("has closed forms with 1 and 2 degrees: t = %d", (t) => {
    // One degree is Cauchy's distribution: P(|T| > t) = 1 - 2 atan(t) / pi. Two degrees: 1 - t / sqrt(2 + t^2).
    expect(twoSided(t, 1)).toBeCloseTo(1 - (2 * Math.atan(t)) / Math.PI, 12);
    expect(twoSided(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
    expect(twoSided(-t, 2)).toBe(twoSided(t, 2));
  });

  it.each([
    // Critical values of the usual printed tables: two-sided 5 %, 1 % and 0.1 %.
    [2.228, 10, 0.05],
    [3.169, 10, 0.01],
    [4.587, 10, 0.001],
    [2.776, 4, 0.05],
    [2.042, 30, 0.05],
    [1.98, 120, 0.05],
  ])("t = %d with %d degrees has p = %d", (t, degrees, p) => {
    expect(twoSided(t, degrees) / p).toBeCloseTo(1, 2);
  });

  it("has the incomplete beta of closed forms", () => {
    // I_x(1, b) = 1 - (1 - x)^b, I_x(a, 1) = x^a, and I_x(a, b) + I_(1-x)(b, a) = 1.
    for (const x of [0.01, 0.3, 0.5, 0.9]) {
      expect(incompleteBeta(x, 1, 3.5)).toBeCloseTo(1 - (1 - x) ** 3.5, 12);
      expect(incompleteBeta(x, 2.5, 1)).toBeCloseTo(x ** 2.5, 12);
      expect(incompleteBeta(x, 4, 7) + incompleteBeta(1 - x, 7, 4)).toBeCloseTo(1, 12);
    }
  });
});
