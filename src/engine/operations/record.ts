import { type Tensor } from "../tensor.ts";

export type Floats = Float32Array | Float64Array;

/** The elements of a layout's tensors, as the reference engine holds them. */
export interface Memory {
  floats(tensor: Tensor): Floats;
  integers(tensor: Tensor): Int32Array;
}

/** One 32-bit word that a kernel reads: the place of a tensor, a whole number, or a float. */
export interface Word<Operands> {
  /** What it is called; the kernels have the same name in snake case. */
  readonly name: string;
  readonly type: "tensor" | "int" | "float";
  /** Of a cell's tensor [B, n * H]: n, so that the kernels find a row of it. */
  readonly gates?: number;
  /** Whether a cell's tensor may be left out. */
  readonly optional?: boolean;
  readonly value: (operands: Operands) => Tensor | number | undefined;
}

/**
 * How the threads of a team share an operation. Between two operations that are shared alike, no thread touches what
 * another one wrote.
 * - `rows`: each thread has whole rows of a tensor.
 * - `parts`: a thread has some of the rows, and of these some of the columns. The columns fall into `groups` of equal
 *   width (the gates of a cell), and a thread has the same part of every group. `written` are the tensors written.
 *   `readWhole` is a tensor of which a thread reads its rows whole, with the columns that other threads wrote.
 *
 * Sharing by rows or parts adds words to a program behind those of the record, which say how many rows and columns there
 * are to share. The kernel finds its share in `rows` or `part`, and the columns in `row_width` or `group_width`.
 */
export type Sharing<Operands> =
  | { readonly by: "panels" | "units" | "elements" | "one thread" }
  | { readonly by: "rows"; readonly of: (operands: Operands) => Tensor }
  | {
      readonly by: "parts";
      readonly of: (operands: Operands) => Tensor;
      readonly groups: (operands: Operands) => number;
      readonly written: (operands: Operands) => readonly (Tensor | undefined)[];
      readonly readWhole: (operands: Operands) => Tensor | undefined;
    };

/** What the compiled kernels know of an operation: the words of a program, and how threads share the work. */
export interface KernelRecord<Operands> {
  /** In the order in which the kernel reads them. kernels/machine.h makes a C struct of the same names. */
  readonly words: readonly Word<Operands>[];
  readonly sharing: Sharing<Operands>;
}

/**
 * All that engines know of one operation. `Operands` is what a model writes; `Lowered` adds what ../lowering/ decides
 * for the compiled kernels.
 */
export interface OperationRecord<
  Operands,
  Lowered extends Operands = Operands,
> extends KernelRecord<Lowered> {
  /** The operation in plain loops: what the kernels are tested against. */
  readonly reference: (operands: Operands, memory: Memory) => void;
}

/** The operand of this name, or the tensor that `value` finds; where there is none the kernel gets a null pointer. */
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

/** The operand of this name, [B, gates * H]: a cell's kernel gets a row of it at a time. */
export function row<Name extends string>(
  name: Name,
  gates = 1,
): Word<Readonly<Partial<Record<Name, Tensor | undefined>>>> {
  return { ...tensor(name), gates };
}

/** A `row` that may be left out: its kernel then gets a null pointer. */
export function optionalRow<Name extends string>(
  name: Name,
): Word<Readonly<Partial<Record<Name, Tensor | undefined>>>> {
  return { ...row(name), optional: true };
}

export function int<Operands>(name: string, value: (operands: Operands) => number | boolean): Word<Operands> {
  return { name, type: "int", value: (operands) => Number(value(operands)) };
}

/** The operand of this name, or the number that `value` finds, rounded to float32. */
export function float<Name extends string>(name: Name): Word<Readonly<Record<Name, number>>>;
export function float<Operands>(name: string, value: (operands: Operands) => number): Word<Operands>;
export function float(
  name: string,
  value = (operands: Readonly<Record<string, number>>) => operands[name],
): Word<Readonly<Record<string, number>>> {
  return { name, type: "float", value };
}

/** Threads share the rows of a tensor. */
export function byRows<Operands>(of: (operands: Operands) => Tensor): Sharing<Operands> {
  return { by: "rows", of };
}

/** Threads share the rows of a tensor [.., n] and, if rows are few, their columns. */
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
