import { type Engine } from "../../engine/engine.ts";
import { type Layout } from "../../engine/tensor.ts";
import { type Growth } from "../../model/growth.ts";
import { Network, type ModelConfig } from "../../model/network.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { UnrolledNetwork } from "../../model/unrolled-network.ts";
import { type SplitName } from "../../text/splits.ts";
import { chunkOf, chunkShape } from "../single-network.ts";
import {
  USUAL_BATCH_SIZE,
  type Chunk,
  type DataSizes,
  type DropoutClock,
  type Score,
  type TaskLayout,
  type TaskMembers,
  type TaskOptions,
  type TrainingData,
  type UnrolledModel,
  type Validation,
} from "../task.ts";
import { BatchFiller, headFor, type AnswerLoss } from "./batch-filler.ts";
import { epochBatches, paddedLength, paddedLengths } from "./batches.ts";
import { lengthIn, type Examples } from "./encoder.ts";
import { ExampleScorer } from "./example-scorer.ts";

/** What a task learns from its examples: the network, how answers are scored, and what a checkpoint keeps. */
export interface ExampleModel {
  readonly network: NetworkSizes;
  readonly growth?: Growth | undefined;
  readonly members: TaskMembers;
  readonly loss: AnswerLoss;
  readonly uniformLoss: number;
  /** The sizes that only the task knows. */
  readonly sizes: Pick<DataSizes, "unknown"> & Partial<DataSizes>;
  readonly preview: TrainingData["preview"];
  /** Scores examples with the present weights of the engine. */
  readonly score: (
    scorer: ExampleScorer,
    engine: Engine,
    examples: Examples,
    progress?: (done: number, total: number) => void,
  ) => Promise<Score>;
}

/** The examples of a run in batches of similar length. Each epoch has the examples in another order. */
export class ExampleTrainingData implements TrainingData {
  readonly network: NetworkSizes;
  readonly growth: Growth | undefined;
  readonly sizes: DataSizes;
  readonly members: TaskMembers;
  readonly batchSize: number;
  readonly chunksPerEpoch: number;
  readonly symbolsPerEpoch: number;
  readonly uniformLoss: number;
  readonly symbolsPerValidation: number;
  readonly validationLacks: string | undefined;
  readonly preview;
  readonly #examples: Readonly<Record<SplitName, Examples>>;
  readonly #model: ExampleModel;
  readonly #seed: number;
  readonly #lengths: readonly number[];
  /** The batches of the epoch that was requested last. */
  #epoch: { readonly number: number; readonly batches: readonly Int32Array[] } = { number: 0, batches: [] };
  #filler: BatchFiller | undefined;

  constructor(
    examples: Readonly<Record<SplitName, Examples>>,
    model: ExampleModel,
    { batchSize, seed, valFrac, testFrac }: TaskOptions,
  ) {
    const { train, val, test } = examples;
    this.#examples = examples;
    this.#model = model;
    this.#seed = seed;
    this.#lengths = paddedLengths(lengthCounts(train));
    this.growth = model.growth;
    this.batchSize = batchSize ?? Math.min(USUAL_BATCH_SIZE, train.count);
    this.network = model.network;
    this.members = model.members;
    this.sizes = {
      vocabulary: this.network.inputs,
      ...(this.network.numeric && { numeric: true }),
      symbols: { train: stepsIn(train), val: stepsIn(val), test: stepsIn(test) },
      skipped: train.skipped + val.skipped + test.skipped,
      examples: { train: train.count, val: val.count, test: test.count },
      ...model.sizes,
    };
    this.chunksPerEpoch = Math.ceil(train.count / this.batchSize);
    this.symbolsPerEpoch = stepsIn(train) + this.#answersFor(train.count);
    this.uniformLoss = model.uniformLoss;
    this.symbolsPerValidation = stepsIn(val);
    this.validationLacks =
      val.count === 0
        ? `${train.count + test.count} examples are too few for a validation split with --val-frac ${valFrac} and --test-frac ${testFrac}`
        : undefined;
    this.preview = model.preview;
  }

  /**
   * How many symbols the answers of these examples add to the displayed speed: one each, or none if steps have tags.
   */
  #answersFor(examples: number): number {
    return this.#model.loss.isTagged ? 0 : examples;
  }

  chunk(index: number, epoch: number): Chunk {
    const { train } = this.#examples;
    const lengthOf = (example: number) => lengthIn(train, example);
    if (this.#epoch.number !== epoch) {
      const order = { seed: this.#seed, epoch };
      this.#epoch = {
        number: epoch,
        batches: epochBatches(train.count, this.batchSize, this.#lengths, lengthOf, order),
      };
    }
    if (this.#filler === undefined) throw new Error("the model is not laid out yet");
    const batch = this.#epoch.batches[index];
    const counted = this.#filler.fill(batch);
    const lengths = [...batch].map(lengthOf);
    return {
      shape: chunkShape(paddedLength(Math.max(...lengths), this.#lengths)),
      fresh: false,
      inputs: this.#filler.values,
      counted,
      symbols: lengths.reduce((sum, length) => sum + length, 0) + this.#answersFor(batch.length),
    };
  }

  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout {
    const network = new Network(layout, config, this.network, { training: true });
    const [model, validation] = layout.inTurns(
      () => this.#unroll(layout, network, dropout),
      () => this.#validation(layout, network),
    );
    return { model, validation };
  }

  #unroll(layout: Layout, network: Network, training: DropoutClock): UnrolledModel {
    const steps = this.#lengths[this.#lengths.length - 1];
    const { batchSize } = this;
    const head = headFor(this.#model.loss);
    const unrolled = new UnrolledNetwork(layout, network, { batch: batchSize, steps, training, head });
    const { targets, weights, indices, counted } = unrolled;
    const inputs = { inputs: unrolled.inputs, targets, ...(weights && { weights }), ...indices };
    this.#filler = new BatchFiller(this.#examples.train, this.#model.loss, {
      batchSize,
      steps,
      names: Object.keys(inputs),
    });
    return {
      parameters: network.parameters,
      inputs,
      counted,
      states: [],
      shapes: new Map(
        this.#lengths.map((length) => [chunkShape(length), chunkOf(network, unrolled, length)]),
      ),
    };
  }

  #validation(layout: Layout, network: Network): Validation | undefined {
    const { val } = this.#examples;
    if (val.count === 0) return undefined;
    const scorer = new ExampleScorer(layout, network, this.#model.loss, {
      batchSize: Math.min(this.batchSize, val.count),
      lengths: paddedLengths(lengthCounts(val)),
    });
    return {
      programs: scorer.programs,
      score: (engine, progress) => this.#model.score(scorer, engine, val, progress),
    };
  }
}

function stepsIn({ starts, count }: Examples): number {
  return starts[count];
}

/** How many examples have each number of steps. */
export function lengthCounts(examples: Examples): Uint32Array {
  const lengths = Array.from({ length: examples.count }, (_, example) => lengthIn(examples, example));
  const counts = new Uint32Array(lengths.reduce((longest, length) => Math.max(longest, length), 0) + 1);
  for (const length of lengths) counts[length] += 1;
  return counts;
}
