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
import { blindLoss } from "./answers.ts";
import { BatchFiller, headFor, type AnswerLoss } from "./batch-filler.ts";
import { epochBatches, paddedLength, paddedLengths } from "./batches.ts";
import { isTagged, lengthIn, membersOf, networkSizes, type Encoder, type Examples } from "./encoder.ts";
import { ExampleScorer } from "./example-scorer.ts";
import { type ExampleSplits } from "./example-splits.ts";
import { measure, type Measured } from "./measure.ts";
import { previewOf } from "./preview.ts";

/** The examples of a run in batches: those of like length together, in an order that each epoch shuffles anew. */
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
  readonly #encoder: Encoder;
  readonly #loss: AnswerLoss;
  readonly #seed: number;
  readonly #lengths: readonly number[];
  /** The batches of the epoch that was asked for last. */
  #epoch: { readonly number: number; readonly batches: readonly Int32Array[] } = { number: 0, batches: [] };
  #filler: BatchFiller | undefined;

  constructor(
    splits: ExampleSplits,
    examples: Readonly<Record<SplitName, Examples>>,
    encoder: Encoder,
    { batchSize, classWeights, seed, valFrac, testFrac }: TaskOptions,
    growth: Growth | undefined,
  ) {
    this.growth = growth;
    const { train, val, test } = examples;
    this.#examples = examples;
    this.#encoder = encoder;
    this.#seed = seed;
    this.#loss = {
      answers: encoder.answers,
      isTagged: isTagged(encoder),
      classWeights: classWeights === "balanced" ? balancedWeights(train, encoder) : undefined,
    };
    this.#lengths = paddedLengths(lengthCounts(train));
    this.batchSize = batchSize ?? Math.min(USUAL_BATCH_SIZE, train.count);
    this.network = networkSizes(encoder);
    this.members = membersOf(encoder);
    this.sizes = {
      vocabulary: this.network.inputs,
      ...(this.network.numeric && { numeric: true }),
      symbols: { train: stepsIn(train), val: stepsIn(val), test: stepsIn(test) },
      unknown: unknownIn(train, encoder) + unknownIn(val, encoder) + unknownIn(test, encoder),
      skipped: train.skipped + val.skipped + test.skipped,
      examples: { train: train.count, val: val.count, test: test.count },
      ...("labels" in encoder.answers && { classes: encoder.answers.labels.length }),
    };
    this.chunksPerEpoch = Math.ceil(train.count / this.batchSize);
    this.symbolsPerEpoch = stepsIn(train) + train.count;
    this.uniformLoss = blindLoss(encoder.answers);
    this.symbolsPerValidation = stepsIn(val);
    this.validationLacks =
      val.count === 0
        ? `${train.count + test.count} examples are too few for --val-frac ${valFrac} to leave any beside --test-frac ${testFrac}`
        : undefined;
    this.preview = previewOf(splits.val.length > 0 ? splits.val : splits.train, encoder);
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
      symbols: lengths.reduce((sum, length) => sum + length, 0) + batch.length,
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
    const head = headFor(this.#loss);
    const unrolled = new UnrolledNetwork(layout, network, { batch: batchSize, steps, training, head });
    const { targets, weights, indices, counted } = unrolled;
    const inputs = { inputs: unrolled.inputs, targets, ...(weights && { weights }), ...indices };
    this.#filler = new BatchFiller(this.#examples.train, this.#loss, {
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
    const scorer = new ExampleScorer(layout, network, this.#loss, {
      batchSize: Math.min(this.batchSize, val.count),
      lengths: paddedLengths(lengthCounts(val)),
    });
    return {
      programs: scorer.programs,
      score: async (engine, progress) =>
        metricsOf(measure(await scorer.score(engine, val, progress), val, this.#encoder)),
    };
  }
}

/** The numbers among the scores: the metrics of a validation. */
function metricsOf(measured: Measured): Score {
  if ("rmse" in measured) return { ...measured };
  const { loss, accuracy, tokenAccuracy, macroF1 } = measured;
  return { loss, accuracy, ...(tokenAccuracy !== undefined && { tokenAccuracy }), macroF1 };
}

/** n / (classes * answers of the class), as in scikit-learn: all classes weigh the same together. */
function balancedWeights({ targets }: Examples, { answers }: Encoder): number[] | undefined {
  if (!("labels" in answers)) return undefined;
  const counts = answers.labels.map(() => 0);
  // A step without a tag has the target -1.
  for (const target of targets) if (target >= 0) counts[target] += 1;
  const count = counts.reduce((sum, own) => sum + own, 0);
  return counts.map((own) => (own === 0 ? 0 : count / (counts.length * own)));
}

/** How many steps are the unknown symbol. */
function unknownIn({ steps }: Examples, { inputs }: Encoder): number {
  if ("scales" in inputs || inputs.vocabulary.unknown === undefined) return 0;
  let count = 0;
  for (const symbol of steps) count += Number(symbol === inputs.vocabulary.unknown);
  return count;
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
