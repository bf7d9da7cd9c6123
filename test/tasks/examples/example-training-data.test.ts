import { describe, expect, it } from "vitest";
import { Layout } from "../../../src/engine/tensor.ts";
import { openCompiled } from "../../../src/engine/node/compiled-engine.ts";
import { type Kernels } from "../../../src/engine/node/kernels.ts";
import { initialParameters } from "../../../src/model/initialization.ts";
import { type ModelConfig } from "../../../src/model/network.ts";
import { namedData, readStored, writeStored } from "../../../src/model/weights.ts";
import { Random } from "../../../src/random.ts";
import { answeringModel } from "../../../src/tasks/examples/answering.ts";
import { encode } from "../../../src/tasks/examples/encoder.ts";
import { ExampleTrainingData } from "../../../src/tasks/examples/example-training-data.ts";
import { LearnerLayout } from "../../../src/training/learner.ts";
import { completeOptions } from "../../../src/training/option-checks.ts";
import { type TrainOptions } from "../../../src/training/options.ts";
import { usualKernels } from "../../engine/compiled-kernels.ts";
import { expectSameBits } from "../../engine/same-bits.ts";
import { allOr } from "../../scope.ts";
import { randomTexts, textEncoder } from "./fixture.ts";

const labels = ["x", "y", "z"];

/** Training data of 23 texts of up to 9 letters. */
function dataOf(given: Partial<TrainOptions>, count = 23) {
  const options = completeOptions({
    task: "many-to-one",
    input: "text",
    target: "label",
    batchSize: 7,
    seed: 2,
    ...given,
  });
  const train = randomTexts(count, 9, labels, Random.of(8));
  const encoder = textEncoder({ labels });
  const examples = { train: encode(train, encoder, "error"), val: encode([], encoder, "error") };
  const splits = { train, val: [], test: [] };
  const all = { ...examples, test: examples.val };
  const data = new ExampleTrainingData(
    all,
    answeringModel(splits, all, encoder, options, undefined),
    options,
  );
  return { data, options, train, examples: examples.train };
}

const base: ModelConfig = {
  cell: "lstm",
  layers: 2,
  hidden: 5,
  embedding: 0,
  dropout: 0,
  bidirectional: true,
};

/** The chunks of an epoch, each with copies of its inputs. */
function chunksOf(data: ExampleTrainingData, epoch: number) {
  return Array.from({ length: data.chunksPerEpoch }, (_, index) => {
    const { inputs, ...chunk } = data.chunk(index, epoch);
    return {
      ...chunk,
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, values.slice()])),
    };
  });
}

function lay(data: ExampleTrainingData) {
  return data.lay(new Layout(), base, { seed: 1, clock: new Layout().tensor([1], "int32") });
}

describe("an epoch of examples", () => {
  it("counts every example once, and its steps and one answer each as symbols", () => {
    const { data, train } = dataOf({});
    lay(data);
    const chunks = chunksOf(data, 1);
    // 23 examples in batches of 7.
    expect(chunks.map(({ counted }) => counted).sort()).toEqual([2, 7, 7, 7]);
    const symbols = train.reduce((sum, { steps }) => sum + steps.length + 1, 0);
    expect(chunks.reduce((sum, chunk) => sum + chunk.symbols, 0)).toBe(symbols);
    expect(data.symbolsPerEpoch).toBe(symbols);
    const shapes = [...lay(data).model.shapes.keys()];
    for (const { shape } of chunks) expect(shapes).toContain(shape);
  });

  it("has the same chunks for the same seed and epoch, whatever was asked for before", () => {
    const { data } = dataOf({});
    lay(data);
    const second = chunksOf(data, 2);
    expect(chunksOf(data, 1)).not.toEqual(second);
    expect(chunksOf(data, 2)).toEqual(second);
    const { data: resumed } = dataOf({});
    lay(resumed);
    expect(chunksOf(resumed, 2)).toEqual(second);
    const { data: other } = dataOf({ seed: 3 });
    lay(other);
    expect(chunksOf(other, 2)).not.toEqual(second);
  });

  it("counts balanced classes alike: each with a third of the examples", () => {
    const { data, examples } = dataOf({ classWeights: "balanced" });
    lay(data);
    const totals = [0, 0, 0];
    for (const { inputs, counted } of chunksOf(data, 1)) {
      const weights = Array.from(inputs.weights);
      weights.forEach((weight, row) => (totals[inputs.targets[row]] += weight));
      expect(counted).toBeCloseTo(
        weights.reduce((sum, weight) => sum + weight, 0),
        5,
      );
    }
    expect(new Set(examples.targets).size).toBe(3);
    for (const total of totals) expect(total).toBeCloseTo(23 / 3, 4);
  });
});

/** What an epoch of updates leaves: parameters, moments and the loss of each batch. */
async function trained(kernels: Kernels, threads: number, model: Partial<ModelConfig>) {
  const config = { ...base, hidden: 70, dropout: 0.2, ...model };
  const { data, options } = dataOf({ optimizer: "adam", classWeights: "balanced" });
  const { layout, programs, model: laid, optimizer } = new LearnerLayout({ config, data, options });
  const engine = await openCompiled(kernels, layout, programs, { threads });
  const init = { init: "torch", initRange: 0, forgetBias: 1 } as const;
  const parameters = await initialParameters(config, data.network, init, Random.of(1));
  writeStored(engine, laid.parameters, namedData(parameters));
  const losses: number[] = [];
  for (const [index, { shape, inputs, counted }] of chunksOf(data, 1).entries()) {
    for (const [name, values] of Object.entries(inputs)) engine.write(laid.inputs[name], values);
    engine.write(laid.counted, [counted]);
    engine.write(optimizer.rates, optimizer.ratesAt(index + 1, 0.01, 0));
    await engine.run(`update${shape}`);
    const { loss, applied } = await optimizer.assessmentIn(engine, optimizer.status);
    expect(applied).toBe(true);
    losses.push(loss);
  }
  const left = await readStored(engine, [...laid.parameters, ...optimizer.moments]);
  await engine.close();
  const values = [...left.values()].map(({ data: numbers }) => Float64Array.from(numbers));
  expect(
    [...left].some(([name, { data: numbers }]) => numbers.some((x, i) => x !== parameters.get(name)?.[i])),
  ).toBe(true);
  return [Float64Array.from(losses), ...values];
}

describe.each(await usualKernels())("an epoch of updates on the $label engine", ({ kernels }) => {
  it.each(
    allOr(
      [
        ["lstm", true, 0],
        ["gru", false, 13],
      ],
      (["rnn", "lstm", "gru", "mingru"] as const).flatMap((cell) =>
        [true, false].flatMap((both) => [0, 13].map((embedding) => [cell, both, embedding] as const)),
      ),
    ),
  )(
    "leaves the same bits for 1, 2 and 3 threads: %s, both directions %s, embedding %d",
    async (cell, both, embedding) => {
      const model = { cell, bidirectional: both, embedding };
      const alone = await trained(kernels, 1, model);
      for (const threads of [2, 3])
        expectSameBits(await trained(kernels, threads, model), alone, `${threads} threads`);
    },
  );
});
