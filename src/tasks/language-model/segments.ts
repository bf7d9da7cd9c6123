/** The symbols before a segment that it is warmed up on. */
const WARMUP_LENGTH = 1000;
/** A segment scores at least twice what it is warmed up on, so that warming up costs at most half as much again. */
const SYMBOLS_PER_SEGMENT = 2000;
/** Rows enough to keep a CPU's matrix units busy. */
const MOST_SEGMENTS = 64;

/**
 * A part of a text to score: the symbols [start, end). The model reads from `warmupStart` on, starting from a
 * zero state; what it says of the symbols before `start` is not counted.
 */
export interface Segment {
  readonly warmupStart: number;
  readonly start: number;
  readonly end: number;
}

/** How many segments a text of n symbols is cut into: one for every 2,000 scored symbols, from 1 to 64. */
export function segmentCount(n: number): number {
  return Math.min(Math.max(Math.floor((n - 1) / SYMBOLS_PER_SEGMENT), 1), MOST_SEGMENTS);
}

/**
 * Cuts a text of n symbols, at least 2, into contiguous segments, equal to within one symbol, that score every
 * symbol but the first exactly once. It depends on n alone, so that the score does too. Each segment is warmed up on
 * the 1,000 symbols before it, the first on the text's first symbol.
 */
export function planSegments(n: number): Segment[] {
  const count = segmentCount(n);
  const border = (j: number): number => 1 + Math.floor((j * (n - 1)) / count);
  return Array.from({ length: count }, (_, j) => ({
    warmupStart: Math.max(0, border(j) - WARMUP_LENGTH),
    start: border(j),
    end: border(j + 1),
  }));
}
