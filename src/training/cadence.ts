import { type TrainOptions } from "./options.ts";
import { type RunLength } from "./schedule.ts";

/** What a run does every so many steps, by the name of its option. */
export const recurring = ["evalEvery", "sampleEvery", "checkpointEvery"] as const;
export type Recurring = (typeof recurring)[number];

/** How often in a run each is done, if its option is not given. */
const TIMES_A_RUN = 10;

/**
 * Whether something is due after a step. Everything is due after the last step. If its option is not given, it is due
 * about ten times a run, and an evaluation at least once an epoch. 0 means never.
 */
export function isDue(
  every: Recurring,
  step: number,
  options: Pick<TrainOptions, Recurring>,
  { steps, stepsPerEpoch }: RunLength,
): boolean {
  const usual = Math.ceil(steps / TIMES_A_RUN);
  const interval = options[every] ?? (every === "evalEvery" ? Math.min(usual, stepsPerEpoch) : usual);
  return interval > 0 && (step === steps || step % interval === 0);
}
