import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { evaluateSeries } from "../../src/evaluation/evaluate-series.ts";
import { Random } from "../../src/random.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { predict, type AnswerOptions } from "../../src/training/predict.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { allOr } from "../scope.ts";
import { autoregression } from "../tasks/series/fixture.ts";
import { bitsOf, eventsOf, standingOf, trainInStretches } from "./fixture.ts";

/** Past the end of every run here. */
const END = 1_000_000;

/** A price around 100, in steps of which the unpredictable part has the deviation 5. */
function priceTable(folder: string, values: readonly number[], name = "prices.csv"): string {
  const path = join(folder, name);
  writeFileSync(path, `price\n${values.map((value) => `${(100 + 5 * value).toFixed(4)}\n`).join("")}`);
  return path;
}

/** Seven series of 20 to 80 rows of two numbers, one after another. */
function seriesTable(folder: string): string {
  const lines = [20, 80, 35, 44, 27, 61, 53].flatMap((length, id) => {
    const [first, second] = [1, 2].map((seed) => autoregression(length, Random.of(seed, id)).values);
    return first.map((value, row) => `${id},${value.toFixed(3)},${(10 * second[row] + 70).toFixed(2)}\n`);
  });
  const path = join(folder, "series.csv");
  writeFileSync(path, `id,a,b\n${lines.join("")}`);
  return path;
}

describe("a run over series that was interrupted and resumed ends in the same bits as one that was not", () => {
  // 320 rows are in 7 series. A tenth of each validates. Batches of 4 series have chunks of 23 rows.
  const stretches = [
    [3, 3],
    [1, 6],
    [2, 13],
    [1, END],
  ] as const;

  it.each<[string, Partial<TrainOptions>]>(
    allOr<[string, Partial<TrainOptions>]>(
      [["several series, lstm with dropout", { sequence: "id", dropout: 0.3 }]],
      [
        ["several series, lstm with dropout", { sequence: "id", dropout: 0.3 }],
        ["several series, gru", { sequence: "id", cell: "gru" }],
        ["one series, rnn", { cell: "rnn" }],
      ],
    ),
  )("%s", async (_, options) => {
    const folder = temporaryFolder();
    const table = seriesTable(folder);
    const all = { task: "series", input: "a,b", ...options, epochs: 6, metric: "rmse" } as const;
    const whole = await trainInStretches(table, join(folder, "whole"), all, [[1, END]]);
    const parts = await trainInStretches(table, join(folder, "parts"), all, stretches);
    expect(standingOf(parts)).toEqual(standingOf(whole));
    expect(bitsOf(parts)).toEqual(bitsOf(whole));
  });
});

async function predicted(checkpoint: Checkpoint, path: string, options: AnswerOptions): Promise<number[]> {
  const predictions: number[] = [];
  for await (const { prediction } of predict(checkpoint, path, { engine: "wasm", threads: 0, ...options })) {
    predictions.push(prediction as number);
  }
  return predictions;
}

describe("learning a series", () => {
  const rows = 3000;
  const { values, noise } = autoregression(rows, Random.of(11));

  const trained = async (folder: string) => {
    const table = priceTable(folder, values);
    const small = { cell: "lstm", layers: 1, hidden: 16, batchSize: 5, seqLength: 25 } as const;
    const events = await eventsOf(
      train([table], {
        ...small,
        task: "series",
        input: "price",
        epochs: 10,
        lr: 0.01,
        schedule: "cosine",
        valFrac: 0.3,
        testFrac: 0,
        sampleEvery: 0,
        threads: 1,
        out: folder,
        metric: "rmse",
      }),
    );
    const end = events.at(-1);
    if (end?.event !== "end" || end.best === null) throw new Error("the run has no best validation");
    return { best: end.best, table };
  };

  it("comes within 3 % of the best possible error, and goes on learning if the series changes", async () => {
    const folder = temporaryFolder();
    const { best, table } = await trained(folder);
    const validated = noise.slice(0.7 * rows);
    const least = 5 * Math.sqrt(validated.reduce((sum, e) => sum + e * e, 0) / validated.length);
    expect(best.value / least).toBeLessThan(1.03);
    // 900 rows can give a lower error by chance, but hardly by more than 2 %.
    expect(best.value / least).toBeGreaterThan(0.98);

    const checkpoint = readCheckpoint(best.path);
    const evaluation = await evaluateSeries(checkpoint, { text: table, split: "val" });
    expect(evaluation).toMatchObject({ text: "val split", examples: 900 });
    expect(evaluation.rmse).toBeCloseTo(best.value, 6);
    // An autoregression with a = 1.2 and b = -0.6 has the variance (1 - b) / ((1 + b) ((1 - b)^2 - a^2)) = 3.571 of its
    // noise, so the mean is off by 1.89. Neighbours correlate with a / (1 - b) = 0.75, so the value before is off by
    // sqrt(2 (1 - 0.75) 3.571) = 1.34.
    expect(evaluation.baselines?.mean.rmse).toBeGreaterThan(1.7 * least);
    expect(evaluation.baselines?.last.rmse).toBeGreaterThan(1.25 * least);

    const changed = autoregression(600, Random.of(12), [-0.5, 0.3]).values;
    const path = priceTable(folder, changed, "changed.csv");
    const errorOf = async (options: AnswerOptions) => {
      const predictions = await predicted(checkpoint, path, options);
      // The last 300 rows, after the model had 300 to learn from.
      const squares = changed.slice(300).map((value, row) => (100 + 5 * value - predictions[299 + row]) ** 2);
      return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
    };
    const [before, after] = [await errorOf({}), await errorOf({ update: true, learningRate: 0.003 })];
    // The noise alone has the deviation 5. What the model knew is worth nothing here.
    expect(before).toBeGreaterThan(10);
    expect(after).toBeLessThan(6.5);
  });
});
