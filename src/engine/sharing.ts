/**
 * How a team divides the rows and columns of a matrix: as a grid of threads. If only the rows are divided, no thread
 * needs another thread's results between time steps. If the columns (units) are divided too, each thread keeps a
 * smaller part of the weights in its cache and works on more rows at once, but the threads of a row must wait for each
 * other at every time step. Every division gives the same results, to the bit. The constants below predicted the fastest division
 * best, for LSTMs of 128 to 512 units and 1 to 50 rows: on two cores of an AMD EPYC (Zen 4) and of an Intel Xeon, and
 * on 8 and 16 cores of another Xeon, each with tiles, 512-bit vectors and WebAssembly. The unit of work is one row of
 * one block of columns.
 */

/** Columns are divided in blocks of this many columns, which are whole panels for every width of vectors. */
export const COLUMN_BLOCK = 32;

/** A product of fewer rows takes as long as a product of this many rows, because it waits for the weights. */
const FEWEST_ROWS = 10;

/**
 * If threads divide the columns of a row, each thread fetches the columns that others computed. Fetching a whole row
 * costs as much as computing this many blocks.
 */
const FETCHED_BLOCKS = 1;

/** The cost of a barrier at one time step, in units of work. The wait for the slowest thread is a part of the cost. */
const MEETING = 18;

/**
 * Into how many parts a team of `threads` divides the columns of each gate, [rows, columns]. The number of parts is the
 * divisor of `threads` that gives the busiest thread the least work. Of equally good divisors, the smallest is taken.
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
