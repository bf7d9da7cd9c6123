import { beforeAll, describe, expect, it } from "vitest";
import { openEngine } from "../../src/engine/engines.ts";
import { width } from "../../src/engine/tensor.ts";
import { readStored, writeStored } from "../../src/model/weights.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { type NetworkSizes } from "../../src/model/shapes.ts";
import { Random } from "../../src/random.ts";
import { paddedBatch, randomRows, type RowNetwork } from "../model/padded-batch.ts";
import { distance, distances } from "./distance.ts";
import { askTorch, python, randomParameters, type RowsAnswer, type RowsRequest } from "./oracle.ts";

/** Rows in no order of length, one of them without an example, padded to 14 steps though the longest has 12. */
const LENGTHS = [5, 12, 1, 0, 9, 3, 12];
const STEPS = 14;

const symbols: Partial<NetworkSizes> = { inputs: 30 };
const numbers: Partial<NetworkSizes> = { inputs: 6, numeric: true };
const classes = { loss: "softmax", outputs: 5, classWeights: undefined } as const;
const weighted = { ...classes, classWeights: [0.3, 2, 1, 0.7, 1.5] } as const;
const yesOrNo = { loss: "sigmoid", outputs: 1, classWeights: undefined } as const;
const weightedYesOrNo = { ...yesOrNo, classWeights: [0.4, 1.7] } as const;
const value = { loss: "squares", outputs: 1, classWeights: undefined } as const;

interface Case {
  readonly model: Partial<ModelConfig>;
  readonly reads: Partial<NetworkSizes>;
  /** Where the head reads. Undefined: last steps. */
  readonly head?: "steps" | "last";
  readonly answers: typeof classes | typeof weighted | typeof yesOrNo | typeof weightedYesOrNo | typeof value;
}

const cases: Record<string, Case> = {
  "one-hot, one layer, one direction: cross-entropy": { model: {}, reads: symbols, answers: classes },
  "one-hot, two layers, both directions: weighted cross-entropy": {
    model: { layers: 2, bidirectional: true },
    reads: symbols,
    answers: weighted,
  },
  "embedding, two layers, both directions: binary cross-entropy": {
    model: { layers: 2, embedding: 10, bidirectional: true },
    reads: symbols,
    answers: yesOrNo,
  },
  "embedding, one layer, both directions: weighted binary cross-entropy": {
    model: { embedding: 10, bidirectional: true },
    reads: symbols,
    answers: weightedYesOrNo,
  },
  "numbers, two layers, one direction: squared error": {
    model: { layers: 2 },
    reads: numbers,
    answers: value,
  },
  "a tag at every step, two layers, both directions: weighted cross-entropy": {
    model: { layers: 2, bidirectional: true },
    head: "steps",
    reads: symbols,
    answers: weighted,
  },
  "one of two tags at every step, embedding, both directions: binary cross-entropy": {
    model: { embedding: 10, bidirectional: true },
    head: "steps",
    reads: symbols,
    answers: yesOrNo,
  },
  "numbers, a number at every step, two layers, one direction: squared error": {
    model: { layers: 2 },
    head: "steps",
    reads: numbers,
    answers: value,
  },
  "numbers, two layers, both directions: squared error": {
    model: { layers: 2, bidirectional: true },
    reads: numbers,
    answers: value,
  },
};

function requestOf(cell: ModelConfig["cell"], { model, reads, head = "last", answers }: Case): RowsRequest {
  const { loss, outputs, classWeights } = answers;
  const random = Random.of(11);
  const network: RowNetwork = {
    config: { cell, layers: 1, hidden: 24, embedding: 0, dropout: 0, bidirectional: false, ...model },
    sizes: { inputs: 0, ...reads, outputs },
    head: { reads: head, loss, weighted: classWeights !== undefined || loss === "squares" },
  };
  // A squared error has weights only to leave rows out: all that are there weigh the same.
  const rows = randomRows(network, LENGTHS, random, classWeights).map(({ steps, answers: given }) => ({
    steps,
    answers: classWeights ? given : given.map(({ target }) => ({ target, weight: 1 })),
  }));
  const parameters = randomParameters(network.config, network.sizes, random);
  return { ...network, classWeights, rows, parameters };
}

const requests = new Map(
  (["rnn", "lstm", "gru"] as const).flatMap((cell) =>
    Object.entries(cases).map(([name, each]) => [`${cell}, ${name}`, requestOf(cell, each)]),
  ),
);

async function compute({ parameters, rows, ...network }: RowsRequest, engineName: "wasm" | "reference") {
  const batch = paddedBatch(network, { batch: LENGTHS.length, steps: STEPS });
  const { layout, unrolled } = batch;
  const engine = await openEngine(layout, batch.programs(STEPS), { engine: engineName, threads: 2 });
  writeStored(engine, batch.network.parameters, parameters);
  const counted = batch.fillRows(engine, rows);
  await engine.run("losses");
  const outputs = width(unrolled.logits);
  const logits = Array.from(await engine.read(unrolled.logits));
  // PyTorch's outputs come row by row, those at every step come step by step here.
  const places = LENGTHS.flatMap((length, row) =>
    network.head.reads === "last"
      ? Array.from({ length: Math.min(length, 1) }, () => row)
      : Array.from({ length }, (_, step) => step * LENGTHS.length + row),
  );
  const present = places.flatMap((place) => logits.slice(place * outputs, (place + 1) * outputs));
  await engine.run("gradients");
  const losses = await engine.read(unrolled.losses);
  const gradients = await readStored(engine, batch.gradients);
  await engine.close();
  return {
    loss: Array.from(losses).reduce((sum, loss) => sum + loss, 0) / counted,
    logits: { shape: [present.length / outputs, outputs], data: present },
    gradients,
  };
}

describe.skipIf(!python)("PyTorch's packed sequences and", () => {
  let answers: Record<string, RowsAnswer>;
  beforeAll(() => {
    answers = askTorch(requests);
  });

  describe.each(["wasm", "reference"] as const)(
    "padded batches on the %s engine agree to 1e-5 on",
    (engine) => {
      it.each([...requests])("%s", async (name, request) => {
        const torchs = answers[name];
        const ours = await compute(request, engine);
        const far = new Map([
          ["loss", Math.abs(ours.loss / torchs.loss - 1)],
          ["logits", distance(ours.logits, torchs.logits)],
          ...distances(ours.gradients, torchs.gradients),
        ]);
        for (const [what, difference] of far) expect(difference, what).toBeLessThan(1e-5);
      });
    },
  );

  it.each([...requests])(
    "charrnn name the parameters alike, in the same order: %s",
    (name, { parameters }) => {
      const shapes = [...parameters].map(([parameter, { shape }]) => [parameter, shape]);
      expect(shapes).toEqual(answers[name].stateDict);
    },
  );
});
