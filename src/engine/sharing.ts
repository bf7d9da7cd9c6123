/**
 * How a team shares out the rows and columns of a matrix: as a grid of threads. Threads that share rows need nothing of
 * each other from one time step to the next; threads that share columns (units) each keep a smaller part of the weights
 * in their cache and work on more rows at once, but must meet at every step. The bits are the same either way.
 */

/** Columns are shared in blocks that are whole panels for every width of vectors. */
export const COLUMN_BLOCK = 32;

/** A product over fewer rows than these takes as long as one over these: it waits for the weights. */
const FEWEST_ROWS = 4;

/**
 * Where a row's columns are shared, each thread fetches those that others made. All of a row cost as much as computing
 * so many blocks for it: measured on two cores of an AMD EPYC (Zen 4), at 128 units and at 512 alike.
 */
const FETCHED_BLOCKS = 2;

/**
 * Into how many parts a team of `threads` shares the columns of [rows, columns], of which there are `columns` in each
 * gate: the divisor of `threads` that leaves the thread with the largest part the least work, which is its rows times
 * its blocks and the part that it fetches; among equals the smallest: where it is 1, the team need not meet at every
 * step.
 */
export function columnShares(threads: number, rows: number, columns: number): number {
  const blocks = Math.ceil(columns / COLUMN_BLOCK);
  let best = 1;
  let least = Infinity;
  for (let across = 1; across <= threads; across++) {
    if (threads % across !== 0) continue;
    const rowsEach = Math.max(Math.ceil((rows * across) / threads), FEWEST_ROWS);
    const work = rowsEach * (Math.ceil(blocks / across) + FETCHED_BLOCKS * (1 - 1 / across));
    if (work < least) [best, least] = [across, work];
  }
  return best;
}
