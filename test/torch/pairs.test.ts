import { beforeAll, describe, expect, it } from "vitest";
import { openEngine } from "../../src/engine/engines.ts";
import { readStored, writeStored } from "../../src/model/weights.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { Random } from "../../src/random.ts";
import { pairBatch, randomPairs } from "../model/pair-batch.ts";
import { distances } from "./distance.ts";
import { askTorch, python, randomParameters, type PairsAnswer, type PairsRequest } from "./oracle.ts";

/** Inputs and outputs in no order of length, padded further than the longest. */
const LENGTHS = [
  [5, 3],
  [12, 9],
  [1, 0],
  [9, 12],
  [3, 5],
] as const;
const COUNTS = { encoder: 14, decoder: 15 };

const cases: Record<string, Partial<ModelConfig> & { readonly smoothing?: number }> = {
  "attention, one-hot, one direction": {},
  "attention, embedding, two layers, both directions": { embedding: 10, layers: 2, bidirectional: true },
  "attention, both directions, smoothed labels": { embedding: 10, bidirectional: true, smoothing: 0.1 },
  "no attention, embedding, two layers, one direction": { attention: "none", embedding: 10, layers: 2 },
  "no attention, one-hot, both directions": { attention: "none", bidirectional: true },
};

function requestOf(
  cell: ModelConfig["cell"],
  { smoothing = 0, ...given }: (typeof cases)[string],
): PairsRequest {
  const random = Random.of(11);
  const config = {
    cell,
    layers: 1,
    hidden: 24,
    embedding: 0,
    dropout: 0,
    bidirectional: false,
    attention: "luong",
    ...given,
  } as const;
  const network = { config, sizes: { inputs: 30, outputs: 20 }, smoothing };
  const pairs = randomPairs(network, LENGTHS, random);
  return { ...network, pairs, parameters: randomParameters(config, network.sizes, random) };
}

const requests = new Map(
  (["rnn", "lstm", "gru"] as const).flatMap((cell) =>
    Object.entries(cases).map(([name, each]) => [`${cell}, ${name}`, requestOf(cell, each)]),
  ),
);

async function compute({ parameters, pairs, ...network }: PairsRequest, engineName: "wasm" | "reference") {
  const batch = pairBatch(network, { batch: LENGTHS.length + 1, steps: COUNTS });
  const engine = await openEngine(batch.layout, batch.programs(COUNTS), { engine: engineName, threads: 2 });
  writeStored(engine, batch.network.parameters, parameters);
  const counted = batch.fillPairs(engine, pairs);
  await engine.run("gradients");
  const losses = await engine.read(batch.unrolled.lossesOf(COUNTS));
  const gradients = await readStored(engine, batch.gradients);
  await engine.close();
  return { loss: Array.from(losses).reduce((sum, loss) => sum + loss, 0) / counted, gradients };
}

describe.skipIf(!python)("PyTorch's packed sequences with attention and", () => {
  let answers: Record<string, PairsAnswer>;
  beforeAll(() => {
    answers = askTorch(requests);
  });

  describe.each(["wasm", "reference"] as const)(
    "an encoder and a decoder on the %s engine agree to 1e-5 on",
    (engine) => {
      it.each([...requests])("%s", async (name, request) => {
        const torchs = answers[name];
        const ours = await compute(request, engine);
        expect(Math.abs(ours.loss / torchs.loss - 1)).toBeLessThan(1e-5);
        for (const [what, difference] of distances(ours.gradients, torchs.gradients)) {
          expect(difference, what).toBeLessThan(1e-5);
        }
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
