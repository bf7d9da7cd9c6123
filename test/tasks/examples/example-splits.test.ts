import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repeatsIn, splitExamples, type ExampleSplits } from "../../../src/tasks/examples/example-splits.ts";
import { type TableExample } from "../../../src/tasks/examples/table-examples.ts";
import { exampleWith } from "./fixture.ts";

function numbered(count: number): TableExample[] {
  return Array.from({ length: count }, (_, index) => exampleWith("a", "x", { line: index + 2 }));
}

function linesOf({ train, val, test }: ExampleSplits): number[][] {
  return [train, val, test].map((examples) => examples.map(({ line }) => line));
}

describe("the splits of examples", () => {
  it("take a group of any size", () => {
    const examples = numbered(300_000).map((example) => ({ ...example, group: "all" }));
    const { train, val, test } = splitExamples(examples, { seed: 1, valFrac: 0, testFrac: 0.1 });
    expect([train.length, val.length, test.length]).toEqual([0, 0, 300_000]);
  });

  it.each([
    [10, 0.1, 0.2, [7, 1, 2]],
    // 1.9 and 0.95 of 19 examples
    [19, 0.1, 0.05, [18, 1, 0]],
    [9, 0.1, 0.1, [9, 0, 0]],
    [3, 0.4, 0.4, [1, 1, 1]],
    [0, 0.5, 0.1, [0, 0, 0]],
  ])("of %d examples with the fractions %d and %d have the sizes %j", (count, valFrac, testFrac, sizes) => {
    const splits = splitExamples(numbered(count), { seed: 1, valFrac, testFrac });
    expect(linesOf(splits).map(({ length }) => length)).toEqual(sizes);
  });

  it("have every example once, in an order that the seed decides", () => {
    const examples = numbered(40);
    const fractions = { valFrac: 0.25, testFrac: 0.1 };
    const lines = linesOf(splitExamples(examples, { seed: 3, ...fractions }));
    expect(lines.flat().toSorted((a, b) => a - b)).toEqual(examples.map(({ line }) => line));
    expect(linesOf(splitExamples(examples, { seed: 3, ...fractions }))).toEqual(lines);
    const others = linesOf(splitExamples(examples, { seed: 4, ...fractions }));
    expect(new Set(others[1])).not.toEqual(new Set(lines[1]));
  });

  it("have the same test split whatever the fraction to validate is", () => {
    const split = (valFrac: number) => splitExamples(numbered(30), { seed: 1, valFrac, testFrac: 0.2 }).test;
    expect(split(0.3)).toEqual(split(0));
  });

  it("never divide a group, and are at least as large as their fractions while examples are left", () => {
    const groups = fc.array(fc.constantFrom("0", "1", "2", "a", "", undefined), { maxLength: 40 });
    const fraction = fc.double({ min: 0, max: 0.49, noNaN: true });
    fc.assert(
      fc.property(groups, fraction, fraction, fc.nat(1000), (own, valFrac, testFrac, seed) => {
        const examples = own.map((group, index) => exampleWith("a", "x", { group, line: index }));
        const splits = splitExamples(examples, { seed, valFrac, testFrac });
        const lines = linesOf(splits).flat();
        expect(lines.toSorted((a, b) => a - b)).toEqual(examples.map(({ line }) => line));
        for (const group of ["0", "1", "2", "a", ""]) {
          const having = Object.values(splits).filter((split) => split.some((one) => one.group === group));
          expect(having.length).toBeLessThanOrEqual(1);
        }
        const largest = Math.max(1, ...["0", "1", "2", "a", ""].map((group) => own.filter((one) => one === group).length)); // prettier-ignore
        const wanted = Math.floor(own.length * testFrac);
        expect(splits.test.length).toBeGreaterThanOrEqual(wanted);
        expect(splits.test.length).toBeLessThan(Math.max(1, wanted + largest));
      }),
    );
  });
});

describe("repeatsIn", () => {
  it("counts examples that repeat one of their split, and inputs that the training split has too", () => {
    const train = [exampleWith("a", "x"), exampleWith("a", "x"), exampleWith("a", "y"), exampleWith("b", "x"), exampleWith("a", "x")]; // prettier-ignore
    const val = [exampleWith("a", "z"), exampleWith("c", "x"), exampleWith("c", "x")];
    const test = [exampleWith("b", "x"), exampleWith("c", "x")];
    // Within: the second and third a/x to train on, and the second c/x to validate. Across: a to validate, b to test.
    expect(repeatsIn({ train, val, test })).toEqual({ within: 3, across: 2 });
    expect(repeatsIn({ train: val.slice(0, 2), val: test.slice(0, 1), test: [] })).toEqual({
      within: 0,
      across: 0,
    });
  });

  it("compares tokens and numbers as they stand, and looks at no group", () => {
    const train = [exampleWith(["a b"], "x"), exampleWith(["a", "b"], "x"), exampleWith("a b", "x")];
    expect(repeatsIn({ train, val: [], test: [] })).toEqual({ within: 0, across: 0 });
    const rows = [exampleWith([[1, 2]], "x", { group: "u" }), exampleWith([[1, 2]], "x", { group: "v" })];
    expect(repeatsIn({ train: rows, val: [exampleWith([[1], [2]], "x")], test: [] })).toEqual({ within: 1, across: 0 }); // prettier-ignore
  });
});
