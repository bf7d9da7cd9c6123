import { type ExampleText } from "../../text/example-text.ts";
import { ChunkLengths } from "./chunk-lengths.ts";

/** How many symbols before a segment the model reads to warm up its states. */
const WARMUP_LENGTH = 1000;
/** A segment scores at least twice as many symbols as its warm-up has, so warm-ups add at most half of the work. */
const SYMBOLS_PER_SEGMENT = 2000;
/** Enough rows to keep a CPU's matrix units busy. */
const MOST_SEGMENTS = 64;

/**
 * A part of a text to score: the symbols [start, end). The model reads from `warmupStart` on and starts with a zero
 * state. Predictions of symbols before `start` are not scored.
 */
export interface Segment {
  readonly warmupStart: number;
  readonly start: number;
  readonly end: number;
}

/** The number of segments of a text of n symbols: one for every 2,000 scored symbols, from 1 to 64. */
export function segmentCount(n: number): number {
  return countFor(n - 1);
}

function countFor(scored: number): number {
  return Math.min(Math.max(Math.floor(scored / SYMBOLS_PER_SEGMENT), 1), MOST_SEGMENTS);
}

/**
 * Cuts a text of n symbols (at least 2) into contiguous segments of equal length, to within one symbol. Together they
 * score every symbol from `first` on exactly once. The symbols before `first` (at least 1) are only read. The cuts
 * depend only on the two numbers, never on the number of threads. The warm-up of a segment is the 1,000 symbols before
 * the segment, or all symbols before it if there are fewer.
 */
export function planSegments(n: number, first = 1): Segment[] {
  const count = countFor(n - first);
  const border = (j: number): number => first + Math.floor((j * (n - first)) / count);
  return Array.from({ length: count }, (_, j) => ({
    warmupStart: Math.max(0, border(j) - WARMUP_LENGTH),
    start: border(j),
    end: border(j + 1),
  }));
}

/** How many time steps one run of a program scores at most. With 50, the fixed cost of starting a program is small. */
const STEPS_AT_ONCE = 50;

/** How a text is scored: by groups of segments that are read side by side, in runs of one of the `lengths` in steps. */
export interface ScoringPlan {
  readonly groups: readonly (readonly Segment[])[];
  /** In ascending order. */
  readonly lengths: readonly number[];
}

/** The number of time steps of the longest segment, with its warm-up. */
export function runLength(segments: readonly Segment[]): number {
  return segments.reduce((most, { warmupStart, end }) => Math.max(most, end - 1 - warmupStart), 0);
}

/** Scores segments side by side. */
export function together(segments: readonly Segment[]): ScoringPlan {
  return { groups: [segments], lengths: [Math.min(STEPS_AT_ONCE, runLength(segments))] };
}

/**
 * Scores each example of a text from the END before the example to the END after it. Examples of similar length are
 * read side by side.
 */
export function planExamples(text: ExampleText): ScoringPlan {
  const lengths = Float64Array.from({ length: text.count }, (_, example) => text.lengthOf(example));
  const order = Array.from(lengths, (_, example) => example).sort(
    (one, other) => lengths[one] - lengths[other],
  );
  const segments = order.map((example) => {
    const before = text.endBefore(example);
    return { warmupStart: before, start: before + 1, end: before + 1 + lengths[example] };
  });
  const groups = Array.from({ length: Math.ceil(segments.length / MOST_SEGMENTS) }, (_, group) =>
    segments.slice(group * MOST_SEGMENTS, (group + 1) * MOST_SEGMENTS),
  );
  return { groups, lengths: new ChunkLengths(groups.map(runLength), STEPS_AT_ONCE).all };
}
