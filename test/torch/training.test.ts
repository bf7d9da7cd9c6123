import { beforeAll, describe, expect, it } from "vitest";
import { type ModelConfig } from "../../src/model/network.ts";
import { Random } from "../../src/random.ts";
import { randomData } from "../../src/tasks/random-data.ts";
import { type Chunk } from "../../src/tasks/task.ts";
import { Learner } from "../../src/training/learner.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { chunkOf } from "../tasks/chunk.ts";
import { askTorch, python, randomModel, type Answer, type Request } from "./oracle.ts";

const V = 65;
const B = 8;
const T = 25;
const UPDATES = 100;

/** Rows of a Markov chain: 7 s + 3 (mod V) follows s four times in five, and any symbol otherwise. */
function markovChunks(random: Random): Chunk[] {
  const anySymbol = () => Math.floor(random.next() * V);
  const after = (s: number) => (random.next() < 0.8 ? (7 * s + 3) % V : anySymbol());
  let last = Array.from({ length: B }, anySymbol);
  return Array.from({ length: UPDATES }, () => {
    const rows = [last];
    for (let t = 0; t < T; t++) rows.push(rows[t].map(after));
    last = rows[T];
    const [inputs, targets] = [rows.slice(0, T), rows.slice(1)].map((part) => Int32Array.from(part.flat()));
    return chunkOf(T, inputs, targets);
  });
}

type Run = [name: string, model: Partial<ModelConfig>, options: Partial<TrainOptions>];
type TrainRequest = Request & { readonly options: TrainOptions };

/**
 * Rates at which every rule learns within the updates, and yet small enough: with SGD at 20 rounding errors grow
 * tenfold every few updates, and PyTorch's own float32 and float64 runs part by more than 0.1 nats.
 */
const runs: Run[] = [
  ["rnn with adam", { cell: "rnn" }, { lr: 0.01 }],
  ["gru with adam", { cell: "gru" }, { lr: 0.01 }],
  ["lstm with adam", {}, { lr: 0.01, beta1: 0.8, beta2: 0.99 }],
  ["lstm with adam and weight decay", { layers: 2, embedding: 24 }, { lr: 0.01, weightDecay: 0.5 }],
  ["lstm with rmsprop", {}, { optimizer: "rmsprop", lr: 0.005, rmspropDecay: 0.95 }],
  ["lstm with adagrad", {}, { optimizer: "adagrad", lr: 0.05 }],
  ["lstm with sgd", {}, { optimizer: "sgd", lr: 4 }],
  ["lstm with momentum", {}, { optimizer: "sgd", lr: 1, momentum: 0.9 }],
  ["lstm with momentum and weight decay", {}, { optimizer: "sgd", lr: 1, momentum: 0.9, weightDecay: 0.002 }],
  ["lstm clipped by value", {}, { optimizer: "sgd", lr: 5, clipValue: 0.01 }],
];

function requestOf([, model, given]: Run): TrainRequest {
  const random = Random.of(5);
  const config = { cell: "lstm", layers: 1, hidden: 32, embedding: 0, dropout: 0, ...model } as const;
  const options = completeOptions({ optimizer: "adam", clipNorm: 0.2, batchSize: B, seqLength: T, ...given });
  return { ...randomModel(config, V, B, random), chunks: markovChunks(random), options };
}

const requests = new Map(runs.map((run) => [run[0], requestOf(run)]));

async function train({ chunks, options, ...model }: TrainRequest) {
  const plan = { config: model.config, data: randomData(V, { batch: B, lengths: [T] }), options };
  const learner = await Learner.open(plan, { engine: "wasm", threads: 2 });
  learner.loadParameters(model.parameters);
  learner.loadStates(model.states);
  const losses: number[] = [];
  const gradientNorms: number[] = [];
  for (const [index, chunk] of chunks.entries()) {
    const { loss, gradientNorm } = await learner.update(chunk, index + 1, options.lr);
    losses.push(loss);
    gradientNorms.push(gradientNorm);
  }
  await learner.close();
  return { losses, gradientNorms };
}

function largestDifference(ours: readonly number[], torchs: readonly number[]): number {
  expect(ours.length).toBe(torchs.length);
  return Math.max(...ours.map((x, i) => Math.abs(x - torchs[i])));
}

/** Whether the largest norm, or the largest gradient of the last chunk, was above what clipping allows. */
function clips({ clipNorm, clipValue }: TrainOptions, { gradientNorms, gradients }: Answer): boolean {
  if (clipValue === undefined) return Math.max(...gradientNorms) > clipNorm;
  return Object.values(gradients).some(({ data }) => Array.from(data).some((x) => Math.abs(x) > clipValue));
}

describe.skipIf(!python)(`${UPDATES} updates follow PyTorch's to 1e-3`, () => {
  let answers: Record<string, Answer>;
  beforeAll(() => {
    answers = askTorch(requests);
  });

  it.each([...requests])("%s", async (name, request) => {
    const torchs = answers[name];
    const ours = await train(request);
    expect(largestDifference(ours.losses, torchs.losses)).toBeLessThan(1e-3);
    expect(largestDifference(ours.gradientNorms, torchs.gradientNorms)).toBeLessThan(1e-3);
    expect(torchs.losses[UPDATES - 1], "PyTorch's run learns").toBeLessThan(torchs.losses[0] - 0.3);
    expect(clips(request.options, torchs), "PyTorch's run is clipped").toBe(true);
  });
});
