import { type Tensor } from "../tensor.ts";

export type Floats = Float32Array | Float64Array;

/** The elements of a layout's tensors in the reference engine. */
export interface Memory {
  floats(tensor: Tensor): Floats;
  integers(tensor: Tensor): Int32Array;
}

/** One 32-bit word for a kernel: the offset of a tensor, a whole number, or a float. */
export interface Word<Operands> {
  /** The name of the operand. The kernels use the same name in snake case. */
  readonly name: string;
  readonly type: "tensor" | "int" | "float";
  /** The n of a cell's tensor [B, n * H]. The kernels need this number to find a row. */
  readonly gates?: number;
  /** Whether the operation may lack this tensor. */
  readonly optional?: boolean;
  readonly value: (operands: Operands) => Tensor | number | undefined;
}

/**
 * How the threads of a team share an operation. If two operations are shared in the same way, a thread of the second
 * operation never uses elements that another thread wrote in the first operation.
 * - `rows`: each thread has whole rows of a tensor. With `readsOtherRows`, a thread also reads rows that other threads wrote.
 * - `parts`: a thread has some columns of some rows. The columns form `groups` of equal width (the gates of a cell),
 *   and a thread has the same part of every group. The operation writes the tensors `written`. A thread reads whole
 *   rows of the tensor `readWhole`, with the columns that other threads wrote.
 *
 * Sharing by rows or parts adds words to a program, after the words of the record. These words give the numbers of rows
 * and columns to share. In C, a thread's share is `rows` or `part`, and the number of columns is `row_width` or
 * `group_width`.
 */
export type Sharing<Operands> =
  | { readonly by: "panels" | "units" | "elements" | "one thread" }
  | { readonly by: "rows"; readonly of: (operands: Operands) => Tensor; readonly readsOtherRows: boolean }
  | {
      readonly by: "parts";
      readonly of: (operands: Operands) => Tensor;
      readonly groups: (operands: Operands) => number;
      readonly written: (operands: Operands) => readonly (Tensor | undefined)[];
      readonly readWhole: (operands: Operands) => Tensor | undefined;
    };

/** The part of an operation's record for compiled kernels: the words in a program, and how threads share the work. */
export interface KernelRecord<Operands> {
  /** The words in the order in which the kernel reads them. kernels/machine.h makes a C struct with the same names. */
  readonly words: readonly Word<Operands>[];
  readonly sharing: Sharing<Operands>;
}

/**
 * Everything that engines need to know about one operation. A model gives the `Operands`. `Lowered` adds the operands
 * that ../lowering/ decides for the compiled kernels.
 */
export interface OperationRecord<
  Operands,
  Lowered extends Operands = Operands,
> extends KernelRecord<Lowered> {
  /** The operation in plain loops. The kernels are tested against this function. */
  readonly reference: (operands: Operands, memory: Memory) => void;
}

/**
 * A tensor: the operand of this name, or what `value` returns. If the tensor is undefined, the kernel gets a null
 * pointer.
 */
export function tensor<Name extends string>(
  name: Name,
): Word<Readonly<Partial<Record<Name, Tensor | undefined>>>>;
export function tensor<Operands>(
  name: string,
  value: (operands: Operands) => Tensor | undefined,
): Word<Operands>;
export function tensor(
  name: string,
  value = (operands: Readonly<Record<string, Tensor | undefined>>) => operands[name],
): Word<Readonly<Record<string, Tensor | undefined>>> {
  return { name, type: "tensor", value };
}

/** A tensor [B, gates * H], the operand of this name. The kernel of a cell gets one row of the tensor at a time. */
export function row<Name extends string>(
  name: Name,
  gates = 1,
): Word<Readonly<Partial<Record<Name, Tensor | undefined>>>> {
  return { ...tensor(name), gates };
}

/** A `row` whose tensor may be missing. The kernel then gets a null pointer. */
export function optionalRow<Name extends string>(
  name: Name,
): Word<Readonly<Partial<Record<Name, Tensor | undefined>>>> {
  return { ...row(name), optional: true };
}

export function int<Operands>(name: string, value: (operands: Operands) => number | boolean): Word<Operands> {
  return { name, type: "int", value: (operands) => Number(value(operands)) };
}

/** A number: the operand of this name, or what `value` returns, rounded to float32. */
export function float<Name extends string>(name: Name): Word<Readonly<Record<Name, number>>>;
export function float<Operands>(name: string, value: (operands: Operands) => number): Word<Operands>;
export function float(
  name: string,
  value = (operands: Readonly<Record<string, number>>) => operands[name],
): Word<Readonly<Record<string, number>>> {
  return { name, type: "float", value };
}

/** Threads share the rows of a tensor. */
export function byRows<Operands>(
  of: (operands: Operands) => Tensor,
  { readsOtherRows = false }: { readonly readsOtherRows?: boolean } = {},
): Sharing<Operands> {
  return { by: "rows", of, readsOtherRows };
}

/** Threads share the rows of a tensor [.., n] and, if there are few rows, also the columns. */
export function byParts<Operands>(
  of: (operands: Operands) => Tensor,
  written: (operands: Operands) => readonly (Tensor | undefined)[],
  {
    groups = () => 1,
    readWhole = () => undefined,
  }: {
    readonly groups?: (operands: Operands) => number;
    readonly readWhole?: (operands: Operands) => Tensor | undefined;
  } = {},
): Sharing<Operands> {
  return { by: "parts", of, groups, written, readWhole };
}
