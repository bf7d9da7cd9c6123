import { type Chunk } from "../../src/tasks/task.ts";

/** A chunk of `steps` steps of symbols, time-major. */
export function chunkOf(steps: number, inputs: Int32Array, targets: Int32Array, fresh = false): Chunk {
  const { length } = targets;
  return { shape: String(steps), fresh, inputs: { inputs, targets }, counted: length, symbols: length };
}
