import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../src/errors.ts";
import {
  checkSamplingOptions,
  draw,
  nextDistribution,
  type SamplingOptions,
} from "../../src/sampling/filters.ts";
import { Random } from "../../src/random.ts";

/** The logits whose softmax is `probabilities`. */
function logitsOf(probabilities: number[]): Float64Array {
  return Float64Array.from(probabilities, Math.log);
}

function distribution(
  logits: Float64Array,
  options: Partial<SamplingOptions>,
  recent: number[] = [],
  banned: number[] = [],
): number[] {
  return [...nextDistribution(logits, recent, { temperature: 1, ...options }, banned)];
}

function closeTo(expected: number[]): number[] {
  return expected.map((value) => expect.closeTo(value, 12) as number);
}

describe("nextDistribution", () => {
  const eighths = logitsOf([1 / 8, 1 / 2, 1 / 8, 1 / 4]);

  it("is the softmax without filters", () => {
    expect(distribution(eighths, {})).toEqual(closeTo([1 / 8, 1 / 2, 1 / 8, 1 / 4]));
  });

  it("raises probabilities to the power of 1 / temperature", () => {
    // Squares 1, 16, 1, 4 (over 64) sum to 22.
    expect(distribution(eighths, { temperature: 0.5 })).toEqual(closeTo([1 / 22, 16 / 22, 1 / 22, 4 / 22]));
  });

  it("is greedy at temperature 0, and the lowest index wins a tie", () => {
    expect(distribution(eighths, { temperature: 0 })).toEqual([0, 1, 0, 0]);
    expect(distribution(Float64Array.of(-1, 3, 3), { temperature: 0 })).toEqual([0, 1, 0]);
  });

  it("survives a temperature so small that logits overflow", () => {
    expect(distribution(Float64Array.of(-1, 3, 2), { temperature: 1e-320 })).toEqual([0, 1, 0]);
  });

  it("keeps the k likeliest, the lower index at a tie", () => {
    expect(distribution(eighths, { topK: 2 })).toEqual(closeTo([0, 2 / 3, 0, 1 / 3]));
    // 4/7, 2/7 and the first of the two eighths 1/7
    expect(distribution(eighths, { topK: 3 })).toEqual(closeTo([1 / 7, 4 / 7, 0, 2 / 7]));
  });

  it("keeps the smallest set whose mass reaches p", () => {
    expect(distribution(eighths, { topP: 0.4 })).toEqual(closeTo([0, 1, 0, 0]));
    expect(distribution(eighths, { topP: 0.6 })).toEqual(closeTo([0, 2 / 3, 0, 1 / 3]));
    expect(distribution(eighths, { topP: 0.8 })).toEqual(closeTo([1 / 7, 4 / 7, 0, 2 / 7]));
    expect(distribution(eighths, { topP: 1 })).toEqual(closeTo([1 / 8, 1 / 2, 1 / 8, 1 / 4]));
  });

  it("keeps what is at least min-p as likely as the likeliest", () => {
    expect(distribution(eighths, { minP: 0.4 })).toEqual(closeTo([0, 2 / 3, 0, 1 / 3]));
    expect(distribution(eighths, { minP: 0.2 })).toEqual(closeTo([1 / 8, 1 / 2, 1 / 8, 1 / 4]));
    expect(distribution(eighths, { minP: 1 })).toEqual(closeTo([0, 1, 0, 0]));
  });

  it("takes the mass of top-p from what top-k kept", () => {
    // Top-k leaves 2/3 and 1/3: 0.6 is reached by the first alone, which would be 1/2 without it.
    expect(distribution(eighths, { topK: 2, topP: 0.6 })).toEqual(closeTo([0, 1, 0, 0]));
  });

  it("applies temperature before top-p", () => {
    // At 1/2 the likeliest has 16/22 = 0.727.
    expect(distribution(eighths, { temperature: 0.5, topP: 0.7 })).toEqual(closeTo([0, 1, 0, 0]));
  });

  it("divides the positive logits of recent symbols and multiplies the negative ones, once each", () => {
    const logits = Float64Array.of(2, -1, 0, 1);
    const penalized = [1, -2, 0, 1].map(Math.exp);
    const total = penalized.reduce((sum, weight) => sum + weight);
    expect(distribution(logits, { repetitionPenalty: 2 }, [0, 1, 0, 2, 0])).toEqual(
      closeTo(penalized.map((weight) => weight / total)),
    );
  });

  it("penalizes what is among the last 64 and forgets what is further back", () => {
    const logits = Float64Array.of(Math.log(4), 0);
    const since = (count: number) => [0, ...Array.from({ length: count }, () => 1)];
    // log 4 / 2 = log 2; symbol 1 has logit 0, which no penalty changes.
    expect(distribution(logits, { repetitionPenalty: 2 }, since(63))).toEqual(closeTo([2 / 3, 1 / 3]));
    expect(distribution(logits, { repetitionPenalty: 2 }, since(64))).toEqual(closeTo([4 / 5, 1 / 5]));
  });

  it("penalizes before it chooses greedily", () => {
    expect(distribution(Float64Array.of(3, 2), { temperature: 0, repetitionPenalty: 2 }, [0])).toEqual([
      0, 1,
    ]);
  });

  it("never gives a banned symbol any probability", () => {
    expect(distribution(eighths, {}, [], [1])).toEqual(closeTo([1 / 4, 0, 1 / 4, 1 / 2]));
    expect(distribution(eighths, { temperature: 0 }, [], [1])).toEqual([0, 0, 0, 1]);
  });

  it("leaves the logits as they are", () => {
    const logits = Float32Array.of(1, 2, 3);
    nextDistribution(logits, [2], { temperature: 0.5, topK: 1, repetitionPenalty: 2 }, [0]);
    expect([...logits]).toEqual([1, 2, 3]);
  });

  it("refuses logits that are not numbers, and a vocabulary that is banned whole", () => {
    expect(() => distribution(Float64Array.of(0, NaN), {})).toThrow(CharrnnError);
    expect(() => distribution(Float64Array.of(0, Infinity), {})).toThrow(CharrnnError);
    expect(() => distribution(Float64Array.of(0, 1), {}, [], [0, 1])).toThrow(CharrnnError);
  });

  // Multiples of 2^-10: two that differ, differ in their probabilities too, and are ranked alike by either.
  const logitsArbitrary = fc
    .array(fc.integer({ min: -30 * 1024, max: 30 * 1024 }), { minLength: 2, maxLength: 60 })
    .map((logits) => Float64Array.from(logits, (logit) => logit / 1024));

  it("sums to one and is never empty, whatever the filters", () => {
    const options = fc.record(
      {
        temperature: fc.double({ min: 0, max: 5, noNaN: true }),
        topK: fc.integer({ min: 1, max: 70 }),
        topP: fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true }),
        minP: fc.double({ min: 0, max: 1, noNaN: true }),
        repetitionPenalty: fc.double({ min: 0.1, max: 10, noNaN: true }),
      },
      { requiredKeys: ["temperature"] },
    );
    fc.assert(
      fc.property(logitsArbitrary, options, (logits, chosen) => {
        expect(() => {
          checkSamplingOptions(chosen);
        }).not.toThrow();
        const probabilities = distribution(logits, chosen, [0, 1], [1]);
        expect(probabilities.every((p) => p >= 0)).toBe(true);
        expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
      }),
    );
  });

  it("keeps exactly k by top-k, and by top-p what sorting keeps", () => {
    fc.assert(
      fc.property(
        logitsArbitrary,
        fc.integer({ min: 1, max: 70 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (logits, k, p) => {
          const all = distribution(logits, {});
          const descending = all.map((_, i) => i).sort((i, j) => all[j] - all[i] || i - j);
          const keptOf = (probabilities: number[]) => descending.filter((i) => probabilities[i] > 0);
          expect(keptOf(distribution(logits, { topK: k }))).toEqual(descending.slice(0, k));

          const kept = keptOf(distribution(logits, { topP: p }));
          const mass = (count: number) => descending.slice(0, count).reduce((sum, i) => sum + all[i], 0);
          expect(kept).toEqual(descending.slice(0, kept.length));
          expect(mass(kept.length)).toBeGreaterThan(p - 1e-12);
          expect(mass(kept.length - 1)).toBeLessThan(p + 1e-12);
        },
      ),
    );
  });
});

describe("draw", () => {
  it("takes the symbol in whose stretch of [0, 1) the number falls", () => {
    const probabilities = Float64Array.of(0, 0.25, 0, 0.5, 0.25, 0);
    const drawn = [0, 0.2, 0.25, 0.74, 0.75, 0.99].map((number) =>
      draw(probabilities, { next: () => number }),
    );
    expect(drawn).toEqual([1, 1, 3, 3, 4, 4]);
  });

  it("takes the last possible symbol where rounding leaves the sum under one", () => {
    expect(draw(Float64Array.of(0.5, 0.4999, 0), { next: () => 0.99999 })).toBe(1);
  });

  it("draws each symbol as often as its probability says", () => {
    const probabilities = Float64Array.of(0.4, 0, 0.3, 0.2, 0.1);
    const random = Random.of(11);
    const counts = new Float64Array(5);
    for (let i = 0; i < 50_000; i++) counts[draw(probabilities, random)]++;
    expect(counts[1]).toBe(0);
    let chiSquare = 0;
    for (const i of [0, 2, 3, 4]) {
      const expected = 50_000 * probabilities[i];
      chiSquare += (counts[i] - expected) ** 2 / expected;
    }
    // With 3 degrees of freedom over 16.3 once in a thousand seeds.
    expect(chiSquare).toBeLessThan(16.3);
  });
});

describe("checkSamplingOptions", () => {
  it.each([
    [{ temperature: -1 }, "the temperature takes a number at least 0, not -1"],
    [{ temperature: NaN }, "the temperature takes a number at least 0, not NaN"],
    [{ temperature: Infinity }, "the temperature takes a number at least 0, not Infinity"],
    [{ topK: 0 }, "top-k takes a whole number at least 1, not 0"],
    [{ topK: 2.5 }, "top-k takes a whole number at least 1, not 2.5"],
    [{ topP: 0 }, "top-p takes a number above 0 and at most 1, not 0"],
    [{ topP: 1.1 }, "top-p takes a number above 0 and at most 1, not 1.1"],
    [{ minP: -0.1 }, "min-p takes a number at least 0 and at most 1, not -0.1"],
    [{ minP: 2 }, "min-p takes a number at least 0 and at most 1, not 2"],
    [{ repetitionPenalty: 0 }, "the repetition penalty takes a number above 0, not 0"],
    [{ repetitionPenalty: Infinity }, "the repetition penalty takes a number above 0, not Infinity"],
  ])("refuses %o", (options, message) => {
    expect(() => {
      checkSamplingOptions({ temperature: 1, ...options });
    }).toThrow(new UsageError(message));
  });

  it("accepts the ends of the ranges", () => {
    expect(() => {
      checkSamplingOptions({ temperature: 0, topK: 1, topP: 1, minP: 0, repetitionPenalty: 1 });
      checkSamplingOptions({ temperature: 1, minP: 1 });
    }).not.toThrow();
  });
});
