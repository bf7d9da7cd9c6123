import { type DataSizes } from "../tasks/task.ts";

/** The best validation so far: its loss, its step, the file that holds its weights, and the metric that decided. */
export interface Best {
  readonly step: number;
  readonly loss: number;
  readonly path: string;
  readonly metric: string;
  readonly value: number;
}

/** The first line of a run: which model is trained, and on what data. */
export interface StartEvent extends DataSizes {
  event: "start";
  run: string;
  folder: string;
  /** ISO 8601 time at which the run was started, or resumed. */
  time: string;
  /** The last step before this event: 0 for a new run. */
  step: number;
  /** The number of steps of the whole run. With --minutes, the run may end before. */
  steps: number;
  stepsPerEpoch: number;
  /** Present with --minutes: how many seconds of this time are left. */
  secondsLeft?: number;
  parameters: number;
  engine: string;
  threads: number;
  /**
   * Whether the run equals an uninterrupted run to the bit. A run that was resumed with another engine, or with another
   * build of the engine, does not.
   */
  exact: boolean;
  options: Record<string, unknown>;
}

/** Progress: the mean loss of the step's chunk in nats, and the global gradient norm before clipping. */
export interface StepEvent {
  event: "step";
  step: number;
  epoch: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
  charactersPerSecond: number;
}

/** How the parameters fare: see --health-every. */
export interface HealthEvent {
  event: "health";
  step: number;
  /** The norm of the step's update of all parameters, divided by the norm of all parameters before it. */
  updateRatio: number;
  /** The share of the steps since the last such event whose gradient was clipped. Null if none is clipped by its norm. */
  clipped: number | null;
  /** For each parameter: the norm of the step's gradient before clipping, and its update divided by its own norm. */
  parameters: { name: string; gradientNorm: number; updateRatio: number }[];
}

/** A validation: its loss in nats, and the task's other metrics by their names. */
export interface EvalEvent {
  event: "eval";
  step: number;
  split: "val";
  loss: number;
  [metric: string]: number | string;
}

export interface SampleEvent {
  event: "sample";
  step: number;
  text: string;
}

export interface CheckpointEvent {
  event: "checkpoint";
  step: number;
  path: string;
}

/** Why a run ended. A run that was interrupted or diverged is unfinished. */
export type EndReason = "finished" | "patience" | "interrupted" | "diverged";

export interface EndEvent {
  event: "end";
  reason: EndReason;
  step: number;
  best: Best | null;
  seconds: number;
}

/** An event of a training run. The lines of `--json` and metrics.jsonl are events, in the order of time. */
export type TrainingEvent =
  StartEvent | StepEvent | HealthEvent | EvalEvent | SampleEvent | CheckpointEvent | EndEvent;
