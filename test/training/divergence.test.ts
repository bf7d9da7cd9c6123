import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { DivergenceError } from "../../src/training/divergence.ts";
import { type TrainingEvent } from "../../src/training/events.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { corpusIn, eventsOf, metricsOf, tiny, wordsOf } from "./fixture.ts";

/** Trains until it diverges: what it told before, and the error. */
async function diverged(out: string, options: Partial<TrainOptions>) {
  const corpus = corpusIn(out, wordsOf(1200));
  const told: TrainingEvent[] = [];
  try {
    for await (const event of train([corpus], { ...tiny, out, ...options })) told.push(event);
  } catch (error) {
    if (error instanceof DivergenceError) return { told, error };
    throw error;
  }
  throw new Error("it did not diverge");
}

describe("a run that explodes", () => {
  it.each(["wasm", "reference"] as const)(
    "ends with a report, the last good checkpoint in place: %s",
    async (engine) => {
      const out = temporaryFolder();
      const options = { lr: 1e6, checkpointEvery: 1, engine, valFrac: 0 };
      const { told, error } = await diverged(out, options);
      const end = told.at(-1);
      expect(end).toMatchObject({ event: "end", reason: "diverged" });
      const last = end?.event === "end" ? end.step : NaN;
      expect(last).toBeGreaterThanOrEqual(1);
      const latest = join(out, "run", "latest.json");
      expect(readCheckpoint(latest).training?.step).toBe(last);
      expect(metricsOf(out).at(-1)).toEqual(end);

      expect(error.exitCode).toBe(1);
      expect(error.message).toMatch(
        new RegExp(
          `at step ${last + 1}: the trouble began in .* \\(parameter (rnn|head)\\.\\w+\\); try --lr 100000`,
        ),
      );
      expect(error.message).not.toContain("\n");
      expect(error.report).toContain(
        `to start again from the saved weights: --init-from ${latest} --lr 100000`,
      );
      expect(error.report.join("\n")).toMatch(
        /parameter: (rnn|head)\.\w+, largest value \S+, gradient norm \S+/,
      );
    },
  );

  it("tells the learning rate of the step that went, not that of the whole run", async () => {
    const { told, error } = await diverged(temporaryFolder(), { lr: 1e6, warmup: 8, valFrac: 0 });
    const end = told.at(-1);
    const step = end?.event === "end" ? end.step + 1 : NaN;
    expect(step).toBeLessThan(8);
    // Warming up over 8 steps, step s has s eighths of the rate.
    expect(error.report[0]).toMatch(new RegExp(`learning rate ${(1e6 * step) / 8}$`));
  });

  it("is left as it was, byte for byte, when it is tried again", async () => {
    const out = temporaryFolder();
    await diverged(out, { lr: 1e6, checkpointEvery: 1 });
    const latest = join(out, "run", "latest.json");
    const before = readFileSync(latest);
    const again = { ...tiny, out, name: "again", lr: 1e6, initFrom: latest };
    await expect(eventsOf(train([join(out, "corpus.txt")], again))).rejects.toThrow(DivergenceError);
    expect(readFileSync(latest)).toEqual(before);
  });
});

describe("the advice", () => {
  it.each([
    [{ clipNorm: 3 }, "a smaller --clip-norm (now 3)", false],
    [{ clipNorm: 0 }, "--clip-norm 5", true],
    [{ clipNorm: 0, clipValue: 2 }, "a smaller --clip-value (now 2)", false],
  ])("fits the clipping that there was: %o", async (clipping, advice, inLine) => {
    const { error } = await diverged(temporaryFolder(), { lr: 1e6, valFrac: 0, ...clipping });
    expect(error.report.join("\n")).toContain(`to try: --lr 100000, ${advice}, --warmup 100`);
    expect(error.message.includes("--clip-norm 5")).toBe(inLine);
  });
});

it("the advice is to go on from the best validation where there was one", async () => {
  const out = temporaryFolder();
  // The rate rises until it is too much.
  const { error } = await diverged(out, { lr: 1e6, warmup: 1e6, evalEvery: 1 });
  expect(error.report.join("\n")).toContain(`--init-from ${join(out, "run", "best.json")} --lr 100000`);
});

it("the advice leaves out what the run has tried", async () => {
  const { error } = await diverged(temporaryFolder(), { lr: 1e6, warmup: 2, init: "orthogonal", valFrac: 0 });
  expect(error.report.join("\n")).toContain("to try: --lr 100000, a smaller --clip-norm (now 5)\n");
});

it("a text that changes its ways is no explosion", async () => {
  // Sure of nothing but a's, the model is many times ln 2 off at the first b's.
  const out = temporaryFolder();
  const corpus = corpusIn(out, "a".repeat(8000) + "ab".repeat(1000));
  const options = { ...tiny, batchSize: 1, seqLength: 50, lr: 0.01, epochs: 1, valFrac: 0, out };
  const events = await eventsOf(train([corpus], options));
  const losses = events.flatMap((event) => (event.event === "step" ? [event.loss] : []));
  expect(Math.max(...losses)).toBeGreaterThan(3 * Math.LN2);
  expect(losses.at(-1)).toBeLessThan(Math.LN2);
});

describe("a run from weights too large to compute with", () => {
  it.each(["wasm", "reference"] as const)("stops before its first update: %s", async (engine) => {
    const out = temporaryFolder();
    const corpus = corpusIn(out, wordsOf(1200));
    await eventsOf(train([corpus], { ...tiny, out, steps: 1, name: "source", layers: 1 }));
    const source = readCheckpoint(join(out, "source", "latest.json"));
    // Finite in float32, as a checkpoint must be, but no longer once multiplied and added up.
    source.parameters.get("head.weight")?.data.fill(3e38);
    source.parameters.get("rnn.bias_ih_l0")?.data.fill(9);
    const huge = join(out, "huge.json");
    await writeCheckpoint(huge, source);

    const { layers } = { layers: 1 };
    const { told, error } = await diverged(out, { initFrom: huge, layers, engine });
    expect(told.map(({ event }) => event)).toEqual(["start", "checkpoint", "end"]);
    expect(told[2]).toMatchObject({ reason: "diverged", step: 0, best: null });
    expect(error.message).toMatch(
      /at step 1: the trouble began in the logits at step 1 of the chunk \(parameter head\.weight\);/,
    );
    // What it began with is there still.
    const kept = readCheckpoint(join(out, "run", "latest.json"));
    expect(kept.training?.step).toBe(0);
    expect(kept.parameters.get("head.weight")?.data).toEqual(source.parameters.get("head.weight")?.data);
  });
});
