import { CharrnnError } from "../../errors.ts";
import { type Symbols } from "../../text/symbols.ts";
import { usualBatchSizeBy } from "../usual-batch-size.ts";

/**
 * A training split of n symbols as B parallel contiguous streams of S = floor((n-1)/B) symbols. Stream b reads the
 * symbols from b*S on and predicts the symbol after each. The streams are cut into chunks of T time steps. The last
 * chunk of an epoch may be shorter, so each symbol of a stream is trained on once in an epoch. `batchSize` (B) and
 * `seqLength` (T) are positive integers.
 */
export class Streams {
  readonly batchSize: number;
  readonly seqLength: number;
  /** S, in symbols. */
  readonly streamLength: number;
  /** How many chunks an epoch has. */
  readonly chunks: number;
  /** The lengths of chunks in steps: T and, if the last chunk of an epoch is shorter, its length. */
  readonly lengths: readonly number[];
  /** B*S: how many symbols are read in an epoch, and how many are predicted. */
  readonly charactersPerEpoch: number;
  readonly #symbols: Symbols;
  /** [T+1]: one stream's part of a chunk, and the symbol after it. */
  readonly #row: Int32Array;

  /** @throws CharrnnError if the split has fewer than B*T+1 symbols; the message names sizes that fit */
  constructor(symbols: Symbols, batchSize: number, seqLength: number) {
    if (symbols.length < batchSize * seqLength + 1) throw tooShort(symbols.length, batchSize, seqLength);
    this.#symbols = symbols;
    this.batchSize = batchSize;
    this.seqLength = seqLength;
    this.streamLength = Math.floor((symbols.length - 1) / batchSize);
    this.chunks = Math.ceil(this.streamLength / seqLength);
    const last = this.streamLength % seqLength;
    this.lengths = last > 0 ? [seqLength, last] : [seqLength];
    this.charactersPerEpoch = batchSize * this.streamLength;
    this.#row = new Int32Array(seqLength + 1);
  }

  /**
   * Writes the inputs and targets of chunk number `chunk` (from 0), both [T, B]: step t of stream b is at t*B+b.
   * Returns the number of time steps of the chunk.
   */
  fill(chunk: number, inputs: Int32Array, targets: Int32Array): number {
    const { batchSize, streamLength } = this;
    const row = this.#row;
    const start = chunk * this.seqLength;
    const steps = Math.min(this.seqLength, streamLength - start);
    for (let b = 0; b < batchSize; b++) {
      const position = b * streamLength + start;
      this.#symbols.copyTo(row, 0, position, position + steps + 1);
      for (let t = 0, i = b; t < steps; t++, i += batchSize) {
        inputs[i] = row[t];
        targets[i] = row[t + 1];
      }
    }
    return steps;
  }
}

/** The default batch size for a training split of n symbols: see `usualBatchSizeBy`. */
export function usualBatchSize(n: number, seqLength: number): number {
  return usualBatchSizeBy((batchSize) => Math.ceil(Math.floor((n - 1) / batchSize) / seqLength));
}

function tooShort(length: number, batchSize: number, seqLength: number): CharrnnError {
  const needed = batchSize * seqLength + 1;
  const largestBatch = Math.floor((length - 1) / seqLength);
  const largestLength = Math.floor((length - 1) / batchSize);
  const fits: string[] = [];
  if (largestBatch >= 1) fits.push(`--batch-size ${largestBatch} with this --seq-length`);
  if (largestLength >= 1) fits.push(`--seq-length ${largestLength} with this --batch-size`);
  if (fits.length === 0 && length >= 2) fits.push(`--batch-size 1 --seq-length ${length - 1}`);
  const advice = fits.length > 0 ? `give at most ${fits.join(", or ")}` : "give a longer text";
  return new CharrnnError(
    `the training split has ${length} symbols, but --batch-size ${batchSize} --seq-length ${seqLength} ` +
      `needs ${needed}; ${advice}`,
  );
}
