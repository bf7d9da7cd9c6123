import { TIMES_A_RUN, type Recurring } from "./cadence.ts";

/** By default evaluations take at most this share of the time. */
const SHARE_OF_EVALUATIONS = 1 / 5;

/**
 * The time that a run may take (`--minutes`). It starts with the first update. Evaluations and saves between updates
 * count too. What comes before the first update or after the last one does not.
 */
export class TimeBudget {
  readonly #seconds: number;
  readonly #before: number;
  #since: number | undefined;
  /** How many tenths of the budget were spent at the last `look`, and what was true then. */
  #tenths: number;
  #hasNewTenth = false;
  #hasTimeToEvaluate = true;
  /** The seconds of all evaluations so far, and of the last one. */
  #evaluating = 0;
  #lastEvaluation = 0;

  /** `spent`: the seconds that the run had spent when it was resumed, or 0. */
  constructor(seconds: number, spent: number) {
    this.#seconds = seconds;
    this.#before = spent;
    this.#tenths = this.#tenthsAt(spent);
  }

  /** Starts the clock. Only the first call does. */
  begin(): void {
    this.#since ??= performance.now();
  }

  /** The seconds that the run has spent so far. */
  get spent(): number {
    return this.#before + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000);
  }

  /** The seconds that are left, at least 0. */
  get left(): number {
    return Math.max(0, this.#seconds - this.spent);
  }

  get isSpent(): boolean {
    return this.spent >= this.#seconds;
  }

  /** The number of steps that the run will have made in the end, at its mean pace over the `steps` it has made. */
  stepsInAll(steps: number): number {
    return steps === 0 ? Infinity : (steps * this.#seconds) / this.spent;
  }

  /** Looks at the clock once for a step. So `isDue` gives the same answers before and after the step. */
  look(): void {
    const { spent } = this;
    const tenths = this.#tenthsAt(spent);
    this.#hasNewTenth = tenths > this.#tenths;
    this.#tenths = tenths;
    this.#hasTimeToEvaluate =
      spent + this.#lastEvaluation < this.#seconds &&
      this.#evaluating + this.#lastEvaluation <= SHARE_OF_EVALUATIONS * spent;
  }

  /**
   * Whether an action is due by default after a step. Each action is due after each tenth of the budget. An evaluation is
   * also due after each epoch, but it is left out if evaluations would leave too little time for training.
   */
  isDue(every: Recurring, step: number, stepsPerEpoch: number): boolean {
    if (every !== "evalEvery") return this.#hasNewTenth;
    return (this.#hasNewTenth || step % stepsPerEpoch === 0) && this.#hasTimeToEvaluate;
  }

  /** Counts an evaluation that took so many seconds. */
  countEvaluation(seconds: number): void {
    this.#evaluating += seconds;
    this.#lastEvaluation = seconds;
  }

  #tenthsAt(spent: number): number {
    return Math.floor((TIMES_A_RUN * spent) / this.#seconds);
  }
}
