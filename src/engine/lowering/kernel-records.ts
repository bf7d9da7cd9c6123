import { operations, type LoweredOf, type Operation, type OperationName } from "../operation.ts";
import { int, tensor, type KernelRecord } from "../operations/record.ts";
import { type Tensor } from "../tensor.ts";

export interface AddHalf {
  readonly gradient: Tensor;
  readonly otherHalf: Tensor;
}

/** gradient += the sum in `otherHalf`: see sums.ts. Models do not use this operation. */
const addHalf: KernelRecord<AddHalf> = {
  words: [tensor("gradient"), tensor("otherHalf"), int("size", ({ gradient }) => gradient.size)],
  sharing: { by: "elements" },
};

/** Every operation of the compiled kernels. A kernel's code is its position in this list. */
export const kernelRecords = { ...operations, addHalf };
export type KernelName = keyof typeof kernelRecords;

/** An operation with all operands that the kernels need. */
export type LoweredOperation =
  { [Name in OperationName]: LoweredOf<Name> }[OperationName] | ({ op: "addHalf" } & AddHalf);

/** The record of an operation, for code that treats all operations alike. */
export function recordOf(name: KernelName): KernelRecord<Operation | LoweredOperation> {
  return kernelRecords[name] as KernelRecord<Operation | LoweredOperation>;
}

/** Whether an operation is a cell's. A cell's kernel gets one row at a time. */
export function isCell(name: KernelName): boolean {
  return recordOf(name).words.some(({ gates }) => gates !== undefined);
}

/** The tensors that an operation reads or writes. */
export function tensorsOf(operation: Operation | LoweredOperation): Tensor[] {
  return recordOf(operation.op)
    .words.filter(({ type }) => type === "tensor")
    .map(({ value }) => value(operation))
    .filter((value) => typeof value === "object");
}
