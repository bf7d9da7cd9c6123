/**
 * How a team shares out the rows and columns of a matrix: as a grid of threads. Threads that share rows need nothing of
 * each other from one time step to the next; threads that share columns (units) each keep a smaller part of the weights
 * in their cache and work on more rows at once, but must meet at every step. The bits are the same either way.
 *
 * The weights below are those that foretold best which way is fastest on two cores of an AMD EPYC (Zen 4) and of an
 * Intel Xeon, and on 8 and 16 of another (by tiles, 512-bit vectors and WebAssembly alike), for LSTMs of 128 to 512
 * units and 1 to 50 rows. The unit of work is one row of one block.
 */

/** Columns are shared in blocks that are whole panels for every width of vectors. */
export const COLUMN_BLOCK = 32;

/** A product over fewer rows than these takes as long as one over these: it waits for the weights. */
const FEWEST_ROWS = 10;

/** Where a row's columns are shared, each thread fetches those that others made: so many blocks' worth for a whole row. */
const FETCHED_BLOCKS = 1;

/** What it costs to meet at a step, and to wait for the slowest there. */
const MEETING = 18;

/**
 * Into how many parts a team of `threads` shares the columns of [rows, columns], of which there are `columns` in each
 * gate: the divisor of `threads` that leaves the thread with the largest part the least work; among equals the smallest.
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
