import {
  gruBackward,
  gruForward,
  lstmBackward,
  lstmForward,
  mingruBackward,
  mingruForward,
  rnnBackward,
  rnnForward,
} from "./operations/cells.ts";
import { copy, moveRows, zero } from "./operations/copies.ts";
import { dropout } from "./operations/dropout.ts";
import { sigmoidCrossEntropy, softmaxCrossEntropy, squaredError } from "./operations/loss.ts";
import { biasGradient, gather, multiply, pack, scatter, weightGradient } from "./operations/products.ts";
import { type Memory, type Sharing } from "./operations/record.ts";
import { adam, checkDivergence, scaledByRoot, sgd, sumOfSquares } from "./operations/updates.ts";

/**
 * Every operation that a model may ask of an engine, with its record. They are few and coarse, so that asking for one
 * costs nothing beside its work. (lowering/ adds one of its own for the compiled kernels.) The words of a program and
 * the codes that the kernels know follow from this list.
 *
 * Shapes: T steps, B rows of a batch, H hidden units, V symbols. Rows [.., n] are those of a chunk, [T, B, n], or of one
 * step, [B, n].
 */
export const operations = {
  pack,
  multiply,
  gather,
  scatter,
  weightGradient,
  biasGradient,
  rnnForward,
  rnnBackward,
  lstmForward,
  lstmBackward,
  gruForward,
  gruBackward,
  mingruForward,
  mingruBackward,
  dropout,
  softmaxCrossEntropy,
  sigmoidCrossEntropy,
  squaredError,
  copy,
  moveRows,
  zero,
  sumOfSquares,
  checkDivergence,
  adam,
  scaledByRoot,
  sgd,
};

type Records = typeof operations;
export type OperationName = keyof Records;

type OperandsOf<Record> = Record extends { reference: (operands: infer Operands, memory: Memory) => void }
  ? Operands
  : never;
type LoweredOperandsOf<Record> = Record extends { sharing: Sharing<infer Operands> } ? Operands : never;

/** An operation as plain data: its name and its operands. A program is a list of them. */
export type Operation = { [Name in OperationName]: { op: Name } & OperandsOf<Records[Name]> }[OperationName];

export type Of<Name extends OperationName> = Extract<Operation, { op: Name }>;

/** An operation with all that the compiled kernels need: see lowering/. */
export type LoweredOf<Name extends OperationName> = { op: Name } & LoweredOperandsOf<Records[Name]>;
