/** The type of a tensor's four-byte elements. The reference engine can hold floats as float64. */
export type DType = "float32" | "int32";

/**
 * An opaque handle of an array in an engine's memory. `offset` is in bytes from the start of the layout; only engines
 * use the offset.
 */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The number of elements. */
  readonly size: number;
  readonly offset: number;
}

export const ELEMENT_BYTES = 4;
const ALIGNMENT = 64;

/** The number of elements of an array of this shape; 1 for the empty shape of a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** The bytes [start, end) of a layout. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** Gives tensors their offsets before any memory is allocated. So the memory that a run needs is known beforehand. */
export class Layout {
  #next: number;
  #bytes = 0;
  readonly #scratch: Region[] = [];

  /** The first tensor is at `start`, in bytes. */
  constructor(start = 0) {
    this.#next = start;
  }

  /** The number of bytes up to the end of the last tensor. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The regions of scratch tensors. An engine may use these regions for itself while no operation needs the tensors.
   */
  get scratchRegions(): readonly Region[] {
    return this.#scratch;
  }

  tensor(shape: readonly number[], dtype: DType = "float32"): Tensor {
    const size = elementCount(shape);
    const offset = this.#next;
    this.#next += Math.ceil((size * ELEMENT_BYTES) / ALIGNMENT) * ALIGNMENT;
    this.#bytes = Math.max(this.#bytes, this.#next);
    return { dtype, shape, size, offset };
  }

  /** A tensor whose values may be lost after the last operation of a program that uses the tensor. */
  scratch(shape: readonly number[]): Tensor {
    const tensor = this.tensor(shape);
    this.#scratch.push({ start: tensor.offset, end: this.#next });
    return tensor;
  }

  /** Lays out two sets of tensors that are never used at the same time. Both sets get the same memory. */
  inTurns<First, Second>(first: () => First, second: () => Second): [First, Second] {
    const start = this.#next;
    const one = first();
    const end = this.#next;
    this.#next = start;
    const other = second();
    this.#next = Math.max(this.#next, end);
    return [one, other];
  }
}

/** The entries [start, end) of the first dimension, as a tensor. */
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

/** Whether a tensor has bytes in a region. */
export function overlapsRegion({ offset, size }: Tensor, { start, end }: Region): boolean {
  return offset < end && start < offset + size * ELEMENT_BYTES;
}

/** The last dimension. */
export function width(tensor: Tensor): number {
  return tensor.shape.at(-1) ?? 1;
}

/** The number of rows: of all dimensions but the last. */
export function rowCount(tensor: Tensor): number {
  return tensor.size / width(tensor);
}

/** The number of rows of one time step: B of a shape [T, B, n] or [B, n]. */
export function rowsOfStep(tensor: Tensor): number {
  return tensor.shape.at(-2) ?? 1;
}
