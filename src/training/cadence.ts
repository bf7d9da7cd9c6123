import { secondsOf } from "../arguments.ts";
import { type TrainOptions } from "./options.ts";
import { type RunLength } from "./schedule.ts";

/** What a run does every so many steps, by the name of its option. */
export const recurring = ["evalEvery", "sampleEvery", "checkpointEvery"] as const;
export type Recurring = (typeof recurring)[number];

/** What decides how often things are done by default. */
export interface Rhythm extends RunLength {
  /** The least number of steps between evaluations. */
  readonly evaluationSpacing: number;
}

/** How often in a run each is done, if its option is not given. */
const TIMES_A_RUN = 10;
/** A run is saved at least so often, in seconds: a dead machine costs no more work. */
const LONGEST_UNSAVED = 300;

/**
 * Whether something is due after a step. Everything is due after the last step. If its option is not given, it is due
 * about ten times a run. An evaluation is then due at least once an epoch, unless evaluations would take too much of the
 * time. 0 means never. A time is not counted in steps: see `secondsBetweenSaves`.
 */
export function isDue(
  every: Recurring,
  step: number,
  options: Pick<TrainOptions, Recurring>,
  { steps, stepsPerEpoch, evaluationSpacing }: Rhythm,
): boolean {
  const usual = Math.ceil(steps / TIMES_A_RUN);
  const given = options[every];
  if (typeof given === "string") return step === steps;
  const evaluation = Math.max(Math.min(usual, stepsPerEpoch), evaluationSpacing);
  const interval = given ?? (every === "evalEvery" ? evaluation : usual);
  return interval > 0 && (step === steps || step % interval === 0);
}

/** After how many seconds a run is saved by the clock: the time of --checkpoint-every, or five minutes. */
export function secondsBetweenSaves({ checkpointEvery }: Pick<TrainOptions, "checkpointEvery">): number {
  return typeof checkpointEvery === "string" ? secondsOf(checkpointEvery) : LONGEST_UNSAVED;
}
