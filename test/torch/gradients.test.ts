import { beforeAll, describe, expect, it } from "vitest";
import { openEngine } from "../../src/engine/engines.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { readStored, writeStored } from "../../src/model/weights.ts";
import { Random } from "../../src/random.ts";
import { randomData } from "../../src/tasks/random-data.ts";
import { LearnerLayout } from "../../src/training/learner.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { chunkOf } from "../tasks/chunk.ts";
import { distance, distances } from "./distance.ts";
import { askTorch, python, randomModel, type Answer, type Request } from "./oracle.ts";

const V = 65;
const B = 8;
const T = 25;

const variants = [
  { name: "one-hot, one layer", layers: 1, hidden: 128, embedding: 0 },
  { name: "one-hot, two layers", layers: 2, hidden: 40, embedding: 0 },
  { name: "embedding, two layers", layers: 2, hidden: 64, embedding: 24 },
];

function requestOf(config: Request["config"]): Request {
  const random = Random.of(7);
  const symbols = () => Int32Array.from({ length: T * B }, () => Math.floor(random.next() * V));
  const model = randomModel(config, V, B, random);
  return {
    ...model,
    chunks: [chunkOf(T, symbols(), symbols())],
  };
}

const requests = new Map(
  cellNames.flatMap((cell) =>
    variants.map(({ name, ...sizes }) => [`${cell}, ${name}`, requestOf({ cell, dropout: 0, ...sizes })]),
  ),
);

/** Runs the programs that train. The learning rate is left at zero, so that the update changes no weight. */
async function compute({ chunks, ...model }: Request, engineName: "wasm" | "reference") {
  const options = completeOptions({ optimizer: "sgd", batchSize: B, seqLength: T });
  const data = randomData(V, { batch: B, lengths: [T] });
  const laid = new LearnerLayout({ config: model.config, data, options });
  const { optimizer, model: network } = laid;
  const engine = await openEngine(laid.layout, laid.programs, { engine: engineName, threads: 2 });
  writeStored(engine, network.parameters, model.parameters);
  writeStored(engine, network.states, model.states);
  for (const [name, values] of Object.entries(chunks[0].inputs)) engine.write(network.inputs[name], values);
  engine.write(network.counted, [T * B]);
  await engine.run(`forward${T}`);
  const [logits] =
    network.shapes
      .get(String(T))
      ?.stages()
      .forward.filter(({ what }) => what === "the logits") ?? [];
  const all = { ...logits.tensor, shape: [T, B, V], size: T * B * V };
  const answers = { shape: all.shape, data: await engine.read(all) };
  await engine.run(`update${T}`);
  const gradients = network.parameters.flatMap((p) => (p.gradient ? [{ ...p, tensor: p.gradient }] : []));
  const { loss, gradientNorm } = await optimizer.assessmentIn(engine, optimizer.status);
  const result = {
    loss,
    gradientNorm,
    logits: answers,
    gradients: await readStored(engine, gradients),
    states: await readStored(engine, network.states),
  };
  await engine.close();
  return result;
}

describe.skipIf(!python)("PyTorch and", () => {
  let answers: Record<string, Answer>;
  beforeAll(() => {
    answers = askTorch(requests);
  });

  describe.each(["wasm", "reference"] as const)("the %s engine agree to 1e-5 on", (engine) => {
    it.each([...requests])("%s", async (name, request) => {
      const torchs = answers[name];
      const ours = await compute(request, engine);
      const far = new Map([
        ["loss", Math.abs(ours.loss / torchs.losses[0] - 1)],
        ["gradient norm", Math.abs(ours.gradientNorm / torchs.gradientNorms[0] - 1)],
        ["logits", distance(ours.logits, torchs.logits)],
        ...distances(ours.states, torchs.states),
        ...distances(ours.gradients, torchs.gradients),
      ]);
      for (const [name, value] of far) expect(value, name).toBeLessThan(1e-5);
    });
  });
});
