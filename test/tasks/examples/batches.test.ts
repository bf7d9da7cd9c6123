import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../src/random.ts";
import {
  batchesOf,
  epochBatches,
  paddedLength,
  paddedLengths,
  shuffled,
} from "../../../src/tasks/examples/batches.ts";

/** The number of examples of each length, as a histogram. */
function histogram(lengths: readonly number[]): number[] {
  const counts = Array<number>(Math.max(...lengths) + 1).fill(0);
  for (const length of lengths) counts[length] += 1;
  return counts;
}

/** How many steps the examples of a histogram have if each is padded to one of these lengths. */
function paddedSteps(counts: readonly number[], lengths: readonly number[]): number {
  return counts.reduce(
    (sum, count, length) => sum + (count > 0 ? count * paddedLength(length, lengths) : 0),
    0,
  );
}

/** All choices of at most `most` of these items. */
function choices<Item>(items: readonly Item[], most: number): Item[][] {
  if (items.length === 0 || most === 0) return [[]];
  const [first, ...others] = items;
  return [...choices(others, most), ...choices(others, most - 1).map((chosen) => [first, ...chosen])];
}

describe("paddedLengths", () => {
  it("are the examples' own lengths if these are at most sixteen", () => {
    expect(paddedLengths(histogram([3, 1, 7, 3]))).toEqual([1, 3, 7]);
    const sixteen = Array.from({ length: 16 }, (_, index) => 5 * index + 1);
    expect(paddedLengths(histogram(sixteen))).toEqual(sixteen);
    expect(paddedLengths(histogram([...sixteen, 100]))).toHaveLength(16);
  });

  it("join the two neighbours whose joining pads least, if there is one too many", () => {
    // Ten examples have each length from 1 to 13, but only one has the length 6: its padding is one step.
    const counts = [0, 10, 10, 10, 10, 10, 1, 10, 10, 10, 10, 10, 10, 10];
    expect(paddedLengths(counts, 12)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]);
  });

  it("pad as little as any set of that many lengths can, by brute force", () => {
    const count = fc.integer({ min: 1, max: 30 });
    const lengths = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 14 });
    const histograms = lengths.chain((present) =>
      fc.tuple(...present.map(() => count)).map((counts) => {
        const all = Array<number>(Math.max(...present) + 1).fill(0);
        present.forEach((length, index) => (all[length] = counts[index]));
        return all;
      }),
    );
    fc.assert(
      fc.property(histograms, (counts) => {
        const chosen = paddedLengths(counts, 12);
        expect(chosen.length).toBeLessThanOrEqual(12);
        expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
        const longest = counts.length - 1;
        expect(chosen.at(-1)).toBe(longest);
        const others = counts.flatMap((examples, length) =>
          examples > 0 && length < longest ? [length] : [],
        );
        const least = choices(others, 11).reduce(
          (fewest, choice) => Math.min(fewest, paddedSteps(counts, [...choice, longest])),
          Infinity,
        );
        expect(paddedSteps(counts, chosen)).toBe(least);
      }),
      // Fourteen lengths have 2^13 choices.
      { numRuns: 40, examples: [[[0, ...Array.from({ length: 14 }, (_, index) => 1 + ((index * 7) % 5))]]] },
    );
  });
});

describe("paddedLength", () => {
  it("is the shortest that holds a length", () => {
    expect([1, 4, 5, 9].map((length) => paddedLength(length, [4, 9]))).toEqual([4, 4, 9, 9]);
    expect(() => paddedLength(10, [4, 9])).toThrow("no padded length holds 10 steps");
  });
});

/** Examples by their lengths, and a batch size. */
const tables = fc.record({
  steps: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }),
  batchSize: fc.integer({ min: 1, max: 9 }),
});

describe("batchesOf", () => {
  it("puts examples of like length together, in their order", () => {
    const steps = [2, 7, 2, 6, 2, 1];
    const batches = batchesOf([0, 1, 2, 3, 4, 5], 2, [2, 7], (example) => steps[example]);
    expect(batches.map((batch) => [...batch])).toEqual([
      [0, 2],
      [4, 5],
      [1, 3],
    ]);
  });

  it("has every example once, in full batches but the last, whose padded lengths never fall", () => {
    fc.assert(
      fc.property(tables, ({ steps, batchSize }) => {
        const lengths = paddedLengths(histogram(steps));
        const batches = batchesOf(steps.keys(), batchSize, lengths, (example) => steps[example]);
        const examples = batches.flatMap((batch) => [...batch]);
        expect(examples.toSorted((a, b) => a - b)).toEqual([...steps.keys()]);
        for (const batch of batches.slice(0, -1)) expect(batch).toHaveLength(batchSize);
        const padded = examples.map((example) => paddedLength(steps[example], lengths));
        expect(padded).toEqual(padded.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("epochBatches", () => {
  const order = fc.record({
    seed: fc.integer({ min: 0, max: 1000 }),
    epoch: fc.integer({ min: 1, max: 1000 }),
  });

  it("has every example once in an epoch, in as many batches as are needed", () => {
    fc.assert(
      fc.property(tables, order, ({ steps, batchSize }, seeds) => {
        const lengths = paddedLengths(histogram(steps));
        const batches = epochBatches(steps.length, batchSize, lengths, (example) => steps[example], seeds);
        expect(batches).toHaveLength(Math.ceil(steps.length / batchSize));
        const examples = batches.flatMap((batch) => [...batch]);
        expect(examples.sort((a, b) => a - b)).toEqual([...steps.keys()]);
      }),
    );
  });

  it("is the same for the same seed and epoch, whatever came before, and another for others", () => {
    const steps = Array.from({ length: 200 }, (_, example) => 1 + (example % 7));
    const batches = (seed: number, epoch: number) =>
      epochBatches(200, 8, [3, 7], (example) => steps[example], { seed, epoch }).map((batch) => [...batch]);
    const first = batches(1, 5);
    expect(batches(1, 6)).not.toEqual(first);
    expect(batches(2, 5)).not.toEqual(first);
    expect(batches(1, 5)).toEqual(first);
  });

  it("puts neither the batches nor the examples of a batch in the order of their lengths or of the table", () => {
    const steps = Array.from({ length: 240 }, (_, example) => (example < 120 ? 3 : 7));
    const batches = epochBatches(240, 8, [3, 7], (example) => steps[example], { seed: 1, epoch: 1 });
    const lengths = batches.map((batch) => steps[batch[0]]);
    expect(lengths).not.toEqual(lengths.toSorted((a, b) => a - b));
    for (const batch of batches) expect([...batch]).not.toEqual([...batch].sort((a, b) => a - b));
  });
});

describe("shuffled", () => {
  it("makes each order of three items about equally often", () => {
    const random = Random.of(1);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw++) {
      const order = shuffled(["a", "b", "c"], random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // 1000 each, with a deviation of sqrt(6000 * 1/6 * 5/6) = 29; five of them.
    expect([...counts.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
  });
});

const testData = process.env.CHARRNN_TEST_DATA;
describe.runIf(testData)("the names of many nations (need CHARRNN_TEST_DATA)", () => {
  it.each([32, 64])("are padded to at most 1.15 times their steps, in batches of %d", (batchSize) => {
    const table = readFileSync(join(testData ?? "", "names_nationality", "names.tsv"), "utf8");
    const steps = table
      .trimEnd()
      .split("\n")
      .map((line) => Array.from(line.split("\t")[1]).length);
    expect(steps.length).toBeGreaterThan(20_000);
    const lengths = paddedLengths(histogram(steps));
    const order = { seed: 1, epoch: 1 };
    const batches = epochBatches(steps.length, batchSize, lengths, (example) => steps[example], order);
    // A batch is computed whole: also the rows that have no example.
    const computed = batches.reduce((sum, batch) => {
      const longest = Math.max(...batch.map((example) => steps[example]));
      return sum + batchSize * paddedLength(longest, lengths);
    }, 0);
    const real = steps.reduce((sum, length) => sum + length, 0);
    expect(computed / real).toBeLessThanOrEqual(1.15);
    expect(computed / real).toBeGreaterThan(1);
  });
});
