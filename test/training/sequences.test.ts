import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { resolveCheckpoint } from "../../src/checkpoint/find-run.ts";
import { evaluateSequences } from "../../src/evaluation/evaluate-sequences.ts";
import { Random } from "../../src/random.ts";
import { type Answered } from "../../src/tasks/task.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { predict } from "../../src/training/predict.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { allOr } from "../scope.ts";
import { bitsOf, eventsOf, standingOf, trainInStretches } from "./fixture.ts";

/** Past the end of every run here. */
const END = 1_000_000;

/** A table of different strings of the letters a to d, each with the same string backwards. */
function reversals(folder: string, count: number, longest: number): string {
  const random = Random.of(8);
  const strings = new Set<string>();
  while (strings.size < count) {
    const length = 1 + Math.floor(random.next() * longest);
    strings.add(Array.from({ length }, () => "abcd"[Math.floor(random.next() * 4)]).join(""));
  }
  const path = join(folder, "reversals.tsv");
  const lines = [...strings].map((text) => `${text}\t${Array.from(text).reverse().join("")}\n`);
  writeFileSync(path, `text\treversed\n${lines.join("")}`);
  return path;
}

const reversal = { task: "sequence-to-sequence", input: "text", target: "reversed", seqLength: 50 } as const;

describe("a run over pairs that was interrupted and resumed ends in the same bits as one that was not", () => {
  it.each<[string, Partial<TrainOptions>]>(
    allOr<[string, Partial<TrainOptions>]>(
      [["lstm, both directions, dropout", { cell: "lstm", bidirectional: true, dropout: 0.3 }]],
      [
        ["lstm, both directions, dropout", { cell: "lstm", bidirectional: true, dropout: 0.3 }],
        ["gru, smoothed", { cell: "gru", labelSmoothing: 0.1, embedding: 5 }],
        ["rnn without attention", { cell: "rnn", attention: "none" }],
      ],
    ),
  )("%s", async (_, options) => {
    const folder = temporaryFolder();
    const table = reversals(folder, 120, 5);
    const all = { ...reversal, ...options, epochs: 2, metric: "symbol-error-rate" } as const;
    const whole = await trainInStretches(table, join(folder, "whole"), all, [[1, END]]);
    const stretches = [
      [3, 11],
      [1, 29],
      [2, END],
    ] as const;
    const parts = await trainInStretches(table, join(folder, "parts"), all, stretches);
    expect(standingOf(parts)).toEqual(standingOf(whole));
    expect(bitsOf(parts)).toEqual(bitsOf(whole));
  });
});

describe("a model that reverses strings", () => {
  it("learns it, is evaluated as it was validated, and writes the reversals of other strings", async () => {
    const folder = temporaryFolder();
    const table = reversals(folder, 1200, 6);
    const options = {
      ...reversal,
      cell: "gru",
      layers: 1,
      hidden: 40,
      bidirectional: true,
      lr: 0.01,
      schedule: "cosine",
      batchSize: 32,
      epochs: 14,
      metric: "accuracy",
      sampleEvery: 0,
      out: folder,
      name: "run",
      threads: 1,
    } as const;
    const end = (await eventsOf(train([table], options))).at(-1);
    if (end?.event !== "end" || end.best === null) throw new Error("the run has no best validation");
    expect(end.best.metric).toBe("accuracy");
    expect(end.best.value).toBeGreaterThan(0.9);

    const checkpoint = readCheckpoint(resolveCheckpoint("run", folder, ""));
    const own = await evaluateSequences(checkpoint, { split: "val", text: undefined }, { threads: 1 });
    expect(own.examples).toBe(60);
    expect(own.accuracy).toBe(end.best.value);
    expect(own.loss).toBeCloseTo(end.best.loss, 5);
    expect(own.byLength.reduce((sum, { examples }) => sum + examples, 0)).toBe(60);
    // A string of one letter, or a palindrome, is its own reversal.
    expect(own.baselines?.copy.accuracy).toBeGreaterThan(0);
    expect(own.baselines?.copy.accuracy).toBeLessThan(0.5);

    const path = join(folder, "inputs.txt");
    writeFileSync(path, "abcd\nddcab\n");
    const answers: Answered[] = [];
    const asked = { top: 3, threads: 1, alignments: true };
    for await (const answer of predict(checkpoint, path, asked)) answers.push(answer);
    expect(answers.map(({ prediction }) => prediction)).toEqual(["dcba", "bacdd"]);
    expect(answers[0].candidates).toHaveLength(3);
    // Four symbols and the end, each with weights over four letters that sum to 1.
    const alignment = answers[0].alignment ?? [];
    expect(alignment.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4]);
    for (const weights of alignment)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });

  it.each<[string, Partial<TrainOptions>, string]>([
    ["a\t\n", {}, 'line 2, column "reversed" is empty'],
    ["\ta\n", {}, 'line 2, column "text" is empty'],
    [
      "abc\tcba\n",
      { maxLength: 2 },
      'line 2, column "text" has 3 steps, more than --max-length 2: raise --max-length',
    ],
    [
      "a\tabc\n",
      { maxLength: 2 },
      'line 2, column "reversed" has 3 symbols, more than --max-length 2: raise --max-length',
    ],
  ])("refuses %j", async (line, options, message) => {
    const folder = temporaryFolder();
    const path = join(folder, "bad.tsv");
    writeFileSync(path, `text\treversed\n${line}b\ta\n`);
    const run = eventsOf(
      train([path], { ...reversal, ...options, out: folder, valFrac: 0, testFrac: 0, steps: 1 }),
    );
    await expect(run).rejects.toThrow(message);
  });
});
