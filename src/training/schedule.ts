import type { TrainOptions } from "./options.ts";

export type ScheduleOptions = Pick<
  TrainOptions,
  "schedule" | "lr" | "minLr" | "warmup" | "decay" | "decayAfter" | "decayEvery"
>;

/** How many steps there are: in the whole run, and in an epoch. */
export interface RunLength {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** Schedules whose rate at a step depends on how many steps there are in all. */
export const schedulesOfLength: readonly string[] = ["linear", "cosine"];

/**
 * The learning rate of update number `step` (from 1). It first rises from near 0 over `warmup` steps, then follows the
 * schedule, which never goes below minLr: `linear` and `cosine` fall from lr to minLr, which the step after the last
 * would have; `step` multiplies by `decay` when `decayAfter` epochs are done and every `decayEvery` epochs from then
 * on, `exponential` does so smoothly; `plateau` multiplies by it for every one of `drops`, which the caller counts.
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
