import { CharrnnError } from "../../errors.ts";
import { planSegments } from "../language-model/segments.ts";
import { type EncodedSeries } from "./code.ts";
import { firstPredicted, type Part } from "./series-splits.ts";

/**
 * Consecutive rows of a series, which one row of a batch reads from `from` on, starting with the zero state. The
 * network predicts the next row after each row that it reads. Only the predictions of the rows [start, end) count.
 */
export interface Stretch {
  readonly series: EncodedSeries;
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** How many rows a stretch reads. */
export function stepsOf({ from, end }: Stretch): number {
  return end - 1 - from;
}

/**
 * The parallel streams of an epoch. Long series are cut, so that there are `batchSize` (B) stretches of about equal
 * length in all. A cut never makes a stretch shorter than `seqLength` (T). All other series are one stretch each. A
 * single series of n rows gives B streams of (n - 1) / B rows, to within one row. Every row of the parts is predicted
 * once, except the first of a series.
 */
export function planStreams(
  parts: readonly Part<EncodedSeries>[],
  batchSize: number,
  seqLength: number,
): Stretch[] {
  const counts = parts.map((part) => part.end - firstPredicted(part));
  const total = counts.reduce((sum, count) => sum + Math.max(count, 0), 0);
  return parts.flatMap((part, index) => {
    const count = counts[index];
    if (count < 1) return [];
    const wanted = Math.floor((batchSize * count) / total);
    const cuts = Math.max(1, Math.min(wanted, Math.floor(count / seqLength)));
    const border = (j: number) => firstPredicted(part) + Math.floor((j * count) / cuts);
    return Array.from({ length: cuts }, (_, j) => ({
      series: part.series,
      from: border(j) - 1,
      start: border(j),
      end: border(j + 1),
    }));
  });
}

/**
 * The stretches that score parts of series. Each stretch reads up to 1,000 rows before it predicts: see `planSegments`.
 */
export function planScoring(parts: readonly Part<EncodedSeries>[]): Stretch[] {
  return parts
    .filter((part) => part.end > firstPredicted(part))
    .flatMap((part) =>
      planSegments(part.end, firstPredicted(part)).map(({ warmupStart, start, end }) => ({
        series: part.series,
        from: warmupStart,
        start,
        end,
      })),
    );
}

/** The stretches that are read side by side, the longest first, so that little is padded. */
export function groupsOf(stretches: readonly Stretch[], batchSize: number): Stretch[][] {
  const sorted = stretches.toSorted((one, other) => stepsOf(other) - stepsOf(one));
  return Array.from({ length: Math.ceil(sorted.length / batchSize) }, (_, index) =>
    sorted.slice(index * batchSize, (index + 1) * batchSize),
  );
}

/** The steps of the longest stretch of a group. */
export function groupSteps([longest]: readonly Stretch[]): number {
  return stepsOf(longest);
}

/** @throws CharrnnError if the stretches leave a row of every batch empty */
export function requireStreams({ length }: readonly Stretch[], batchSize: number, seqLength: number): void {
  if (length >= batchSize) return;
  throw new CharrnnError(
    `the training split gives ${length === 1 ? "1 stream" : `${length} streams`} of --seq-length ${seqLength}, too few for ` +
      `--batch-size ${batchSize}: give at most --batch-size ${length}, or a shorter --seq-length`,
  );
}

/** Fills the tensors of a network with the steps of a group of stretches, time-major: step t of row b is at t * B + b. */
export class StretchFiller {
  /** inputs [T, B, columns], targets [T, B, columns], weights [T, B]. The next steps overwrite these values. */
  readonly values: {
    readonly inputs: Float32Array;
    readonly targets: Float32Array;
    readonly weights: Float32Array;
  };
  readonly #batchSize: number;
  readonly #width: number;
  readonly #steps: number;

  /** `width`: the number of columns. `steps`: how many steps are filled at once. */
  constructor({ batchSize, width, steps }: { batchSize: number; width: number; steps: number }) {
    const places = batchSize * steps;
    this.#batchSize = batchSize;
    this.#width = width;
    this.#steps = steps;
    this.values = {
      inputs: new Float32Array(places * width),
      targets: new Float32Array(places * width),
      weights: new Float32Array(places),
    };
  }

  /** Fills the steps of a group from step `first` on. Returns how many rows are read, and how many predictions count. */
  fill(group: readonly Stretch[], first: number): { read: number; counted: number } {
    const { inputs, targets, weights } = this.values;
    for (const values of [inputs, targets, weights]) values.fill(0);
    const [w, B] = [this.#width, this.#batchSize];
    let [read, counted] = [0, 0];
    for (const [b, stretch] of group.entries()) {
      const { from, start } = stretch;
      const { standardised } = stretch.series;
      const steps = Math.min(this.#steps, stepsOf(stretch) - first);
      for (let t = 0; t < steps; t++) {
        const row = from + first + t;
        const place = t * B + b;
        for (let i = 0; i < w; i++) inputs[place * w + i] = standardised[row * w + i];
        if (row + 1 < start) continue;
        for (let i = 0; i < w; i++) targets[place * w + i] = standardised[(row + 1) * w + i];
        weights[place] = 1;
        counted += 1;
      }
      read += Math.max(steps, 0);
    }
    return { read, counted };
  }
}
