import { secondsOf } from "../arguments.ts";
import { type TrainOptions } from "./options.ts";
import { type RunLength } from "./schedule.ts";

/** What a run does every so many steps, by the name of its option. */
export const recurring = ["evalEvery", "sampleEvery", "checkpointEvery"] as const;
export type Recurring = (typeof recurring)[number];

/** How often in a run each is done, if its option is not given. */
const TIMES_A_RUN = 10;
/** A run is saved at least so often, in seconds: a dead machine costs no more work. */
const LONGEST_UNSAVED = 300;

/**
 * Whether something is due after a step. Everything is due after the last step. If its option is not given, it is due
 * about ten times a run, and an evaluation at least once an epoch. 0 means never. A time is not counted in steps: see
 * `secondsBetweenSaves`.
 */
export function isDue(
  every: Recurring,
  step: number,
  options: Pick<TrainOptions, Recurring>,
  { steps, stepsPerEpoch }: RunLength,
): boolean {
  const usual = Math.ceil(steps / TIMES_A_RUN);
  const given = options[every];
  if (typeof given === "string") return step === steps;
  const interval = given ?? (every === "evalEvery" ? Math.min(usual, stepsPerEpoch) : usual);
  return interval > 0 && (step === steps || step % interval === 0);
}

/** After how many seconds a run is saved by the clock: the time of --checkpoint-every, or five minutes. */
export function secondsBetweenSaves({ checkpointEvery }: Pick<TrainOptions, "checkpointEvery">): number {
  return typeof checkpointEvery === "string" ? secondsOf(checkpointEvery) : LONGEST_UNSAVED;
}
