import { secondsOf } from "../arguments.ts";
import { type TrainOptions } from "./options.ts";
import { type RunLength } from "./schedule.ts";

/** The options for what a run does at intervals of steps. */
export const recurring = ["evalEvery", "sampleEvery", "checkpointEvery"] as const;
export type Recurring = (typeof recurring)[number];

/** The numbers that set the default intervals. */
export interface Rhythm extends RunLength {
  /** The least number of steps between evaluations. */
  readonly evaluationSpacing: number;
}

/** If an option of `recurring` is not given, its action is done this often in a run. */
export const TIMES_A_RUN = 10;
/** Seconds between saves at most. If the machine fails, no more work than this is lost. */
const LONGEST_UNSAVED = 300;

/**
 * Whether the action of an option is due after a step. Every action is due after the last step, unless its option is 0,
 * which means never. If the option is not given, the action is due about ten times a run. An evaluation is then due at
 * least once an epoch, unless evaluations would take too much of the time. If the option is a time,
 * `secondsBetweenSaves` applies instead.
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

/** The seconds between saves by the clock: the time of --checkpoint-every, or five minutes. */
export function secondsBetweenSaves({ checkpointEvery }: Pick<TrainOptions, "checkpointEvery">): number {
  return typeof checkpointEvery === "string" ? secondsOf(checkpointEvery) : LONGEST_UNSAVED;
}
