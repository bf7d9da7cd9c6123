import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { type EvaluateOptions } from "../../src/evaluation/evaluate.ts";
import { evaluateSeries } from "../../src/evaluation/evaluate-series.ts";
import { type EvaluationSource } from "../../src/evaluation/source.ts";
import { Random } from "../../src/random.ts";
import { train } from "../../src/training/train.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { type TrainingEvent } from "../../src/training/events.ts";
import { autoregression } from "../tasks/series/fixture.ts";
import { eventsOf } from "../training/fixture.ts";

const { values } = autoregression(200, Random.of(4));

/** A folder with a table and a run on it. */
async function setUp(options: Partial<TrainOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
  const table = join(folder, "series.csv");
  writeFileSync(table, `x\n${values.join("\n")}\n`);
  const small = { layers: 1, hidden: 4, steps: 3, evalEvery: 1, sampleEvery: 0, threads: 1 } as const;
  const common = { task: "series", input: "x", engine: "wasm", valFrac: 0.1, testFrac: 0.1 } as const;
  const events = await eventsOf(
    train([table], { ...small, ...common, out: folder, name: "run", ...options }),
  );
  return { folder, table, events, checkpoint: readCheckpoint(join(folder, "run", "best.json")) };
}

/** Evaluates on the thread of the test. */
const evaluated = (checkpoint: Checkpoint, source: EvaluationSource, options: EvaluateOptions = {}) =>
  evaluateSeries(checkpoint, source, { threads: 0, ...options });

const evalsIn = (events: readonly TrainingEvent[]) => events.filter(({ event }) => event === "eval");

/** The errors of predictions by always the value before, for the rows [start, end). */
function lastValueErrors(start: number, end: number) {
  const errors = values.slice(start, end).map((value, row) => value - values[start + row - 1]);
  return {
    rmse: Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length),
    mae: errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length,
  };
}

describe("evaluateSeries", () => {
  let trained: Awaited<ReturnType<typeof setUp>>;
  beforeAll(async () => {
    trained = await setUp();
  });

  it("gives the numbers of the validation", async () => {
    const { checkpoint, events } = trained;
    const { step } = checkpoint.training ?? {};
    const event = evalsIn(events).find((one) => one.step === step);
    const { loss, rmse, mae, examples } = await evaluated(checkpoint, {});
    expect({ loss, rmse, mae }).toEqual({
      loss: event?.event === "eval" && event.loss,
      rmse: event?.event === "eval" && event.rmse,
      mae: event?.event === "eval" && event.mae,
    });
    expect(examples).toBe(20);
  });

  it("scores all rows of a split, because the row before its first one is known", async () => {
    const { checkpoint } = trained;
    for (const [split, start, end] of [
      ["train", 1, 160],
      ["val", 160, 180],
      ["test", 180, 200],
    ] as const) {
      const { text, examples, baselines } = await evaluated(checkpoint, { split });
      expect([text, examples]).toEqual([`${split} split`, end - start]);
      const { rmse, mae } = lastValueErrors(start, end);
      expect(baselines?.last.rmse).toBeCloseTo(rmse, 10);
      expect(baselines?.last.mae).toBeCloseTo(mae, 10);
    }
  });

  it("scores a whole table, and a split of a table that has moved", async () => {
    const { checkpoint, folder, table } = trained;
    const moved = join(folder, "moved.csv");
    copyFileSync(table, moved);
    expect(await evaluated(checkpoint, { text: moved })).toMatchObject({ text: moved, examples: 199 });
    const here = await evaluated(checkpoint, { split: "test" });
    const there = await evaluated(checkpoint, { split: "test", text: moved });
    expect({ ...there, seconds: 0 }).toEqual({ ...here, seconds: 0 });
  });

  it("scores the table of --val, from its second row on, and no split that is empty", async () => {
    const val = join(trained.folder, "val.csv");
    writeFileSync(val, "x\n1\n2\n0.5\n");
    const { checkpoint, events } = await setUp({ val: [val], valFrac: undefined, testFrac: 0 });
    expect(events[0]).toMatchObject({ symbols: { train: 200, val: 3, test: 0 }, series: 2 });
    expect(await evaluated(checkpoint, { split: "val" })).toMatchObject({ examples: 2 });
    await expect(evaluated(checkpoint, { split: "test" })).rejects.toThrow(
      "the test split is empty: name another split, or a table",
    );
  });

  it("computes no baselines if they are not wanted", async () => {
    const { checkpoint } = trained;
    expect(await evaluated(checkpoint, {}, { baselines: false })).toMatchObject({ baselines: null });
  });

  it("refuses data that it cannot score", async () => {
    const { checkpoint, folder, table } = trained;
    const write = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const refusal = (source: Parameters<typeof evaluateSeries>[1], of: Checkpoint = checkpoint) =>
      expect(evaluated(of, source)).rejects;
    await refusal({ text: write("one.csv", "x\n1\n") }).toThrow("one.csv has no row to predict");
    await refusal({ text: write("none.csv", "x\n") }).toThrow("none.csv has no rows");
    await refusal({ text: write("gap.csv", "x\n1\n\n2,\n") }).toThrow("gap.csv, line");
    await refusal({}, { ...checkpoint, task: undefined }).toThrow(
      "a model for language-model cannot score series",
    );
    await refusal({}, { ...checkpoint, training: undefined }).toThrow("does not say what it was trained on");
    writeFileSync(table, "x\n1\n2\n");
    await refusal({ split: "val" }).toThrow(
      "series.csv has changed since the training: name the table to score",
    );
  });
});
