import { type Checkpoint } from "../../checkpoint/format.ts";
import { cells } from "../../model/cells/index.ts";
import { directionsOf, layerParameter, type Direction } from "../../model/shapes.ts";
import { Turns } from "../../turns.ts";

/** The spectral radius of the recurrent weights of one gate: the largest absolute value of their eigenvalues. */
export interface SpectralRadius {
  /** From 0. */
  readonly layer: number;
  /** Present in a bidirectional layer. */
  readonly direction?: Direction;
  /** The gate whose block of W_hh it is: `hidden` in an RNN; `cell` is the candidate of an LSTM, `new` that of a GRU. */
  readonly gate: string;
  readonly radius: number;
}

/** The spectral radius of each gate's block of W_hh [H, H], layer by layer. None for cells without recurrent weights. */
export async function spectralRadii({
  model,
  parameters,
}: Pick<Checkpoint, "model" | "parameters">): Promise<SpectralRadius[]> {
  const { cell, layers, hidden: H } = model;
  const directions = directionsOf(model);
  const radii: SpectralRadius[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const direction of directions) {
      const weights = parameters.get(layerParameter("weight_hh", layer, direction))?.data;
      if (weights === undefined) continue;
      for (const [index, gate] of cells[cell].gates.entries()) {
        const block = Float64Array.from(weights.subarray(index * H * H, (index + 1) * H * H));
        const radius = await spectralRadius(block, H);
        radii.push({ layer, ...(directions.length > 1 && { direction }), gate, radius });
      }
    }
  }
  return radii;
}

/**
 * The largest absolute value of the eigenvalues of an n x n matrix, row-major, which is overwritten. Complex eigenvalues
 * count like real ones. The matrix becomes a Hessenberg matrix, and then QR steps with two shifts find one eigenvalue or
 * a pair after the other (Francis 1961; Golub and Van Loan, "Matrix Computations", 7.4 and 7.5). NaN if the matrix is not
 * finite. This takes about 10 n^3 multiplications.
 */
export async function spectralRadius(matrix: Float64Array, n: number): Promise<number> {
  if (!matrix.every((value) => Number.isFinite(value))) return NaN;
  const turns = new Turns();
  const rows = Array.from({ length: n }, (_, i) => matrix.subarray(i * n, (i + 1) * n));
  for (let k = 0; k < n - 2; k++) {
    toHessenberg(rows, k);
    if (turns.areDue) await turns.give();
  }
  let radius = 0;
  let steps = 0;
  for (let end = n - 1; end >= 0;) {
    const start = blockStart(rows, end);
    if (start >= end - 1) {
      radius = Math.max(radius, start === end ? Math.abs(rows[end][end]) : radiusOfPair(rows, end));
      end = start - 1;
      steps = 0;
    } else {
      qrStep(rows, start, end, ++steps % EXCEPTIONAL === 0);
      if (steps > MOST_STEPS) return NaN;
    }
    if (turns.areDue) await turns.give();
  }
  return radius;
}

/** After so many steps without an eigenvalue, one step takes other shifts, because the usual ones may go in circles. */
const EXCEPTIONAL = 10;
const MOST_STEPS = 300;

/** The rows and columns of a matrix that a reflection changes, besides those that it mixes. */
interface Part {
  readonly first: { readonly row: number; readonly column: number };
  readonly last: { readonly row: number; readonly column: number };
}

/** Makes column k zero below the subdiagonal, with a reflection from both sides. */
function toHessenberg(rows: readonly Float64Array[], k: number): void {
  const n = rows.length;
  const column = Float64Array.from({ length: n - k - 1 }, (_, i) => rows[k + 1 + i][k]);
  const last = { row: n - 1, column: n - 1 };
  reflect(rows, column, k + 1, { first: { row: 0, column: k }, last });
  for (let i = k + 2; i < n; i++) rows[i][k] = 0;
}

/**
 * Multiplies from both sides by the reflection that maps x to a multiple of the first unit vector. It mixes the rows, and
 * then the columns, from `at` on. `part` are the columns of these rows and the rows of these columns that matter.
 */
function reflect(rows: readonly Float64Array[], x: Float64Array, at: number, { first, last }: Part): void {
  const size = x.length;
  const v = x.slice();
  v[0] += (x[0] < 0 ? -1 : 1) * Math.sqrt(squareOf(x));
  const square = squareOf(v);
  if (square === 0) return;
  const products = new Float64Array(last.column + 1);
  for (let i = 0; i < size; i++) {
    const [row, factor] = [rows[at + i], v[i]];
    for (let j = first.column; j <= last.column; j++) products[j] += factor * row[j];
  }
  for (let i = 0; i < size; i++) {
    const [row, factor] = [rows[at + i], (2 * v[i]) / square];
    for (let j = first.column; j <= last.column; j++) row[j] -= factor * products[j];
  }
  for (let i = first.row; i <= last.row; i++) {
    const row = rows[i];
    let product = 0;
    for (let j = 0; j < size; j++) product += row[at + j] * v[j];
    product *= 2 / square;
    for (let j = 0; j < size; j++) row[at + j] -= product * v[j];
  }
}

function squareOf(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return sum;
}

/** The first row of the block that ends at row `end`: the one above it has no connection to it. */
function blockStart(rows: readonly Float64Array[], end: number): number {
  let start = end;
  while (start > 0) {
    const around = Math.abs(rows[start - 1][start - 1]) + Math.abs(rows[start][start]);
    if (Math.abs(rows[start][start - 1]) <= Number.EPSILON * (around || 1)) break;
    start--;
  }
  if (start > 0) rows[start][start - 1] = 0;
  return start;
}

/** The larger absolute value of the two eigenvalues of the 2 x 2 block that ends at row `end`. */
function radiusOfPair(rows: readonly Float64Array[], end: number): number {
  const [a, b] = [rows[end - 1][end - 1], rows[end - 1][end]];
  const [c, d] = [rows[end][end - 1], rows[end][end]];
  const half = (a + d) / 2;
  const root = ((a - d) / 2) ** 2 + b * c;
  // Two complex eigenvalues have the absolute value of the root of the determinant.
  return root < 0 ? Math.sqrt(half ** 2 - root) : Math.abs(half) + Math.sqrt(root);
}

/** One QR step with two shifts, the eigenvalues of the last 2 x 2 block, on the block from `start` to `end`. */
function qrStep(rows: readonly Float64Array[], start: number, end: number, exceptional: boolean): void {
  const h = (i: number, j: number) => rows[i][j];
  let sum = h(end - 1, end - 1) + h(end, end);
  let product = h(end - 1, end - 1) * h(end, end) - h(end - 1, end) * h(end, end - 1);
  if (exceptional) {
    const size = Math.abs(h(end, end - 1)) + Math.abs(h(end - 1, end - 2));
    [sum, product] = [1.5 * size, size ** 2];
  }
  // The first column of (H - a)(H - b) for the shifts a and b.
  let x = Float64Array.of(
    h(start, start) ** 2 + h(start, start + 1) * h(start + 1, start) - sum * h(start, start) + product,
    h(start + 1, start) * (h(start, start) + h(start + 1, start + 1) - sum),
    h(start + 1, start) * h(start + 2, start + 1),
  );
  // Each reflection makes x a multiple of the first unit vector, and moves what is below the subdiagonal one step down.
  for (let k = start; k < end; k++) {
    const first = { row: start, column: Math.max(start, k - 1) };
    reflect(rows, x, k, { first, last: { row: Math.min(end, k + 3), column: end } });
    for (let i = 1; i < x.length && k > start; i++) rows[k + i][k - 1] = 0;
    x = Float64Array.from({ length: Math.min(3, end - k) }, (_, i) => rows[k + 1 + i][k]);
  }
}
