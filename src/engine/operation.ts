import { attend, attendGradient } from "./operations/attention.ts";
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
 * Every operation that a model may use, with its record. Each operation is a large piece of work, so the cost of
 * dispatching it is negligible. (lowering/ adds one more operation for the compiled kernels.) The words of a program
 * and the codes of the kernels follow from this list.
 *
 * Shapes: T time steps, B rows of a batch, H hidden units, V symbols. A shape [.., n] is [T, B, n] for a chunk, or
 * [B, n] for one time step.
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
  attend,
  attendGradient,
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

/** An operation as plain data: its name and its operands. A program is a list of operations. */
export type Operation = { [Name in OperationName]: { op: Name } & OperandsOf<Records[Name]> }[OperationName];

export type Of<Name extends OperationName> = Extract<Operation, { op: Name }>;

/** An operation with all operands that the compiled kernels need: see lowering/. */
export type LoweredOf<Name extends OperationName> = { op: Name } & LoweredOperandsOf<Records[Name]>;
