import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { CharrnnError, UsageError } from "../../src/errors.ts";
import { Random } from "../../src/random.ts";
import { predict, type AnswerOptions } from "../../src/training/predict.ts";
import { autoregression, plainCode, randomCheckpoint, smallModel } from "../tasks/series/fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const table = join(folder, "table.csv");
const { values } = autoregression(40, Random.of(1));
writeFileSync(table, `x\n${values.join("\n")}\n`);

async function predicted(checkpoint: Checkpoint, options: AnswerOptions): Promise<number[]> {
  const predictions: number[] = [];
  for await (const { prediction } of predict(checkpoint, table, { engine: "wasm", threads: 0, ...options })) {
    predictions.push(prediction as number);
  }
  return predictions;
}

const code = plainCode("x");
const sgd = { optimizer: "sgd", clipNorm: 0, seqLength: 5, lr: 0.05 };

describe("predictions with updates", () => {
  it.each([1, 5, 100])("are those without, if nothing is learned (window %i)", async (seqLength) => {
    const checkpoint = await randomCheckpoint(code, smallModel, { ...sgd, seqLength });
    const still = await predicted(checkpoint, {});
    const moving = await predicted(checkpoint, { update: true, learningRate: 1e-30 });
    expect(moving).toHaveLength(40);
    moving.forEach((prediction, row) => {
      expect(prediction).toBeCloseTo(still[row], 5);
    });
  });

  it("learn from a row after it is predicted, and not before", async () => {
    const checkpoint = await randomCheckpoint(code, smallModel, sgd);
    const [still, moving] = [await predicted(checkpoint, {}), await predicted(checkpoint, { update: true })];
    // The first prediction is that of row 1. It comes before there is any right answer.
    expect(moving[0]).toBe(still[0]);
    expect(moving[1]).not.toBe(still[1]);
  });

  it("take the learning rate of the run, unless another is given", async () => {
    const checkpoint = await randomCheckpoint(code, smallModel, sgd);
    const own = await predicted(checkpoint, { update: true });
    expect(await predicted(checkpoint, { update: true, learningRate: 0.05 })).toEqual(own);
    expect(await predicted(checkpoint, { update: true, learningRate: 0.01 })).not.toEqual(own);
  });

  it("leave the checkpoint as it is", async () => {
    const checkpoint = await randomCheckpoint(code, smallModel, sgd);
    const before = [...checkpoint.parameters].map(([name, { data }]) => [name, [...data]]);
    await predicted(checkpoint, { update: true });
    expect([...checkpoint.parameters].map(([name, { data }]) => [name, [...data]])).toEqual(before);
  });

  it("have no dropout, though the updates have it", async () => {
    const model = { ...smallModel, dropout: 0.5 };
    const checkpoint = await randomCheckpoint(code, model, sgd);
    const [still, moving] = [
      await predicted(checkpoint, {}),
      await predicted(checkpoint, { update: true, learningRate: 1e-30 }),
    ];
    moving.forEach((prediction, row) => {
      expect(prediction).toBeCloseTo(still[row], 5);
    });
  });

  it("go on for so many steps after they have learned from all rows", async () => {
    const checkpoint = await randomCheckpoint(code, smallModel, sgd);
    const all = await predicted(checkpoint, { update: true });
    const ahead = await predicted(checkpoint, { update: true, steps: 3 });
    expect(ahead).toHaveLength(3);
    expect(ahead[0]).toBe(all[39]);
  });

  it("end with an error if an update would break the model", async () => {
    const checkpoint = await randomCheckpoint(code, smallModel, sgd);
    const answers = predicted(checkpoint, { update: true, learningRate: 1e30 });
    await expect(answers).rejects.toThrow(/^update \d+ was not made, .* try a smaller --lr than 1e\+30$/);
  });
});

describe("what predict refuses", () => {
  const language: Checkpoint = {
    model: { ...smallModel },
    vocabulary: { unit: "char", symbols: ["a"] },
    parameters: new Map(),
  };
  const classes = { ...language, task: { name: "many-to-one", inputs: 1, outputs: 1 } };

  it.each<[string, Checkpoint, AnswerOptions, typeof CharrnnError, string]>([
    ["a language model", language, {}, CharrnnError, "which predicts nothing: try `charrnn sample`"],
    [
      "steps of classes",
      classes,
      { steps: 3 },
      UsageError,
      "--steps is for a series, but this is a model for",
    ],
    ["updates of classes", classes, { update: true }, UsageError, "--update is for a series"],
  ])("%s", async (_, checkpoint, options, kind, message) => {
    await expect(predicted(checkpoint, options)).rejects.toThrow(kind);
    await expect(predicted(checkpoint, options)).rejects.toThrow(message);
  });

  it("a learning rate without updates", async () => {
    const checkpoint = await randomCheckpoint(code);
    await expect(predicted(checkpoint, { learningRate: 0.1 })).rejects.toThrow(
      "add --update, or leave out --lr",
    );
  });

  it("updates of a model that does not say how it was trained", async () => {
    const checkpoint = { ...(await randomCheckpoint(code)), training: undefined };
    await expect(predicted(checkpoint, { update: true })).rejects.toThrow("leave out --update");
  });
});
