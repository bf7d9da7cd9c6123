import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type ModelConfig } from "../../src/model/network.ts";
import { parameterShapes, type NetworkSizes } from "../../src/model/shapes.ts";
import { cells } from "../../src/model/cells/index.ts";
import { type Random } from "../../src/random.ts";
import { type Chunk } from "../../src/tasks/task.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { sizesOf } from "../model/fixture.ts";
import { type Row, type RowNetwork } from "../model/padded-batch.ts";
import { type Pair, type PairNetwork } from "../model/pair-batch.ts";
import { allOr, testsAll } from "../scope.ts";

/** Values of a tensor, row-major in its shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A model with its weights and the states [B, H] that it starts from, named as the learner names them. */
export interface Model {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly parameters: ReadonlyMap<string, Values>;
  readonly states: ReadonlyMap<string, Values>;
}

/** Chunks to go through with the states carried over; without options nothing is updated. */
export interface Request extends Model {
  readonly chunks: readonly Chunk[];
  readonly options?: TrainOptions;
}

/** Mean loss in nats and unclipped gradient norm of every chunk; logits, gradients and states after the last. */
export interface Answer {
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
  readonly logits: Values;
  readonly gradients: Readonly<Record<string, Values>>;
  readonly states: Readonly<Record<string, Values>>;
}

/** A network, one batch of rows for it, and what each class weighs, if classes have weights. */
export interface RowsRequest extends RowNetwork {
  readonly parameters: ReadonlyMap<string, Values>;
  readonly rows: readonly Row[];
  readonly classWeights: readonly number[] | undefined;
}

/** The mean loss and its gradients, the outputs for each row that has steps, and the state_dict's names and shapes. */
export interface RowsAnswer {
  readonly loss: number;
  readonly logits: Values;
  readonly gradients: Readonly<Record<string, Values>>;
  readonly stateDict: readonly (readonly [string, readonly number[]])[];
}

/** A network with an encoder and a decoder, and one batch of pairs for it. */
export interface PairsRequest extends PairNetwork {
  readonly smoothing: number;
  readonly parameters: ReadonlyMap<string, Values>;
  readonly pairs: readonly Pair[];
}

export type PairsAnswer = Omit<RowsAnswer, "logits">;
/** A model of series with its weights, and how it learns. */
interface SeriesModel {
  readonly config: ModelConfig;
  /** How many numbers a row has. */
  readonly width: number;
  readonly parameters: ReadonlyMap<string, Values>;
  readonly options: TrainOptions;
}

/** Chunks of series to train on. Fresh chunks begin with the zero state. */
export interface SeriesRequest extends SeriesModel {
  readonly batch: number;
  readonly chunks: readonly Chunk[];
}

/** Rows to predict one after another, and to learn from, with gradients through the last `window` rows. */
export interface OnlineRequest extends SeriesModel {
  readonly series: readonly (readonly number[])[];
  readonly window: number;
}

export interface OnlineAnswer {
  /** For each row the prediction of the next row. */
  readonly predictions: readonly (readonly number[])[];
}

/** A network that reads all but the last of some symbols from the zero state, and predicts the last one. */
export interface FlowRequest {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly parameters: ReadonlyMap<string, Values>;
  readonly flow: readonly number[];
}

/** The norms of the gradients of the last symbol's loss with respect to each state (h0, c0, ...), by lag. */
export type FlowAnswer = Readonly<Record<string, readonly number[]>>;

/** The answer to a kind of request. */
type AnswerTo<Asked> = Asked extends FlowRequest
  ? FlowAnswer
  : Asked extends RowsRequest
    ? RowsAnswer
    : Asked extends PairsRequest
      ? PairsAnswer
      : Asked extends OnlineRequest
        ? OnlineAnswer
        : Asked extends SeriesRequest
          ? Pick<Answer, "losses" | "gradientNorms">
          : Answer;

/** The first python that has torch, in `npm run test:all`. */
export const python = allOr([], [process.env.PYTHON ?? "python3", "/usr/bin/python3", "python3"]).find(
  (command) => spawnSync(command, ["-c", "import torch"]).status === 0,
);
if (python === undefined) {
  const reason = testsAll
    ? "no python with torch (apt-get install python3-torch)"
    : "npm run test:all has them";
  console.warn(`torch checks skipped: ${reason}`);
}

/** What PyTorch answers to each of the named requests, from one process for all. */
export function askTorch<
  Asked extends Request | RowsRequest | PairsRequest | SeriesRequest | OnlineRequest | FlowRequest,
>(requests: ReadonlyMap<string, Asked>): Record<string, AnswerTo<Asked>> {
  if (python === undefined) throw new Error("no python with torch");
  const plain = (_key: string, value: unknown) => {
    if (value instanceof Map) return Object.fromEntries(value) as unknown;
    return value instanceof Float32Array || value instanceof Int32Array ? Array.from(value) : value;
  };
  const input = JSON.stringify(requests, plain);
  const script = fileURLToPath(new URL("oracle.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script], {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 29,
  });
  if (status !== 0) throw new Error(`oracle.py failed: ${stderr}`);
  return JSON.parse(stdout) as ReturnType<typeof askTorch<Asked>>;
}

/** Weights in +-1/sqrt(H), which is PyTorch's own range. */
export function randomParameters(
  config: ModelConfig,
  sizes: NetworkSizes,
  random: Random,
): ReadonlyMap<string, Values> {
  const parameters = new Map<string, Values>();
  for (const [name, shape] of parameterShapes(config, sizes)) {
    parameters.set(name, uniform(shape, 1 / Math.sqrt(config.hidden), random));
  }
  return parameters;
}

/** A model with random parameters, and states in +-1 of a batch of `batch` rows. */
export function randomModel(
  config: ModelConfig,
  vocabularySize: number,
  batch: number,
  random: Random,
): Model {
  const { cell, layers, hidden } = config;
  const parameters = randomParameters(config, sizesOf(vocabularySize), random);
  const states = new Map<string, Values>();
  for (let layer = 0; layer < layers; layer++) {
    for (const name of cells[cell].states) {
      states.set(`${name}.l${layer}`, uniform([batch, hidden], 1, random));
    }
  }
  return { config, vocabularySize, parameters, states };
}

function uniform(shape: readonly number[], range: number, random: Random): Values {
  const length = shape.reduce((size, n) => size * n, 1);
  return { shape, data: Float32Array.from({ length }, () => range * (2 * random.next() - 1)) };
}
