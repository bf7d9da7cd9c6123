/**
 * How a team shares the rows and columns of a matrix: as a grid of threads. Threads that share rows need nothing from
 * each other between time steps. Threads that share columns (units) each keep a smaller part of the weights in their
 * cache and work on more rows at once, but they must meet at every step. The bits are the same either way.
 * The constants below predicted best which way is fastest, for LSTMs of 128 to 512 units and 1 to 50 rows: on two cores
 * of an AMD EPYC (Zen 4) and of an Intel Xeon, and on 8 and 16 cores of another Xeon, with tiles, 512-bit vectors and
 * WebAssembly alike. Work is counted in rows of one block of columns.
 */

/** Columns are shared in blocks that are whole panels for every width of vectors. */
export const COLUMN_BLOCK = 32;

/** A product over fewer rows takes as long as one over this many, because it waits for the weights. */
const FEWEST_ROWS = 10;

/**
 * If threads share the columns of a row, each one fetches the columns that others made. For a whole row this costs as
 * much as so many blocks.
 */
const FETCHED_BLOCKS = 1;

/** The cost of meeting at a step and waiting for the slowest thread. */
const MEETING = 18;

/**
 * Into how many parts a team of `threads` divides the columns of [rows, columns], where each gate has `columns`
 * columns. The number of parts is the divisor of `threads` that gives the busiest thread the least work; among equals,
 * the smallest.
 */
export function columnShares(threads: number, rows: number, columns: number): number {
  const blocks = Math.ceil(columns / COLUMN_BLOCK);
  let best = 1;
  let least = Infinity;
  for (let across = 1; across <= threads; across++) {
    if (threads % across !== 0) continue;
    const rowsEach = Math.ceil((rows * across) / threads);
    const fetched = rowsEach * (1 - 1 / across) * FETCHED_BLOCKS;
    const computed = Math.max(rowsEach, FEWEST_ROWS) * Math.ceil(blocks / across);
    const work = computed + fetched + (across > 1 ? MEETING : 0);
    if (work < least) [best, least] = [across, work];
  }
  return best;
}
