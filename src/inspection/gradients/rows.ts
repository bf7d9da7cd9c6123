import { type NetworkSizes } from "../../model/shapes.ts";
import { type HeadOptions } from "../../model/unrolled-network.ts";

/** Lags 0 to this one are measured. */
export const MOST_LAG = 100;

/** Sequences for a network of which only the last step has a loss: the places where gradients are measured. */
export interface LossRows {
  readonly network: NetworkSizes;
  /** Its loss is that of the last step. */
  readonly head: HeadOptions;
  readonly count: number;
  /** The steps of the longest row. */
  readonly steps: number;
  lengthOf(row: number): number;
  /** The symbols before a row, which warm up its states. Absent: all rows start from the zero state. */
  readonly before?: (row: number) => Int32Array;
  /**
   * The values of the tensors that `UnrolledNetwork` names, for a batch of `batchSize` rows: those of `rows`, and then
   * rows that do not count. The next call overwrites the values.
   */
  fill(rows: Int32Array, batchSize: number): Readonly<Record<string, Int32Array | Float32Array>>;
}
