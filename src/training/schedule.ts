import { type TrainOptions } from "./options.ts";

export type ScheduleOptions = Pick<
  TrainOptions,
  "schedule" | "lr" | "minLr" | "warmup" | "decay" | "decayAfter" | "decayEvery"
>;

/** The number of steps of the whole run, and of one epoch. */
export interface RunLength {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** Schedules whose learning rate depends on the number of steps of the whole run. */
export const schedulesOfLength: readonly string[] = ["linear", "cosine"];

/**
 * The learning rate of update number `step` (from 1). The rate first rises from near 0 over `warmup` steps. Then it
 * follows the schedule, but never below minLr.
 * - `linear` and `cosine` fall from lr to minLr. The step after the last one would have minLr.
 * - `step` multiplies the rate by `decay` after `decayAfter` epochs, and every `decayEvery` epochs from then on.
 * `exponential` does the same smoothly.
 * - `plateau` multiplies the rate by `decay` `drops` times. The caller counts the drops.
 */
export function learningRate(
  step: number,
  { schedule, lr, minLr, warmup, decay, decayAfter, decayEvery }: ScheduleOptions,
  { steps, stepsPerEpoch }: RunLength,
  drops: number,
): number {
  if (step <= warmup) return (lr * step) / warmup;
  const progress = (step - 1 - warmup) / Math.max(1, steps - warmup);
  const epochs = (step - 1) / stepsPerEpoch;
  const decayed = (count: number) => Math.max(minLr, lr * decay ** Math.max(0, count));
  switch (schedule) {
    case "constant":
      return lr;
    case "linear":
      return lr + (minLr - lr) * progress;
    case "cosine":
      return minLr + ((lr - minLr) * (1 + Math.cos(Math.PI * progress))) / 2;
    case "step":
      return decayed(Math.floor((Math.floor(epochs) - decayAfter) / decayEvery) + 1);
    case "exponential":
      return decayed((epochs - decayAfter) / decayEvery);
    case "plateau":
      return decayed(drops);
  }
}
