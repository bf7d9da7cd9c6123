import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hypothesis } from "../../src/inspection/hypotheses.ts";
import { centredRanks } from "../../src/inspection/ranks.ts";
import { bestUnits, controlOf, RankedUnits } from "../../src/inspection/scores.ts";
import { Random } from "../../src/random.ts";

const floats = (...values: number[]) => Float32Array.from(values);
const hypothesis = (measure: Hypothesis["measure"], values: ArrayLike<number>): Hypothesis => ({
  name: "a hypothesis",
  measure,
  values: Float32Array.from(values),
});
const whole = (...units: Float32Array[]) => new RankedUnits(units, { start: 0, end: units[0].length });
const noise = (length: number, random: Random) => Float32Array.from({ length }, () => random.next() - 0.5);

/** Few values, so that many are equal; of both signs, large and small. */
const anyValue = fc.oneof(
  fc.constantFrom(-0, 0, -1, 1, -1e-40, 1e-40, 3e38, -3e38, Infinity, -Infinity),
  fc.float({ noNaN: true }),
);
const anyUnit = fc.array(fc.constantFrom(-2, -0.5, -0, 0, 0.25, 0.5, 3), { minLength: 2, maxLength: 40 });
/** A unit, a yes or no for each character, and a number for each. */
const anyCase = anyUnit.chain((unit) => {
  const length = { minLength: unit.length, maxLength: unit.length };
  return fc.record({
    unit: fc.constant(Float32Array.from(unit)),
    ones: fc.array(fc.constantFrom(0, 1), length),
    numbers: fc.array(fc.integer({ min: -3, max: 3 }), length),
    shift: fc.integer({ min: -50, max: 50 }),
  });
});

/** The share of all pairs (one place with 1, one with 0) in which the place with 1 is higher; a tie counts half. */
function naiveAuc(unit: Float32Array, ones: readonly number[]): number {
  let [wins, pairs] = [0, 0];
  unit.forEach((high, i) => {
    unit.forEach((low, j) => {
      if (ones[i] !== 1 || ones[j] !== 0) return;
      pairs++;
      wins += high > low ? 1 : high === low ? 0.5 : 0;
    });
  });
  return wins / pairs;
}

/** (E[xy] - E[x] E[y]) / (sd(x) sd(y)) */
function naiveCorrelation(x: readonly number[], y: readonly number[]): number {
  const mean = (of: (i: number) => number) => x.reduce((sum, _, i) => sum + of(i), 0) / x.length;
  const covariance = (a: readonly number[], b: readonly number[]) =>
    mean((i) => a[i] * b[i]) - mean((i) => a[i]) * mean((i) => b[i]);
  return covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y));
}

/** The values, each `shift` places on. */
function moved(values: readonly number[], shift: number): number[] {
  const n = values.length;
  return values.map((_, i) => values[(((i - shift) % n) + n) % n]);
}

describe("centred ranks", () => {
  it("are twice the rank less n + 1; equal values share the mean of their ranks", () => {
    // Sorted: -2, -0 and 0, 1, 5. Ranks 1, 2.5, 2.5, 4, 5; n + 1 = 6.
    expect([...centredRanks(floats(5, -0, -2, 0, 1))]).toEqual([4, -1, -4, -1, 2]);
    expect([...centredRanks(floats())]).toEqual([]);
  });

  it("agree with a sort", () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 60 }), (numbers) => {
        const values = Float32Array.from(numbers);
        const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const equal = (value: number) => (other: number) => other === value;
        // The ranks, from 1, of the first and the last of the equal values: their sum is twice the mid-rank.
        const expected = Array.from(
          values,
          (value) => sorted.findIndex(equal(value)) + sorted.findLastIndex(equal(value)) + 2,
        );
        expect([...centredRanks(values)]).toEqual(expected.map((rank) => rank - (values.length + 1)));
      }),
    );
  });
});

describe("scores of units", () => {
  it("AUC by hand", () => {
    // Ones at .9, .3 and -1; zeros at .3 and -2. Pairs: .9 wins 2; .3 ties and wins: 1.5; -1 wins 1 of 2. 4.5 / 6 = .75
    const ones = hypothesis("auc", [1, 0, 1, 0, 1]);
    const unit = floats(0.9, 0.3, 0.3, -2, -1);
    const constant = floats(7, 7, 7, 7, 7);
    expect([
      ...whole(
        unit,
        unit.map((value) => -value),
        constant,
      ).score(ones),
    ]).toEqual([0.75, 0.25, 0.5]);
  });

  it("correlation by hand", () => {
    // x = 1 2 3 (less the mean: -1 0 1), y = 2 0 4 (0 -2 2): 2 / sqrt(2 * 8) = .5
    const scores = whole(floats(2, 0, 4), floats(-3, -2, -1), floats(0.1, 0.1, 0.1)).score(
      hypothesis("correlation", [1, 2, 3]),
    );
    expect(scores[0]).toBeCloseTo(0.5, 12);
    expect(scores[1]).toBeCloseTo(1, 12);
    expect(scores[2]).toBeNaN();
  });

  it("are NaN if the hypothesis has one value only in the range", () => {
    const units = new RankedUnits([floats(1, 2, 3, 4)], { start: 1, end: 3 });
    expect([...units.score(hypothesis("auc", [1, 0, 0, 1]))]).toEqual([NaN]);
    expect([...units.score(hypothesis("auc", [0, 1, 1, 0]))]).toEqual([NaN]);
    expect([...units.score(hypothesis("correlation", [1, 3, 3, 1]))]).toEqual([NaN]);
  });

  it("agree with the definitions, moved by any number of places, over a part of a text", () => {
    fc.assert(
      fc.property(anyCase, ({ unit, ones, numbers, shift }) => {
        // The part has other characters around it.
        const around = (values: ArrayLike<number>) => [9, ...Array.from(values), -9, 9];
        const units = new RankedUnits([Float32Array.from(around(unit))], { start: 1, end: unit.length + 1 });
        const score = (measure: Hypothesis["measure"], values: readonly number[], by?: number) =>
          units.score(hypothesis(measure, around(values)), by)[0];

        if (new Set(ones).size === 1) {
          expect(score("auc", ones, shift)).toBeNaN();
        } else {
          expect(score("auc", ones)).toBeCloseTo(naiveAuc(unit, ones), 12);
          expect(score("auc", ones, shift)).toBeCloseTo(naiveAuc(unit, moved(ones, shift)), 12);
        }
        if (new Set(unit).size === 1 || new Set(numbers).size === 1) {
          expect(score("correlation", numbers, shift)).toBeNaN();
        } else {
          expect(score("correlation", numbers)).toBeCloseTo(naiveCorrelation([...unit], numbers), 9);
          expect(score("correlation", numbers, shift)).toBeCloseTo(
            naiveCorrelation([...unit], moved(numbers, shift)),
            9,
          );
        }
      }),
    );
  });

  it("are exact where sums of ranks are over 2^31", () => {
    // The unit rises. The ones are the last 120,000 of 200,000 characters: all are above the zeros.
    const n = 200_000;
    const units = whole(Float32Array.from({ length: n }, (_, i) => i));
    const late = hypothesis(
      "auc",
      Uint8Array.from({ length: n }, (_, i) => (i < 80_000 ? 0 : 1)),
    );
    expect(units.score(late)[0]).toBe(1);
    // Moved by 120,000, the zeros are the last 80,000 characters: all are above the ones.
    expect(units.score(late, 120_000)[0]).toBe(0);
    // Moved by 40,000, the zeros are the characters from 40,000 to 120,000: 80,000 of the 120,000 ones are above them.
    expect(units.score(late, 40_000)[0]).toBeCloseTo(2 / 3, 12);
  });
});

describe("the best units", () => {
  const inside = hypothesis("auc", [0, 0, 1, 1, 0, 1, 0, 1]);
  const halves = (...units: Float32Array[]) =>
    [new RankedUnits(units, { start: 0, end: 4 }), new RankedUnits(units, { start: 4, end: 8 })] as const;

  it("are chosen on one part and scored on the other, with the sign of the first", () => {
    const units = halves(
      floats(1, 3, 2, 4, 0, 1, 0, 1), // (2 > 1, 4 > 1, 4 > 3) of 4: .75; then 1
      floats(9, 8, 1, 2, 0, 1, 2, 3), // 0 of 4, turned: 1; then (1 > 0, 3 > 0, 3 > 2) of 4: .75, turned: .25
      floats(5, 5, 5, 5, 0, 1, 0, 1), // constant: .5; then 1
    );
    expect(bestUnits(...units, inside, 2)).toEqual([
      { unit: 1, sign: -1, chosen: 1, heldOut: 0.25 },
      { unit: 0, sign: 1, chosen: 0.75, heldOut: 1 },
    ]);
    expect(bestUnits(...units, inside, 9).map(({ unit }) => unit)).toEqual([1, 0, 2]);
  });

  it("of a number have a correlation of at least 0; a constant unit has none", () => {
    // Depth 0 1 2 3 and 0 1 2 3. The unit falls by 2 each time, then rises: -1 turned is 1, 1 turned is -1.
    const depth = hypothesis("correlation", [0, 1, 2, 3, 0, 1, 2, 3]);
    const found = bestUnits(
      ...halves(floats(5, 5, 5, 5, 0, 1, 2, 3), floats(6, 4, 2, 0, 1, 2, 3, 4)),
      depth,
      5,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ unit: 1, sign: -1 });
    expect(found[0].chosen).toBeCloseTo(1, 12);
    expect(found[0].heldOut).toBeCloseTo(-1, 12);
  });

  it("are none if the hypothesis has one value only where they are chosen", () => {
    const units = halves(floats(1, 2, 3, 4, 1, 2, 3, 4));
    const late = hypothesis("auc", [0, 0, 0, 0, 0, 1, 0, 1]);
    expect(bestUnits(...units, late, 3)).toEqual([]);
    expect(controlOf(...units, late, 1)).toBeNaN();
  });
});

describe("the control", () => {
  const parts = (units: readonly Float32Array[], length: number) =>
    [
      new RankedUnits(units, { start: 0, end: length }),
      new RankedUnits(units, { start: length, end: 2 * length }),
    ] as const;

  it("of units that are noise is near the middle", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = Random.of(seed);
        const units = parts(
          Array.from({ length: 8 }, () => noise(1000, random)),
          500,
        );
        const values = noise(1000, random);
        // One held-out AUC has a standard deviation of sqrt(501 / (12 * 250 * 250)) = .026; a correlation of 500^-.5 =
        // .045. The 20 shifts are not independent if they choose the same unit.
        const ones = hypothesis(
          "auc",
          values.map((value) => (value > 0 ? 1 : 0)),
        );
        expect(Math.abs(controlOf(...units, ones, seed) - 0.5)).toBeLessThan(0.05);
        expect(Math.abs(controlOf(...units, hypothesis("correlation", values), seed))).toBeLessThan(0.09);
      }),
      { numRuns: 20 },
    );
  });

  it("of a signal that repeats is as high as its score, if there is a unit for each phase", () => {
    // Five units are high at every fifth character, from 0 to 4 on. Any move of the hypothesis finds its unit.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const phase = (k: number) => Float32Array.from({ length: 200 }, (_, i) => (i % 5 === k ? 1 : 0));
        const units = parts([0, 1, 2, 3, 4].map(phase), 100);
        expect(controlOf(...units, hypothesis("auc", phase(0)), seed)).toBe(1);
      }),
      { numRuns: 20 },
    );
  });

  it("of a unit that follows a hypothesis without a period is low", () => {
    const random = Random.of(5);
    const unit = noise(2000, random);
    const ones = hypothesis(
      "auc",
      unit.map((value) => (value > 0 ? 1 : 0)),
    );
    expect(bestUnits(...parts([unit], 1000), ones, 1)[0].heldOut).toBe(1);
    expect(controlOf(...parts([unit], 1000), ones, 1)).toBeLessThan(0.55);
  });

  it("is the same for the same seed", () => {
    const random = Random.of(6);
    const units = parts([noise(100, random), noise(100, random)], 50);
    const numbers = hypothesis("correlation", noise(100, random));
    expect(controlOf(...units, numbers, 3)).toBe(controlOf(...units, numbers, 3));
    expect(controlOf(...units, numbers, 3)).not.toBe(controlOf(...units, numbers, 4));
  });
});
