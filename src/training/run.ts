import { appendMetrics } from "../checkpoint/metrics.ts";
import { keepNumbered } from "../checkpoint/numbered.ts";
import { type RunFolder } from "../checkpoint/run-folder.ts";
import { writeCheckpoint } from "../checkpoint/write.ts";
import { CharrnnError } from "../errors.ts";
import { isDue, recurring, secondsBetweenSaves, type Recurring } from "./cadence.ts";
import { DivergenceError, largestLoss } from "./divergence.ts";
import { type EndReason, type EvalEvent, type StepEvent, type TrainingEvent } from "./events.ts";
import { countClipped, healthOf, isHealthDue, NO_STEPS } from "./health.ts";
import { type Learner } from "./learner.ts";
import { type Assessment } from "./optimizer.ts";
import { Pace } from "./pace.ts";
import { type Prepared, type TrainControl } from "./prepare.ts";
import {
  bestOf,
  endEvent,
  epochOf,
  hasLostPatience,
  hasSpentBudget,
  isBetter,
  isOver,
  runCheckpoint,
  type RunState,
} from "./run-state.ts";
import { SaveClock } from "./save-clock.ts";
import { learningRate, type RunLength } from "./schedule.ts";
import { TimeBudget } from "./time-budget.ts";
import { type Score } from "../tasks/task.ts";

/** Where a run begins: at its start, or at a checkpoint. */
export interface Beginning {
  /** The ISO 8601 time at which the run was first started. */
  readonly start: string;
  readonly state: RunState;
}

/** The result of an update, its learning rate, and how many symbols its chunk had. */
interface Update {
  readonly assessment: Assessment;
  readonly rate: number;
  readonly symbols: number;
}

/** One training run. The run makes the updates. After each update it reports and saves what is due. */
export class TrainingRun {
  readonly #run: RunFolder;
  readonly #prepared: Prepared;
  readonly #control: TrainControl;
  readonly #learner: Learner;
  readonly #started = performance.now();
  readonly #pace = new Pace();
  readonly #saveClock: SaveClock;
  /** Present if the run has --minutes. */
  readonly #budget: TimeBudget | undefined;
  /** Becomes shorter if the time of --minutes ends first. */
  #length: RunLength;
  /** The next update, if the engine already has it while it computes the current update. */
  #ahead: Promise<Update> | undefined;
  #state: RunState;
  /** The last step that was reported. */
  #reported = 0;

  /** `learner` holds the weights and states that the run begins with. The caller closes the learner. */
  constructor(
    run: RunFolder,
    prepared: Prepared,
    { state }: Beginning,
    control: TrainControl,
    learner: Learner,
  ) {
    this.#run = run;
    this.#prepared = prepared;
    this.#control = control;
    this.#learner = learner;
    this.#state = state;
    const { options, length } = prepared;
    this.#saveClock = new SaveClock(secondsBetweenSaves(options));
    this.#length = hasSpentBudget(state) ? { ...length, steps: state.step } : length;
    if (options.minutes !== undefined) {
      this.#budget = new TimeBudget(60 * options.minutes, state.secondsOfBudget ?? 0);
    }
  }

  /**
   * Trains to the end and yields each event after writing it to metrics.jsonl. At the end latest.json holds the final
   * state, or the last saved state if the loss diverged.
   * @throws DivergenceError after the end event, if the loss became NaN or exploded
   */
  async *events(): AsyncGenerator<TrainingEvent, void, undefined> {
    const { options } = this.#prepared;
    yield this.#emit(this.#startEvent());
    // After this save, a run that is killed at any moment can be resumed.
    if (this.#state.step === 0) yield* this.#save(0);
    let saved = true;
    if (this.#state.evaluationDue) saved = yield* this.#follow(this.#state.step);
    let last: Update | undefined;
    while ((!isOver(this.#state, this.#length) || this.#ahead) && !this.#isStopped()) {
      const step = this.#state.step + 1;
      const before = isHealthDue(step, options) ? await this.#learner.parameters() : undefined;
      last = await this.#update(step);
      const { assessment, rate } = last;
      if (!assessment.applied) {
        yield* this.#diverge(step, last);
        return;
      }
      this.#count(step);
      if (step === 1 || step === this.#length.steps || step % options.logEvery === 0) {
        yield this.#emit(this.#stepEvent(step, assessment, rate));
      }
      if (options.healthEvery > 0) {
        const counted = countClipped(this.#state.sinceHealth ?? NO_STEPS, assessment, options);
        if (before) yield this.#emit(await healthOf(step, this.#learner, before, counted, options));
        this.#state = { ...this.#state, sinceHealth: before ? undefined : counted };
      }
      saved = yield* this.#follow(step);
    }
    if (!isOver(this.#state, this.#length)) {
      yield* this.#end("interrupted", saved);
      return;
    }
    if (last && this.#reported < this.#state.step) {
      yield this.#emit(this.#stepEvent(this.#state.step, last.assessment, last.rate));
    }
    yield* this.#end(hasLostPatience(this.#state) ? "patience" : "finished", saved);
  }

  /** Whether the run was interrupted and the engine has no update left to compute. */
  #isStopped(): boolean {
    return this.#state.evaluationDue || (this.#control.signal?.aborted === true && !this.#ahead);
  }

  #emit<Event extends TrainingEvent>(event: Event): Event {
    appendMetrics(this.#run.metrics, event);
    return event;
  }

  /** Counts an update. If it has used up the time of --minutes, it is the last one. */
  #count(step: number): void {
    this.#state = { ...this.#state, step, ...(this.#budget && { secondsOfBudget: this.#budget.spent }) };
    if (hasSpentBudget(this.#state) && !this.#ahead) this.#length = { ...this.#length, steps: step };
  }

  #startEvent(): TrainingEvent {
    const { options, model, length, data } = this.#prepared;
    return {
      event: "start",
      run: this.#run.name,
      folder: this.#run.folder,
      time: new Date().toISOString(),
      step: this.#state.step,
      steps: length.steps,
      stepsPerEpoch: length.stepsPerEpoch,
      ...(this.#budget && { secondsLeft: this.#budget.left }),
      parameters: this.#learner.parameterCount,
      ...data.sizes,
      engine: this.#learner.engine.name,
      threads: this.#learner.engine.threads,
      exact: this.#state.exact,
      options: { ...options, ...model },
    };
  }

  /** Waits for an update. If nothing is due after the update, the engine gets the next update before this wait. */
  async #update(step: number): Promise<Update> {
    if (!this.#ahead) this.#pace.begin();
    this.#budget?.begin();
    const current = this.#ahead ?? this.#handOver(step);
    this.#budget?.look();
    this.#ahead = this.#followsAtOnce(step) ? this.#handOver(step + 1) : undefined;
    // If both updates fail, only the failure of the first is reported.
    this.#ahead?.catch(() => undefined);
    const update = await current;
    this.#pace.count(update.symbols);
    if (step === 1) this.#state = { ...this.#state, firstLoss: update.assessment.loss };
    return update;
  }

  async #handOver(step: number): Promise<Update> {
    const { data, options } = this.#prepared;
    const { steps, stepsPerEpoch } = this.#length;
    const chunk = data.chunk((step - 1) % stepsPerEpoch, epochOf(step, stepsPerEpoch));
    const expected = Math.min(steps, Math.max(step, this.#budget?.stepsInAll(this.#state.step) ?? steps));
    const rate = learningRate(step, options, { steps: expected, stepsPerEpoch }, this.#state.drops);
    const { symbols } = chunk;
    // The first chunk has no limit, because its loss sets the limit for all others.
    const limit = step === 1 ? 0 : largestLoss(this.#state.firstLoss, data.uniformLoss);
    return { assessment: await this.#learner.update(chunk, step, rate, limit), rate, symbols };
  }

  /**
   * Whether the engine may get the next update before update `step` has ended. After update 1 the engine may not get it
   * yet, because the loss of update 1 sets the limit for all others.
   */
  #followsAtOnce(step: number): boolean {
    const { options } = this.#prepared;
    // The parameters before and after the update of a health event are read while the engine rests.
    const due =
      recurring.some((every) => this.#isDue(every, step)) ||
      isHealthDue(step, options) ||
      isHealthDue(step + 1, options);
    const mayFollow = step > 1 && step < this.#length.steps && !this.#control.signal?.aborted;
    return mayFollow && !due && !this.#saveClock.isDue && !this.#budget?.isSpent;
  }

  /**
   * Does what is due after a step: an evaluation, a sample, a checkpoint. Returns whether latest.json holds the present
   * state. If the evaluation is interrupted, all three remain due.
   */
  async *#follow(step: number): AsyncGenerator<TrainingEvent, boolean, undefined> {
    if (this.#state.evaluationDue || this.#isDue("evalEvery", step)) yield* this.#evaluate(step);
    if (this.#state.evaluationDue) return false;
    if (this.#isDue("sampleEvery", step)) yield* this.#sample(step);
    if (this.#isDue("checkpointEvery", step)) {
      yield* this.#save(step);
      return true;
    }
    // While the engine computes the next update, its weights are no longer those of this step.
    if (this.#saveClock.isDue && !this.#ahead) await this.#writeLatest();
    return false;
  }

  #stepEvent(step: number, { loss, gradientNorm }: Assessment, rate: number): StepEvent {
    const charactersPerSecond = Math.round(this.#pace.take());
    this.#reported = step;
    const epoch = epochOf(step, this.#length.stepsPerEpoch);
    return { event: "step", step, epoch, loss, gradientNorm, learningRate: rate, charactersPerSecond };
  }

  #isDue(every: Recurring, step: number): boolean {
    const { options } = this.#prepared;
    const { evaluationSpacing } = this.#state;
    if (this.#budget && options[every] === undefined) {
      const { steps, stepsPerEpoch } = this.#length;
      return step === steps || this.#budget.isDue(every, step, stepsPerEpoch);
    }
    return isDue(every, step, options, { ...this.#length, evaluationSpacing });
  }

  async *#evaluate(step: number): AsyncGenerator<TrainingEvent, void, undefined> {
    const { data, options, metric } = this.#prepared;
    if (data.validationLacks !== undefined) return;
    const started = performance.now();
    const score = await this.#validate();
    this.#budget?.countEvaluation((performance.now() - started) / 1000);
    this.#state = { ...this.#state, evaluationDue: score === undefined };
    if (score === undefined) return;
    const event: EvalEvent = { event: "eval", step, split: "val", ...score };
    yield this.#emit(event);
    if (isBetter(score, this.#state.best, metric)) {
      const path = this.#run.best;
      const best = bestOf(score, { step, path }, metric);
      this.#state = { ...this.#state, best, evaluationsSinceBest: 0 };
      await this.#write(path, true);
      yield this.#emit({ event: "checkpoint", step, path });
    } else {
      const evaluationsSinceBest = this.#state.evaluationsSinceBest + 1;
      const drop = evaluationsSinceBest % options.decayEvery === 0 ? 1 : 0;
      this.#state = { ...this.#state, evaluationsSinceBest, drops: this.#state.drops + drop };
    }
  }

  /** The score of the validation data; undefined if the run was interrupted before. */
  async #validate(): Promise<Score | undefined> {
    const { signal, progress } = this.#control;
    try {
      return await this.#learner.validate((done, total) => {
        signal?.throwIfAborted();
        progress?.({ phase: "validating", done, total });
      });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return undefined;
      throw error;
    }
  }

  async *#sample(step: number): AsyncGenerator<TrainingEvent, void, undefined> {
    const { data, options, kernels: engine } = this.#prepared;
    try {
      const text = await data.preview(await this.#checkpoint(true), { seed: options.seed + step, engine });
      yield this.#emit({ event: "sample", step, text });
    } catch (error) {
      // A preview that fails does not end the run.
      if (!(error instanceof CharrnnError)) throw error;
      this.#control.note?.(`no sample at step ${step}: ${error.message}`);
    }
  }

  async *#save(step: number): AsyncGenerator<TrainingEvent, void, undefined> {
    await this.#writeLatest();
    const { keep } = this.#prepared.options;
    if (keep > 0) await keepNumbered(this.#run, step, keep);
    yield this.#emit({ event: "checkpoint", step, path: this.#run.latest });
  }

  /** Saves latest.json without an event. Saves by the clock give no event, so that a run always has the same events. */
  async #writeLatest(): Promise<void> {
    await this.#write(this.#run.latest, false);
    this.#saveClock.reset();
  }

  async #write(path: string, weightsOnly: boolean): Promise<void> {
    await writeCheckpoint(path, await this.#checkpoint(weightsOnly));
  }

  async #checkpoint(weightsOnly: boolean) {
    const { model, data } = this.#prepared;
    const none = new Map<string, never>();
    const tensors = {
      parameters: await this.#learner.parameters(),
      moments: weightsOnly ? none : await this.#learner.moments(),
      states: weightsOnly ? none : await this.#learner.states(),
    };
    const state = { ...this.#state, seconds: this.#elapsed() };
    const { stepsPerEpoch } = this.#length;
    return runCheckpoint(model, data.members, state, tensors, { stepsPerEpoch, weightsOnly });
  }

  /** Seconds of work on this run, including the time before it was resumed. */
  #elapsed(): number {
    return this.#state.seconds + (performance.now() - this.#started) / 1000;
  }

  async *#end(reason: EndReason, saved: boolean): AsyncGenerator<TrainingEvent, void, undefined> {
    if (!saved) yield* this.#save(this.#state.step);
    yield this.#emit(endEvent({ ...this.#state, seconds: this.#elapsed() }, reason));
  }

  /** Nothing is saved: the parameters already contain the values that made the loss explode. */
  async *#diverge(
    step: number,
    { assessment, rate }: Update,
  ): AsyncGenerator<TrainingEvent, void, undefined> {
    const diagnosis = await this.#learner.diagnose();
    yield* this.#end("diverged", true);
    throw new DivergenceError(step, assessment, diagnosis, rate, this.#prepared.options, this.#run);
  }
}
