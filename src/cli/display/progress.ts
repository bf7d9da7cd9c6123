import { type Metric, type Task } from "../../tasks/task.ts";
import {
  type EvalEvent,
  type StartEvent,
  type StepEvent,
  type TrainingEvent,
} from "../../training/events.ts";
import { type PhaseProgress } from "../../training/prepare.ts";
import { formatBytes, formatCount, formatDuration, formatLoss, formatShort } from "../terminal/format.ts";
import { bar, type Piece } from "../terminal/status-line.ts";

/** The progress of a training run, collected from its events. Times are in seconds since any fixed moment. */
export class TrainingProgress {
  /** Known once the run has started. */
  task: Task | undefined;
  start: StartEvent | undefined;
  step: StepEvent | undefined;
  validation: EvalEvent | undefined;
  readonly #trained: number[] = [];
  readonly #validated: number[] = [];
  #startTime = 0;
  #stepTime = 0;

  take(event: TrainingEvent, time: number): void {
    if (event.event === "start") {
      this.start = event;
      this.#startTime = time;
    } else if (event.event === "step") {
      this.step = event;
      this.#trained.push(event.loss);
      this.#stepTime = time;
    } else if (event.event === "eval") {
      this.validation = event;
      this.#validated.push(event.loss);
    }
  }

  /** What the task of the run measures. */
  get metrics(): readonly Metric[] {
    return this.task === undefined || this.start === undefined ? [] : this.task.metrics(this.start.options);
  }

  /** The losses of all validations, or of the reported steps if nothing is validated. */
  get losses(): readonly number[] {
    return this.#validated.length > 0 ? this.#validated : this.#trained;
  }

  /** The last step that the run is expected to make, at the mean speed since the start (validations included). */
  get steps(): number {
    const { start, step } = this;
    if (start === undefined) return 0;
    if (start.secondsLeft === undefined || step === undefined) return start.steps;
    const left = start.secondsLeft - (this.#stepTime - this.#startTime);
    return Math.min(start.steps, step.step + Math.max(0, Math.round(left / this.#secondsPerStep)));
  }

  /** The number of epochs until then. The last epoch may be incomplete. */
  get epochs(): number {
    return Math.ceil(this.steps / (this.start?.stepsPerEpoch ?? 1));
  }

  /** Seconds until the expected last step; undefined before the first step. */
  secondsLeft(): number | undefined {
    return this.step && this.#secondsPerStep * (this.steps - this.step.step);
  }

  get #secondsPerStep(): number {
    const steps = (this.step?.step ?? 0) - (this.start?.step ?? 0);
    return (this.#stepTime - this.#startTime) / steps;
  }
}

const BAR_WIDTH = 20;

/** The status line of a training run. If the terminal is narrow, the bar is left out first and the loss last. */
export function trainingPieces(progress: TrainingProgress, phase?: PhaseProgress): Piece[] {
  const { task, start, step, validation } = progress;
  if (start === undefined || task === undefined) return phase === undefined ? [] : phasePieces(phase);
  const done = step?.step ?? start.step;
  const left = progress.secondsLeft();
  const pieces: Piece[] = [
    { rank: 8, text: bar(done / progress.steps, BAR_WIDTH) },
    ...(phase === undefined ? [] : [{ rank: 3.5, text: phaseText(phase) }]),
    { rank: 6, text: step === undefined ? "" : `epoch ${step.epoch}/${progress.epochs}` },
    { rank: 2, text: `step ${formatCount(done)}/${formatCount(progress.steps)}` },
  ];
  if (step !== undefined) {
    pieces.push({ rank: 1, text: `loss ${formatLoss(step.loss)}` });
    for (const { ofLoss, shortUnit } of progress.metrics) {
      if (ofLoss !== undefined)
        pieces.push({ rank: 7, text: `${ofLoss(step.loss).toFixed(2)} ${shortUnit}` });
    }
  }
  if (validation !== undefined) pieces.push({ rank: 4, text: `val ${formatLoss(validation.loss)}` });
  if (step !== undefined) {
    pieces.push({ rank: 5, text: `${formatShort(step.charactersPerSecond)} ${task.symbolUnit}/s` });
  }
  if (left !== undefined) pieces.push({ rank: 3, text: `${formatDuration(left)} left` });
  return pieces;
}

/** The status line of a phase without training, for instance while a corpus is read or a text is scored. */
export function phasePieces(phase: PhaseProgress<string>): Piece[] {
  const { done = 0, total } = phase;
  const drawn = total === undefined ? "" : bar(done / Math.max(1, total), BAR_WIDTH);
  return [
    { rank: 2, text: drawn },
    { rank: 1, text: phaseText(phase) },
  ];
}

function phaseText({ phase, done, total }: PhaseProgress<string>): string {
  if (done === undefined) return phase;
  if (total !== undefined) return `${phase} ${Math.floor((100 * done) / Math.max(1, total))}%`;
  return `${phase} ${phase === "reading" ? formatBytes(done) : formatCount(done)}`;
}
