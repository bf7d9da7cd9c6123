import { COLUMN_BLOCK } from "./sharing.ts";

/** What a tensor's four-byte elements are. The float64 reference engine widens both. */
export type DType = "float32" | "int32";

/**
 * An opaque handle of an array in an engine's memory. `offset` is in bytes from the start of the layout; only
 * engines look at it.
 */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The number of elements. */
  readonly size: number;
  readonly offset: number;
}

/**
 * A right operand [k, n] packed for products: its columns fall into groups (the gates of a cell) of n / groups, and
 * each group into panels of its own.
 */
export interface Panels extends Tensor {
  readonly groups: number;
  /** Whether products are of few rows, and take no longer than it takes to read the panels. */
  readonly fewRows: boolean;
}

const ELEMENT_BYTES = 4;
/** The bytes that an element takes packed as the digits that tiles multiply, and the rows of a block of these. */
export const PACKED_BYTES = 3;
export const PACKED_STEPS = 64;
const ALIGNMENT = 64;

/** The number of elements of an array of this shape; 1 for the empty shape of a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/**
 * Assigns tensors their places before any memory exists, so that the memory a run needs is known beforehand. `rewind`
 * to a `mark` lets two uses that never overlap in time (training and validation) share one place.
 */
export class Layout {
  #next = 0;
  #bytes = 0;

  /** The bytes that hold everything laid out so far. */
  get bytes(): number {
    return this.#bytes;
  }

  tensor(shape: readonly number[], dtype: DType = "float32"): Tensor {
    const size = elementCount(shape);
    const offset = this.#next;
    this.#next += Math.ceil((size * ELEMENT_BYTES) / ALIGNMENT) * ALIGNMENT;
    this.#bytes = Math.max(this.#bytes, this.#next);
    return { dtype, shape, size, offset };
  }

  /**
   * Room for a [k, n] right operand in its packed form: whole blocks of columns serve every vector width. It is packed
   * as the floats that it is or, unless it is for few rows, for tiles: whole blocks of rows, and each column's scale.
   */
  panels(k: number, n: number, { groups = 1, fewRows = false } = {}): Panels {
    const columns = groups * Math.ceil(n / groups / COLUMN_BLOCK) * COLUMN_BLOCK;
    const forTiles = Math.ceil(k / PACKED_STEPS) * PACKED_STEPS * (PACKED_BYTES / ELEMENT_BYTES) + 1;
    return { ...this.tensor([fewRows ? k : Math.max(k, forTiles), columns]), groups, fewRows };
  }

  mark(): number {
    return this.#next;
  }

  rewind(mark: number): void {
    this.#next = mark;
  }
}

/** The tensor of entries [start, end) of the first dimension. */
export function slice(tensor: Tensor, start: number, end: number): Tensor {
  const [, ...inner] = tensor.shape;
  const stride = elementCount(inner);
  return {
    dtype: tensor.dtype,
    shape: [end - start, ...inner],
    size: (end - start) * stride,
    offset: tensor.offset + start * stride * ELEMENT_BYTES,
  };
}

/** Entry `index` of the first dimension, without that dimension: step t of a [T, B, H] tensor is [B, H]. */
export function entry(tensor: Tensor, index: number): Tensor {
  return { ...slice(tensor, index, index + 1), shape: tensor.shape.slice(1) };
}

/** Whether two tensors share bytes. */
export function overlap(a: Tensor, b: Tensor): boolean {
  return a.offset < b.offset + b.size * ELEMENT_BYTES && b.offset < a.offset + a.size * ELEMENT_BYTES;
}

/** The last dimension. */
export function width(tensor: Tensor): number {
  return tensor.shape.at(-1) ?? 1;
}

/** How many rows of the last dimension there are. */
export function rowCount(tensor: Tensor): number {
  return tensor.size / width(tensor);
}

/** B, of rows [T, B, n] or [B, n]. */
export function rowsOfStep(tensor: Tensor): number {
  return tensor.shape.at(-2) ?? 1;
}
