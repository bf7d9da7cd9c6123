import { batchesOf, paddedLength, paddedLengths } from "../examples/batches.ts";
import { type EncodedSteps } from "../examples/inputs.ts";
import { type StepCounts } from "../../model/unrolled-attention.ts";
import { lengthAt, type Pairs } from "./pair-code.ts";

/** One program is written for each pair of an input length and an output length, so there are few lengths. */
const MOST_LENGTHS = 6;

/** The lengths that inputs and outputs are padded to. */
export interface PairLengths {
  readonly encoder: readonly number[];
  /** With the symbol at the end. */
  readonly decoder: readonly number[];
}

export function pairLengths({ inputs, outputs, count }: Pairs): PairLengths {
  const counts = (steps: EncodedSteps, more: number) => {
    const lengths = Array.from({ length: count }, (_, example) => lengthAt(steps, example) + more);
    const counted = new Uint32Array(lengths.reduce((longest, length) => Math.max(longest, length), 0) + 1);
    for (const length of lengths) counted[length] += 1;
    return counted;
  };
  return {
    encoder: paddedLengths(counts(inputs, 0), MOST_LENGTHS),
    decoder: paddedLengths(counts(outputs, 1), MOST_LENGTHS),
  };
}

/** The steps of the longest input and of the longest output. */
export function longestOf({ encoder, decoder }: PairLengths): StepCounts {
  return { encoder: encoder[encoder.length - 1], decoder: decoder[decoder.length - 1] };
}

/** All shapes that a batch may have. */
export function shapesOf({ encoder, decoder }: PairLengths): StepCounts[] {
  return encoder.flatMap((steps) => decoder.map((other) => ({ encoder: steps, decoder: other })));
}

export function shapeName({ encoder, decoder }: StepCounts): string {
  return `${encoder}x${decoder}`;
}

/** The steps that a batch is padded to. */
export function paddedSteps(batch: Int32Array, { inputs, outputs }: Pairs, lengths: PairLengths): StepCounts {
  let [encoder, decoder] = [1, 1];
  for (const example of batch) {
    encoder = Math.max(encoder, lengthAt(inputs, example));
    decoder = Math.max(decoder, lengthAt(outputs, example) + 1);
  }
  return { encoder: paddedLength(encoder, lengths.encoder), decoder: paddedLength(decoder, lengths.decoder) };
}

/**
 * The place of an example's padded lengths in an order of all pairs of lengths. The order is by input length, then by
 * output length, which rises and falls in turn so that neighbours are similar.
 */
export function placeOf({ inputs, outputs }: Pairs, lengths: PairLengths): (example: number) => number {
  const width = lengths.decoder.length;
  return (example) => {
    const input = lengths.encoder.indexOf(paddedLength(lengthAt(inputs, example), lengths.encoder));
    const output = lengths.decoder.indexOf(paddedLength(lengthAt(outputs, example) + 1, lengths.decoder));
    return input * width + (input % 2 === 0 ? output : width - 1 - output);
  };
}

/** Every place that `placeOf` may give, in order. */
export function placesOf({ encoder, decoder }: PairLengths): number[] {
  return Array.from({ length: encoder.length * decoder.length }, (_, place) => place);
}

/** All pairs in batches, in a fixed order. */
export function pairBatches(pairs: Pairs, batchSize: number, lengths: PairLengths): Int32Array[] {
  const all = Array.from({ length: pairs.count }, (_, example) => example);
  return batchesOf(all, batchSize, placesOf(lengths), placeOf(pairs, lengths));
}
