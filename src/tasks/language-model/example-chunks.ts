import { type ExampleText } from "../../text/example-text.ts";
import { epochBatches } from "../examples/batches.ts";
import { ChunkLengths } from "./chunk-lengths.ts";
import { usualBatchSizeBy } from "../usual-batch-size.ts";

/** The sizes of batches, and what their order depends on. */
export interface ChunkOptions {
  /** B: the most examples of a batch. Undefined: a number that gives an epoch enough chunks. */
  readonly batchSize: number | undefined;
  /** T: the most steps of a chunk. */
  readonly seqLength: number;
  readonly seed: number;
}

/** The batches of an epoch, and the place of each chunk among them. */
interface Epoch {
  readonly number: number;
  readonly batches: readonly Int32Array[];
  /** For each chunk of the epoch: its batch, and how many steps of the batch came before it. */
  readonly batchOf: Int32Array;
  readonly stepsBefore: Int32Array;
}

/**
 * Examples of a text in batches of similar length. The network reads END first and predicts the symbols of the example
 * and END after them. A batch is read in chunks of at most T steps, from the zero state on. Each epoch has different
 * batches in a different order, but the same number of chunks.
 */
export class ExampleChunks {
  readonly batchSize: number;
  readonly seqLength: number;
  /** How many chunks an epoch has. */
  readonly chunks: number;
  /** The lengths of chunks in steps. */
  readonly lengths: readonly number[];
  /** How many symbols are predicted in an epoch. */
  readonly symbolsPerEpoch: number;
  readonly #text: ExampleText;
  readonly #examples: readonly number[];
  readonly #seed: number;
  /** [n]: the padded length of each example in steps, and all different padded lengths in ascending order. */
  readonly #padded: Int32Array;
  readonly #paddedLengths: readonly number[];
  #epoch: Epoch | undefined;
  /** [T + 1]: one example's part of a chunk, and the symbol after it. */
  readonly #row: Int32Array;

  /** `examples`: the numbers of the examples to train on, at least one. */
  constructor(text: ExampleText, examples: readonly number[], { seqLength, seed, ...options }: ChunkOptions) {
    this.#text = text;
    this.#examples = examples;
    this.seqLength = seqLength;
    this.#seed = seed;
    const lengths = Int32Array.from(examples, (example) => text.lengthOf(example));
    const chunkLengths = new ChunkLengths(lengths, seqLength);
    this.lengths = chunkLengths.all;
    this.#padded = lengths.map((length) => chunkLengths.padded(length));
    this.#paddedLengths = [...new Set(this.#padded)].sort((one, other) => one - other);
    const sorted = this.#padded.toSorted();
    const chunks = (size: number) => chunkCount(sorted, size, seqLength);
    this.batchSize = options.batchSize ?? usualBatchSizeBy(chunks);
    this.chunks = chunks(this.batchSize);
    this.symbolsPerEpoch = lengths.reduce((sum, length) => sum + length, 0);
    this.#row = new Int32Array(seqLength + 1);
  }

  /**
   * Writes the inputs and targets of chunk `index` (from 0) of an epoch (from 1), both [T, B]. The targets behind the
   * end of an example are -1. `counted` is the number of all other targets.
   */
  fill(
    index: number,
    epoch: number,
    inputs: Int32Array,
    targets: Int32Array,
  ): { steps: number; counted: number; isFirst: boolean } {
    const { batches, batchOf, stepsBefore } = this.#epochOf(epoch);
    const { batchSize } = this;
    const batch = batches[batchOf[index]];
    const before = stepsBefore[index];
    const steps = Math.min(this.seqLength, this.#paddedSteps(batch) - before);
    inputs.fill(0, 0, steps * batchSize);
    targets.fill(-1, 0, steps * batchSize);
    let counted = 0;
    batch.forEach((number, b) => {
      const example = this.#examples[number];
      const own = Math.min(steps, this.#text.lengthOf(example) - before);
      if (own <= 0) return;
      const start = this.#text.endBefore(example) + before;
      this.#text.symbols.copyTo(this.#row, 0, start, start + own + 1);
      for (let t = 0, i = b; t < own; t++, i += batchSize) {
        inputs[i] = this.#row[t];
        targets[i] = this.#row[t + 1];
      }
      counted += own;
    });
    return { steps, counted, isFirst: before === 0 };
  }

  #epochOf(number: number): Epoch {
    if (this.#epoch?.number === number) return this.#epoch;
    const { length } = this.#examples;
    const paddedOf = (example: number) => this.#padded[example];
    const order = { seed: this.#seed, epoch: number };
    const batches = epochBatches(length, this.batchSize, this.#paddedLengths, paddedOf, order);
    const batchOf = new Int32Array(this.chunks);
    const stepsBefore = new Int32Array(this.chunks);
    let chunk = 0;
    batches.forEach((batch, position) => {
      const steps = this.#paddedSteps(batch);
      for (let before = 0; before < steps; before += this.seqLength, chunk++) {
        batchOf[chunk] = position;
        stepsBefore[chunk] = before;
      }
    });
    return (this.#epoch = { number, batches, batchOf, stepsBefore });
  }

  /** The steps of a batch: the padded steps of its longest example. */
  #paddedSteps(batch: Int32Array): number {
    return batch.reduce((longest, example) => Math.max(longest, this.#padded[example]), 0);
  }
}

/** The number of chunks of an epoch. `padded`: the padded lengths of the examples, in ascending order. */
export function chunkCount(padded: Int32Array, batchSize: number, seqLength: number): number {
  let chunks = 0;
  for (let start = 0; start < padded.length; start += batchSize) {
    const longest = padded[Math.min(start + batchSize, padded.length) - 1];
    chunks += Math.ceil(longest / seqLength);
  }
  return chunks;
}
