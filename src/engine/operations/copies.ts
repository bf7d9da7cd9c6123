import { rowCount, width, type Tensor } from "../tensor.ts";
import { byRows, int, tensor, type OperationRecord } from "./record.ts";
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

export interface MoveRows {
  /** [.., N], float32 or int32 */
  readonly from: Tensor;
  /** [.., M], of the same type. `to` does not overlap `from`. */
  readonly to: Tensor;
  /**
   * [..]: for each row of `to`, the row of `from` that is moved there. Below 0: zeros. If left out, row r of `from` is
   * moved to row r of `to`.
   */
  readonly indices?: Tensor;
  /** The first column that is read, 0 if left out. */
  readonly fromColumn?: number;
  /** The first column that is written, 0 if left out. */
  readonly toColumn?: number;
  /** How many columns are moved. The other columns of `to` stay as they are. */
  readonly columns: number;
  /** Adds to `to` (float32 only) instead of replacing. With `add`, a row whose index is below 0 stays as it is. */
  readonly add?: boolean;
}

/** to[r, toColumn + i] = from[indices[r], fromColumn + i], for each row r of `to` and i below `columns`. */
export const moveRows: OperationRecord<MoveRows> = {
  words: [
    tensor("from"),
    tensor("to"),
    tensor("indices"),
    int("fromWidth", ({ from }) => width(from)),
    int("fromColumn", ({ fromColumn = 0 }) => fromColumn),
    int("toColumn", ({ toColumn = 0 }) => toColumn),
    int("columns", ({ columns }) => columns),
    int("add", ({ add = false }) => add),
  ],
  sharing: byRows(({ to }) => to, { readsOtherRows: true }),
  reference({ from, to, indices, fromColumn = 0, toColumn = 0, columns, add = false }, memory) {
    const elements = (tensor: Tensor) =>
      tensor.dtype === "int32" ? memory.integers(tensor) : memory.floats(tensor);
    const [x, y] = [elements(from), elements(to)];
    const rows = indices && memory.integers(indices);
    for (let row = 0; row < rowCount(to); row++) {
      const fromRow = rows ? rows[row] : row;
      for (let i = 0; i < columns; i++) {
        const moved = fromRow < 0 ? 0 : x[fromRow * width(from) + fromColumn + i];
        const place = row * width(to) + toColumn + i;
        y[place] = add ? y[place] + moved : moved;
      }
    }
  },
};
