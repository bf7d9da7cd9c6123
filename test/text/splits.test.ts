import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { split } from "../../src/text/splits.ts";
import { Symbols } from "../../src/text/symbols.ts";

function ofLength(n: number): Symbols {
  return Symbols.from(
    Array.from({ length: n }, (_, i) => i),
    Math.max(n, 1),
  );
}

function contents(symbols: Symbols): number[] {
  return Array.from({ length: symbols.length }, (_, i) => symbols.at(i));
}

describe("split", () => {
  it.each([
    // floor(100 * .05) = 5 each.
    [100, 0.05, 0.05, [90, 5, 5]],
    // floor(99 * .1) = 9, floor(99 * .25) = 24; 99 - 33 = 66.
    [99, 0.1, 0.25, [66, 9, 24]],
    [10, 0, 0, [10, 0, 0]],
    [10, 0.5, 0, [5, 5, 0]],
    // floor(59 * .05) = 2; floor(59 * .02) = 1, which is none.
    [59, 0.05, 0.02, [57, 2, 0]],
    [59, 0.02, 0.05, [57, 0, 2]],
    [1, 0.4, 0.4, [1, 0, 0]],
  ])("of %i symbols at %f and %f has train, val and test of %j", (n, valFrac, testFrac, lengths) => {
    const { train, val, test } = split(ofLength(n), valFrac, testFrac);
    expect([train.length, val.length, test.length]).toEqual(lengths);
  });

  it("cuts in the order train, val, test, and loses nothing", () => {
    const fraction = fc.double({ min: 0, max: 0.49, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fraction, fraction, (n, valFrac, testFrac) => {
        const { train, val, test } = split(ofLength(n), valFrac, testFrac);
        expect([train, val, test].flatMap(contents)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(train.length).toBeGreaterThan(0);
      }),
    );
  });

  it.each([
    [-0.1, 0.05, "--val-frac -0.1"],
    [1, 0, "--val-frac 1"],
    [Number.NaN, 0, "--val-frac NaN"],
    [0.05, 1.5, "--test-frac 1.5"],
    [0.5, 0.5, "leave nothing to train on"],
  ])("refuses %f and %f", (valFrac, testFrac, message) => {
    expect(() => split(ofLength(100), valFrac, testFrac)).toThrow(UsageError);
    expect(() => split(ofLength(100), valFrac, testFrac)).toThrow(message);
  });
});
