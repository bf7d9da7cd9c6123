import type { TrainOptions } from "./options.ts";
import type { RunLength } from "./schedule.ts";

/** What a run does every so many steps, by the option that says so. */
export const recurring = ["evalEvery", "sampleEvery", "checkpointEvery"] as const;
export type Recurring = (typeof recurring)[number];

/** How often in a run each of them is done, unless said otherwise. */
const TIMES_A_RUN = 10;

/**
 * Whether something is due after a step, as everything is after the last. Unless its option says how often, that is
 * about ten times a run, and evaluating at least once an epoch; 0 is never.
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
