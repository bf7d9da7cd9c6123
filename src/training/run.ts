import { writeCheckpoint } from "../checkpoint/write.ts";
import { appendMetrics } from "../checkpoint/metrics.ts";
import { keepNumbered, type RunFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError } from "../errors.ts";
import { bitsOf } from "../evaluation/bits.ts";
import { sample } from "../sampling/sample.ts";
import { isDue, recurring, type Recurring } from "./cadence.ts";
import { DivergenceError } from "./divergence.ts";
import type { EndReason, EvalEvent, StepEvent, TrainingEvent } from "./events.ts";
import type { Chunk, Learner } from "./learner.ts";
import type { Assessment } from "./optimizer.ts";
import type { Prepared, TrainControl } from "./prepare.ts";
import { endEvent, epochOf, hasLostPatience, isOver, runCheckpoint, type RunState } from "./run-state.ts";
import { learningRate } from "./schedule.ts";

/** Where a run stands: at its beginning, or where a checkpoint left it. */
export interface Beginning {
  /** When the run was started, ISO 8601. */
  readonly start: string;
  readonly state: RunState;
}

/** Characters of the samples that show how the text gets better. */
const SAMPLE_LENGTH = 200;
const SAMPLE_TEMPERATURE = 0.8;
/** A loss this many times what it began with is exploding, as char-rnn has it. */
const EXPLOSION = 3;
/** Nats that may befall a model which was sure of its text, where that changes its ways: no explosion yet. */
const SURPRISE = 20;

/** What an update came to, the learning rate it was made with, and the steps of its chunk. */
interface Update {
  readonly assessment: Assessment;
  readonly rate: number;
  readonly steps: number;
}

/** One training run as it goes: makes the updates, and tells and saves what is due after each. */
export class TrainingRun {
  readonly #run: RunFolder;
  readonly #prepared: Prepared;
  readonly #control: TrainControl;
  readonly #learner: Learner;
  readonly #started = performance.now();
  /** What an update learns from, filled anew for each. */
  readonly #chunk: Pick<Chunk, "inputs" | "targets">;
  /** The update after the one that is waited for, where it has been handed over already. */
  #ahead: Promise<Update> | undefined;
  #state: RunState;
  /** The step last told of. */
  #reported = 0;
  /** Characters and seconds of training since the last report. */
  #characters = 0;
  #seconds = 0;
  /** When the last update ended. */
  #updated = 0;

  /** The learner holds what the run begins with, and remains the caller's to close. */
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
    const { batchSize, seqLength } = prepared.options;
    const symbols = batchSize * seqLength;
    this.#chunk = { inputs: new Int32Array(symbols), targets: new Int32Array(symbols) };
  }

  /**
   * Trains to the end and yields each event once it is in metrics.jsonl. latest.json holds the final state, and of a
   * lost run the one that was last saved.
   * @throws DivergenceError after the end event where the loss became NaN or exploded
   */
  async *events(): AsyncGenerator<TrainingEvent, void, undefined> {
    const { options, length } = this.#prepared;
    yield this.#emit(this.#startEvent());
    // From here on a kill at any moment leaves a run that can be resumed.
    if (this.#state.step === 0) yield* this.#save(0);
    let saved = true;
    if (this.#state.evaluationDue) saved = yield* this.#follow(this.#state.step);
    let last: Update | undefined;
    while (!isOver(this.#state, length) && !this.#isStopped()) {
      const step = this.#state.step + 1;
      last = await this.#update(step);
      const { assessment, rate } = last;
      if (!assessment.applied) {
        yield* this.#diverge(step, assessment);
        return;
      }
      this.#state = { ...this.#state, step };
      if (step === 1 || step === length.steps || step % options.logEvery === 0) {
        yield this.#emit(this.#stepEvent(step, assessment, rate));
      }
      saved = yield* this.#follow(step);
    }
    if (!isOver(this.#state, length)) {
      yield* this.#end("interrupted", saved);
      return;
    }
    if (last && this.#reported < this.#state.step) {
      yield this.#emit(this.#stepEvent(this.#state.step, last.assessment, last.rate));
    }
    yield* this.#end(hasLostPatience(this.#state) ? "patience" : "finished", saved);
  }

  /** Whether it was interrupted, and has nothing more under way. */
  #isStopped(): boolean {
    return this.#state.evaluationDue || (this.#control.signal?.aborted === true && !this.#ahead);
  }

  #emit<Event extends TrainingEvent>(event: Event): Event {
    appendMetrics(this.#run.metrics, event);
    return event;
  }

  #startEvent(): TrainingEvent {
    const { options, length, vocabulary, splits, learner } = this.#prepared;
    return {
      event: "start",
      run: this.#run.name,
      folder: this.#run.folder,
      time: new Date().toISOString(),
      step: this.#state.step,
      steps: length.steps,
      stepsPerEpoch: length.stepsPerEpoch,
      parameters: this.#learner.parameterCount,
      vocabulary: vocabulary.size,
      symbols: {
        train: splits.train.length,
        val: splits.val.length,
        test: splits.test.length,
      },
      engine: this.#learner.engine.name,
      threads: this.#learner.engine.threads,
      exact: this.#state.exact,
      options: { ...options, ...learner.config },
    };
  }

  /** Waits for an update, and hands over the next one where nothing is to be done between the two. */
  async #update(step: number): Promise<Update> {
    const started = this.#ahead ? this.#updated : performance.now();
    const current = this.#ahead ?? this.#handOver(step);
    this.#ahead = this.#followsAtOnce(step) ? this.#handOver(step + 1) : undefined;
    // Should both fail, the first is the one to tell of.
    this.#ahead?.catch(() => undefined);
    const update = await current;
    this.#updated = performance.now();
    this.#characters += update.steps * this.#prepared.options.batchSize;
    this.#seconds += (this.#updated - started) / 1000;
    if (step === 1) this.#state = { ...this.#state, firstLoss: update.assessment.loss };
    return update;
  }

  async #handOver(step: number): Promise<Update> {
    const { streams, options, length } = this.#prepared;
    const index = (step - 1) % length.stepsPerEpoch;
    const steps = streams.fill(index, this.#chunk.inputs, this.#chunk.targets);
    const rate = learningRate(step, options, length, this.#state.drops);
    const chunk = { ...this.#chunk, steps, fresh: index === 0, counted: steps * options.batchSize };
    return {
      assessment: await this.#learner.update(chunk, step, rate, this.#largestLoss(step)),
      rate,
      steps,
    };
  }

  /** Whether the next update follows at once. The first one's loss is the measure of all others. */
  #followsAtOnce(step: number): boolean {
    const due = recurring.some((every) => this.#isDue(every, step));
    return step > 1 && step < this.#prepared.length.steps && !due && !this.#control.signal?.aborted;
  }

  /**
   * What is due after a step, besides telling of it: an evaluation, a sample, a checkpoint. Returns whether the run is
   * saved as it stands. Where the evaluation is interrupted, all of it remains to be done.
   */
  async *#follow(step: number): AsyncGenerator<TrainingEvent, boolean, undefined> {
    if (this.#state.evaluationDue || this.#isDue("evalEvery", step)) yield* this.#evaluate(step);
    if (this.#state.evaluationDue) return false;
    if (this.#isDue("sampleEvery", step)) yield* this.#sample(step);
    if (!this.#isDue("checkpointEvery", step)) return false;
    yield* this.#save(step);
    return true;
  }

  /** Above this the loss is exploding; the first chunk sets the measure. */
  #largestLoss(step: number): number {
    const usual = Math.max(this.#state.firstLoss, Math.log(this.#prepared.vocabulary.size));
    return step === 1 ? 0 : Math.max(EXPLOSION * usual, SURPRISE);
  }

  #stepEvent(step: number, { loss, gradientNorm }: Assessment, rate: number): StepEvent {
    const charactersPerSecond = Math.round(this.#characters / this.#seconds);
    this.#reported = step;
    this.#characters = 0;
    this.#seconds = 0;
    const epoch = epochOf(step, this.#prepared.length.stepsPerEpoch);
    return { event: "step", step, epoch, loss, gradientNorm, learningRate: rate, charactersPerSecond };
  }

  #isDue(every: Recurring, step: number): boolean {
    return isDue(every, step, this.#prepared.options, this.#prepared.length);
  }

  async *#evaluate(step: number): AsyncGenerator<TrainingEvent, void, undefined> {
    const { splits, options } = this.#prepared;
    if (splits.val.length === 0) return;
    const loss = await this.#validate();
    this.#state = { ...this.#state, evaluationDue: loss === undefined };
    if (loss === undefined) return;
    const event: EvalEvent = { event: "eval", step, split: "val", loss, bitsPerCharacter: bitsOf(loss) };
    yield this.#emit(event);
    if (loss < (this.#state.best?.loss ?? Infinity)) {
      const path = this.#run.best;
      this.#state = { ...this.#state, best: { step, loss, path }, evaluationsSinceBest: 0 };
      await this.#write(path, true);
      yield this.#emit({ event: "checkpoint", step, path });
    } else {
      const evaluationsSinceBest = this.#state.evaluationsSinceBest + 1;
      const drop = evaluationsSinceBest % options.decayEvery === 0 ? 1 : 0;
      this.#state = { ...this.#state, evaluationsSinceBest, drops: this.#state.drops + drop };
    }
  }

  /** The loss of the validation split; undefined where the signal came first. */
  async #validate(): Promise<number | undefined> {
    const { signal, progress } = this.#control;
    try {
      const { loss } = await this.#learner.validate(this.#prepared.splits.val, (done, total) => {
        signal?.throwIfAborted();
        progress?.({ phase: "validating", done, total });
      });
      return loss;
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return undefined;
      throw error;
    }
  }

  async *#sample(step: number): AsyncGenerator<TrainingEvent, void, undefined> {
    const checkpoint = await this.#checkpoint(true);
    let text = "";
    try {
      for await (const piece of sample(checkpoint, {
        length: SAMPLE_LENGTH,
        temperature: SAMPLE_TEMPERATURE,
        seed: this.#prepared.options.seed + step,
        engine: this.#prepared.engine,
        threads: 0,
      })) {
        text += piece.text;
      }
    } catch (error) {
      // What only shows how the run goes does not end it.
      if (!(error instanceof CharrnnError)) throw error;
      this.#control.note?.(`no sample at step ${step}: ${error.message}`);
      return;
    }
    yield this.#emit({ event: "sample", step, text });
  }

  async *#save(step: number): AsyncGenerator<TrainingEvent, void, undefined> {
    const path = this.#run.latest;
    await this.#write(path, false);
    const { keep } = this.#prepared.options;
    if (keep > 0) await keepNumbered(this.#run, step, keep);
    yield this.#emit({ event: "checkpoint", step, path });
  }

  async #write(path: string, weightsOnly: boolean): Promise<void> {
    await writeCheckpoint(path, await this.#checkpoint(weightsOnly));
  }

  async #checkpoint(weightsOnly: boolean) {
    const { model, vocabulary, length } = this.#prepared;
    const none = new Map<string, never>();
    const tensors = {
      parameters: await this.#learner.parameters(),
      moments: weightsOnly ? none : await this.#learner.moments(),
      states: weightsOnly ? none : await this.#learner.states(),
    };
    const state = { ...this.#state, seconds: this.#elapsed() };
    const { stepsPerEpoch } = length;
    return runCheckpoint(model, vocabulary.toJSON(), state, tensors, { stepsPerEpoch, weightsOnly });
  }

  /** Seconds of this run, those before it was resumed included. */
  #elapsed(): number {
    return this.#state.seconds + (performance.now() - this.#started) / 1000;
  }

  async *#end(reason: EndReason, saved: boolean): AsyncGenerator<TrainingEvent, void, undefined> {
    if (!saved) yield* this.#save(this.#state.step);
    yield this.#emit(endEvent({ ...this.#state, seconds: this.#elapsed() }, reason));
  }

  /** Saves nothing: what made the loss explode is in the parameters as they stand. */
  async *#diverge(step: number, assessment: Assessment): AsyncGenerator<TrainingEvent, void, undefined> {
    const diagnosis = await this.#learner.diagnose();
    yield* this.#end("diverged", true);
    throw new DivergenceError(step, assessment, diagnosis, this.#prepared.options, this.#run);
  }
}
