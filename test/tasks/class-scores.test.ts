import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreClasses, scoreNumbers } from "../../src/tasks/class-scores.ts";

/** Confidences that a test does not look at. */
function even(length: number): number[] {
  return Array.from({ length }, () => 0.5);
}

describe("scoreClasses", () => {
  it("counts what is confused, and scores each class", () => {
    // truth     a a a b b c
    // predicted a a b b c a
    // a: 2 right of 3 predictions and of 3 examples; b: 1 of 2 and of 2; c: 0 of 1 and of 1.
    const scores = scoreClasses(["a", "b", "c"], [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 0], even(6));
    expect(scores.confusion).toEqual([
      [2, 1, 0],
      [0, 1, 1],
      [1, 0, 0],
    ]);
    expect(scores.perClass).toEqual([
      { label: "a", precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 },
      { label: "b", precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 },
      { label: "c", precision: 0, recall: 0, f1: 0, support: 1 },
    ]);
    expect(scores.accuracy).toBe(3 / 6);
    // (2/3 + 1/2 + 0) / 3 = (7/6) / 3
    expect(scores.macroF1).toBeCloseTo(7 / 18, 15);
  });

  it("has an F1 that is the harmonic mean of precision and recall", () => {
    // b has 1 right of 4 predictions and of 1 example: 2 (1/4 * 1) / (1/4 + 1) = 2/5.
    // a has 1 right of 1 prediction and of 4 examples: the same.
    const { perClass, macroF1 } = scoreClasses(["a", "b"], [0, 0, 0, 0, 1], [0, 1, 1, 1, 1], even(5));
    expect(perClass[0]).toMatchObject({ precision: 1, recall: 1 / 4, f1: 2 / 5 });
    expect(perClass[1]).toMatchObject({ precision: 1 / 4, recall: 1, f1: 2 / 5 });
    expect(macroF1).toBeCloseTo(2 / 5, 15);
  });

  it("takes macro F1 over the classes that occur in the truth or in the predictions", () => {
    // a: 1 right of 1 prediction and of 2 examples: F1 2/3. b is only predicted, and c occurs nowhere.
    const { perClass, macroF1, accuracy } = scoreClasses(["a", "b", "c"], [0, 0], [0, 1], even(2));
    expect(macroF1).toBeCloseTo((2 / 3 + 0) / 2, 15);
    expect(accuracy).toBe(1 / 2);
    expect(perClass[1]).toEqual({ label: "b", precision: 0, recall: 0, f1: 0, support: 0 });
    expect(perClass[2]).toEqual({ label: "c", precision: 0, recall: 0, f1: 0, support: 0 });
  });

  it("compares the confidence with the accuracy in ten bins", () => {
    const confidence = [0.5, 0.55, 0.59, 0.95, 1, 0.6];
    const { calibration } = scoreClasses(["a", "b"], [0, 1, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1], confidence);
    const filled = calibration.filter(({ examples }) => examples > 0);
    // [.5, .6): 2 of 3 are right at a mean of 1.64 / 3. [.6, .7): none of 1. [.9, 1]: 2 of 2 at a mean of 0.975.
    expect(filled.map(({ from, to, examples }) => [from, to, examples])).toEqual([
      [0.5, 0.6, 3],
      [0.6, 0.7, 1],
      [0.9, 1, 2],
    ]);
    expect(filled.map(({ accuracy }) => accuracy)).toEqual([2 / 3, 0, 1]);
    [1.64 / 3, 0.6, 0.975].forEach((mean, i) => {
      expect(filled[i].confidence).toBeCloseTo(mean, 15);
    });
    expect(calibration).toHaveLength(10);
    expect(calibration[0]).toEqual({ from: 0, to: 0.1, examples: 0, confidence: null, accuracy: null });
  });

  it.each([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])("begins a bin at %d and not below", (edge) => {
    const below = edge - Number.EPSILON * (edge / 2); // the double below the edge, or the one below that
    const { calibration } = scoreClasses(["a"], [0, 0], [0, 0], [edge, below]);
    const bin = calibration.findIndex(({ from }) => from === edge);
    expect(calibration[bin].examples).toBe(1);
    expect(calibration[bin - 1].examples).toBe(1);
  });

  it("agrees with counts that are made example by example", () => {
    const example = fc.record({ truth: fc.nat(3), predicted: fc.nat(3), confidence: fc.double({ min: 0, max: 1, noNaN: true }) }); // prettier-ignore
    fc.assert(
      fc.property(fc.array(example, { minLength: 1 }), (examples) => {
        const truth = examples.map((one) => one.truth);
        const predicted = Uint8Array.from(examples, (one) => one.predicted);
        const scores = scoreClasses(
          ["a", "b", "c", "d"],
          truth,
          predicted,
          examples.map((one) => one.confidence),
        );
        const rights = examples.filter((one) => one.truth === one.predicted).length;
        expect(scores.accuracy).toBe(rights / examples.length);
        scores.confusion.forEach((row, t) => {
          row.forEach((count, p) => {
            expect(count).toBe(examples.filter((one) => one.truth === t && one.predicted === p).length);
          });
        });
        scores.calibration.forEach(({ from, to, examples: count }, bin) => {
          const within = ({ confidence: c }: { confidence: number }) =>
            c >= from && (c < to || (bin === 9 && c === 1));
          expect(count).toBe(examples.filter(within).length);
        });
      }),
    );
  });
});

describe("scoreNumbers", () => {
  it("is the root of the mean square and the mean size of the errors", () => {
    // Errors 1, -3, 2, 0: squares 1 + 9 + 4 + 0 = 14, sizes 1 + 3 + 2 + 0 = 6.
    expect(scoreNumbers([1, 2, 3, 4], Float32Array.of(2, -1, 5, 4))).toEqual({
      rmse: Math.sqrt(14 / 4),
      mae: 6 / 4,
    });
  });

  it("is 0 for perfect predictions", () => {
    expect(scoreNumbers([0.5, -2], [0.5, -2])).toEqual({ rmse: 0, mae: 0 });
  });
});
