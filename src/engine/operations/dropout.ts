import { rowCount, rowsOfStep, width, type Tensor } from "../tensor.ts";
import { byRows, float, int, tensor, type OperationRecord } from "./record.ts";

export interface Dropout {
  /** [T, B, n] */
  readonly input: Tensor;
  readonly output: Tensor;
  /** [1]: the number of the update. */
  readonly clock: Tensor;
  readonly probability: number;
  readonly seed: number;
  readonly layer: number;
}

/** Inverted dropout. The mask depends on the seed, the clock, the layer, the time step, the row and the unit. */
export const dropout: OperationRecord<Dropout> = {
  words: [
    tensor("input"),
    tensor("output"),
    tensor("clock"),
    float("probability"),
    int("seed", ({ seed }) => seed),
    int("layer", ({ layer }) => layer),
    int("batch", ({ output }) => rowsOfStep(output)),
  ],
  sharing: byRows(({ output }) => output),
  reference({ input, output, clock, probability, seed, layer }, memory) {
    const [x, y] = [memory.floats(input), memory.floats(output)];
    const N = width(output);
    const B = rowsOfStep(output);
    const key = mix(mix(mix(seed) + memory.integers(clock)[0]) + layer);
    const dropped = Math.trunc(Math.fround(probability) * 2 ** 24);
    const scale = 1 / (1 - probability);
    for (let row = 0; row < rowCount(output); row++) {
      const rowKey = mix(mix(key + Math.floor(row / B)) + (row % B));
      for (let n = 0; n < N; n++) {
        const drawn = mix(rowKey + Math.imul(n, 0x9e3779b9)) >>> 8;
        y[row * N + n] = drawn >= dropped ? x[row * N + n] * scale : 0;
      }
    }
  },
};

/** The finalizer of MurmurHash3, as in kernels/dropout.h. */
function mix(hash: number): number {
  let h = hash | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
