import { describe, expect, it } from "vitest";
import {
  comparisonCsv,
  comparisonMarkdown,
  describeComparison,
} from "../../src/cli/display/comparison-table.ts";
import { compare } from "../../src/sweeps/compare.ts";
import { type ComparedRun } from "../../src/sweeps/compared-runs.ts";

function run(name: string, loss: number, options: Record<string, unknown>): ComparedRun {
  return {
    name,
    folder: `checkpoints/${name}`,
    options: {
      corpus: ["a,b.txt"],
      task: "language-model",
      unit: "char",
      metric: "loss",
      layers: 1,
      ...options,
    },
    best: { step: 10, loss, metric: "loss", value: loss },
    test: null,
    parameters: 730,
    step: 20,
    seconds: 4,
    charactersPerSecond: 1000,
  };
}

const runs = [
  run("a1", 3, { hidden: 8, seed: 1 }),
  run("a2", 5, { hidden: 8, seed: 2 }),
  run("a3", 7, { hidden: 8, seed: 3 }),
  run("b1", 1, { hidden: 16, seed: 1 }),
  run("b2", 2, { hidden: 16, seed: 2 }),
  run("b3", 3, { hidden: 16, seed: 3 }),
];

describe("a comparison", () => {
  it("groups runs over their seeds, the best group first, and tests the others against it", async () => {
    const { groups, differing } = await compare(runs);
    expect(differing).toEqual(["hidden"]);
    // Means 2 and 5; deviations sqrt((1 + 0 + 1) / 2) = 1 and sqrt((4 + 0 + 4) / 2) = 2.
    expect(groups).toMatchObject([
      {
        options: { hidden: 16 },
        runs: ["b1", "b2", "b3"],
        best: { mean: 2, deviation: 1, count: 3 },
        versusBest: null,
      },
      { options: { hidden: 8 }, runs: ["a1", "a2", "a3"], best: { mean: 5, deviation: 2, count: 3 } },
    ]);
    // t = (5 - 2) / sqrt(1/3 + 4/3), with 50/17 degrees: see the test of Welch's test.
    expect(groups[1].versusBest?.t).toBeCloseTo(3 / Math.sqrt(5 / 3), 12);
    expect(groups[1].versusBest?.degrees).toBeCloseTo(50 / 17, 12);
  });

  it("sorts runs, those without a validation last", async () => {
    const none = { ...run("c", 0, { hidden: 4 }), best: null };
    const sorted = (await compare([none, ...runs])).runs.map(({ name }) => name);
    expect(sorted).toEqual(["b1", "b2", "a1", "b3", "a2", "a3", "c"]);
  });

  it("does not tell engines, threads and seeds apart", async () => {
    const { groups } = await compare([
      run("a", 1, { engine: "auto", threads: 1, seed: 1 }),
      run("b", 2, { engine: "native", threads: 2, seed: 2 }),
    ]);
    expect(groups).toHaveLength(1);
  });

  it("is a table that fits a narrow terminal", async () => {
    const comparison = await compare(runs);
    const [heading, first] = describeComparison(comparison).split("\n");
    expect(heading.split(/ {2,}/)).toEqual([
      "hidden",
      "runs",
      "best loss",
      "bits/char",
      "p",
      "parameters",
      "time",
      "symbols/s",
    ]);
    // 2 nats are 2 / ln 2 = 2.885 bits.
    expect(first.trim().split(/ {2,}/)).toEqual([
      "16",
      "3",
      "2.0000 ±1.0000",
      "2.885",
      "-",
      "730",
      "4.0s",
      "1.0k",
    ]);
    const narrow = describeComparison(comparison, 40).trimEnd().split("\n");
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(narrow[0]).toMatch(/hidden.*best loss/);
  });

  it("is also CSV, with a line for each run, and Markdown", async () => {
    const comparison = await compare([...runs, run('q"', 9, { hidden: 4, seed: 1, corpus: ["c,d.txt"] })]);
    const lines = comparisonCsv(comparison).split("\n");
    expect(lines[0]).toMatch(/^name,corpus,hidden,seed,step,best_step,best_loss/);
    expect(lines[1]).toBe('b1,"[""a,b.txt""]",16,1,20,10,1,loss,1,,730,4,1000');
    expect(lines[7]).toMatch(/^"q""",/);
    expect(comparisonMarkdown(await compare(runs)).split("\n")[1]).toMatch(/^\| ---: \|/);
  });
});
