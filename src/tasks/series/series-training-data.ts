import { type Layout } from "../../engine/tensor.ts";
import { Network, type ModelConfig } from "../../model/network.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { Random } from "../../random.ts";
import { paddedLength, paddedLengths, shuffled } from "../examples/batches.ts";
import { chunkShape, unrollNetwork } from "../single-network.ts";
import {
  type Chunk,
  type DataSizes,
  type DropoutClock,
  type TaskLayout,
  type TaskMembers,
  type TaskOptions,
  type TrainingData,
  type Validation,
} from "../task.ts";
import { usualBatchSizeBy } from "../usual-batch-size.ts";
import { membersOf, networkSizes, type EncodedSeries, type SeriesCode } from "./code.ts";
import { measureSeries } from "./measure.ts";
import { previewOf } from "./preview.ts";
import { EVERY_ROW, SeriesScorer } from "./series-scorer.ts";
import { countRows, type SeriesSplits } from "./series-splits.ts";
import {
  groupsOf,
  groupSteps,
  planScoring,
  planStreams,
  requireStreams,
  stepsOf,
  StretchFiller,
  type Stretch,
} from "./stretches.ts";

/** A chunk of an epoch: a group of stretches (see stretches.ts), read from step `first` on. */
interface Place {
  readonly group: readonly Stretch[];
  readonly first: number;
}

/** The series of a run as parallel streams, read in chunks with the states carried, and the stretches to validate. */
export class SeriesTrainingData implements TrainingData {
  readonly network: NetworkSizes;
  readonly sizes: DataSizes;
  readonly members: TaskMembers;
  readonly batchSize: number;
  readonly chunksPerEpoch: number;
  readonly symbolsPerEpoch: number;
  /**
   * The loss of a model that always predicts the mean, in the chunk where this loss is largest. One outlier may decide
   * this loss.
   */
  readonly uniformLoss: number;
  readonly symbolsPerValidation: number;
  readonly validationLacks: string | undefined;
  readonly preview;
  readonly #code: SeriesCode;
  readonly #groups: readonly (readonly Stretch[])[];
  readonly #scored: readonly Stretch[];
  readonly #seqLength: number;
  /** The lengths of chunks in steps, in ascending order. */
  readonly #lengths: readonly number[];
  readonly #seed: number;
  readonly #filler: StretchFiller;
  /** The chunks of the epoch that was requested last. */
  #epoch: { readonly number: number; readonly places: readonly Place[] } = { number: 0, places: [] };

  /**
   * `splits`: at least one row of `train` can be predicted.
   * @throws CharrnnError if the batch size of the options leaves rows of every batch empty
   */
  constructor(
    { train, val, test }: SeriesSplits<EncodedSeries>,
    code: SeriesCode,
    {
      seqLength,
      seed,
      valFrac,
      ...options
    }: Pick<TaskOptions, "seqLength" | "seed" | "valFrac" | "batchSize">,
  ) {
    this.#code = code;
    this.#seqLength = seqLength;
    this.#seed = seed;
    const groupsFor = (batchSize: number) => groupsOf(planStreams(train, batchSize, seqLength), batchSize);
    this.batchSize =
      options.batchSize ??
      usualBatchSizeBy((batchSize) => {
        const groups = groupsFor(batchSize);
        return groups[0].length < batchSize ? 0 : placesOf(groups, seqLength).length;
      });
    requireStreams(planStreams(train, this.batchSize, seqLength), this.batchSize, seqLength);
    this.#groups = groupsFor(this.batchSize);
    this.#scored = planScoring(val);
    const places = placesOf(this.#groups, seqLength);
    this.#lengths = paddedLengths(countsOf(places.map((place) => chunkSteps(place, seqLength))));
    this.network = networkSizes(code);
    this.#filler = new StretchFiller({
      batchSize: this.batchSize,
      width: this.network.inputs,
      steps: Math.max(...this.#lengths),
    });
    this.members = membersOf(code);
    this.sizes = {
      vocabulary: this.network.inputs,
      numeric: true,
      series: new Set([train, val, test].flat().map(({ series }) => series)).size,
      symbols: {
        train: countRows(train).rows,
        val: countRows(val).rows,
        test: countRows(test).rows,
      },
      unknown: 0,
      skipped: 0,
    };
    this.chunksPerEpoch = places.length;
    this.uniformLoss = places.reduce((most, place) => Math.max(most, this.#meanLoss(place)), 1);
    this.symbolsPerEpoch = readIn(this.#groups.flat());
    this.symbolsPerValidation = readIn(this.#scored);
    this.validationLacks =
      this.#scored.length === 0
        ? `the series are too short for a validation split with --val-frac ${valFrac}`
        : undefined;
    this.preview = previewOf(val.length > 0 ? val : train, code);
  }

  /** The mean of the squared targets of a chunk. Targets that do not count are 0. */
  #meanLoss({ group, first }: Place): number {
    const { counted } = this.#filler.fill(group, first);
    const squares = this.#filler.values.targets.reduce((sum, target) => sum + target * target, 0);
    return squares / (counted * this.network.outputs);
  }

  /**
   * Each group of stretches starts with zero states, which are then carried from chunk to chunk. The order of the
   * groups is random. It depends only on the seed and the epoch, so a resumed run has the same order.
   */
  chunk(index: number, epoch: number): Chunk {
    if (this.#epoch.number !== epoch) {
      const groups = shuffled(this.#groups, Random.of(this.#seed, epoch));
      this.#epoch = { number: epoch, places: placesOf(groups, this.#seqLength) };
    }
    const place = this.#epoch.places[index];
    const { read, counted } = this.#filler.fill(place.group, place.first);
    return {
      shape: chunkShape(paddedLength(chunkSteps(place, this.#seqLength), this.#lengths)),
      fresh: place.first === 0,
      inputs: this.#filler.values,
      // The loss is the mean over all numbers.
      counted: counted * this.network.outputs,
      symbols: read,
    };
  }

  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout {
    const { batchSize: batch } = this;
    const network = new Network(layout, config, this.network, { training: true });
    const states = network.carriedStates(batch);
    const [model, validation] = layout.inTurns(
      () =>
        unrollNetwork(layout, network, { batch, lengths: this.#lengths, states, dropout, head: EVERY_ROW }),
      () => this.#validation(layout, network),
    );
    return { model, validation };
  }

  #validation(layout: Layout, network: Network): Validation | undefined {
    if (this.#scored.length === 0) return undefined;
    const scorer = new SeriesScorer(layout, network, this.#scored);
    return {
      programs: scorer.programs,
      score: async (engine, progress) => {
        const { loss, rmse, mae } = await measureSeries(scorer, engine, this.#code, progress);
        return { loss, rmse, mae };
      },
    };
  }
}

/** The chunks of groups, one after another. */
function placesOf(groups: readonly (readonly Stretch[])[], seqLength: number): Place[] {
  return groups.flatMap((group) =>
    Array.from({ length: Math.ceil(groupSteps(group) / seqLength) }, (_, index) => ({
      group,
      first: index * seqLength,
    })),
  );
}

/** The steps of a chunk: `seqLength`, or less at the end of its group. */
function chunkSteps({ group, first }: Place, seqLength: number): number {
  return Math.min(seqLength, groupSteps(group) - first);
}

/** How often each number occurs. */
function countsOf(numbers: readonly number[]): Uint32Array {
  const counts = new Uint32Array(1 + numbers.reduce((most, number) => Math.max(most, number), 0));
  for (const number of numbers) counts[number] += 1;
  return counts;
}

function readIn(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, stretch) => sum + stepsOf(stretch), 0);
}
