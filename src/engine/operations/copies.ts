import { type Tensor } from "../tensor.ts";
import { byRows, tensor, type OperationRecord } from "./record.ts";
import { rejects } from "./status.ts";

export interface Copy {
  readonly from: Tensor;
  readonly to: Tensor;
  /** A status. If the status rejects the chunk, nothing is copied. */
  readonly guard?: Tensor;
}

/** to = from, for floats or integers. */
export const copy: OperationRecord<Copy> = {
  words: [tensor("from"), tensor("to"), tensor("guard")],
  sharing: byRows(({ to }) => to),
  reference({ from, to, guard }, memory) {
    if (rejects(guard, memory)) return;
    if (to.dtype === "int32") memory.integers(to).set(memory.integers(from));
    else memory.floats(to).set(memory.floats(from));
  },
};

export interface Zero {
  readonly tensor: Tensor;
  readonly guard?: Tensor;
}

/** tensor = 0, unless the guard rejects the chunk. */
export const zero: OperationRecord<Zero> = {
  words: [tensor("tensor"), tensor("guard")],
  sharing: byRows((operands) => operands.tensor),
  reference(operands, memory) {
    if (!rejects(operands.guard, memory)) memory.floats(operands.tensor).fill(0);
  },
};
