import { type Tensor } from "../tensor.ts";
import { type Memory } from "./record.ts";

/**
 * The entries of a status [4]: mean loss, gradient norm, the factor that clips the gradient, and 1 if the chunk is
 * rejected (0 otherwise).
 */
export const STATUS = { LOSS: 0, GRADIENT_NORM: 1, FACTOR: 2, REJECTED: 3 } as const;

/**
 * The entries of rates [4]: the learning rate, Adam's lr / (1 - b1^t) and 1 / sqrt(1 - b2^t), and the largest loss of a
 * chunk that is not rejected (0: no limit).
 */
export const RATES = { LEARNING_RATE: 0, ADAM_STEP: 1, ADAM_CORRECTION: 2, LOSS_LIMIT: 3 } as const;

/** Whether a status rejects the chunk: the chunk must then change nothing. */
export function rejects(status: Tensor | undefined, memory: Memory): boolean {
  return status !== undefined && memory.floats(status)[STATUS.REJECTED] !== 0;
}
