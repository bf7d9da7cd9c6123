/** The best validation so far: its loss in nats per character, the step it came at and where it was saved. */
export interface Best {
  step: number;
  loss: number;
  path: string;
}

/** The first line of a run: what is trained on what. */
export interface StartEvent {
  event: "start";
  run: string;
  folder: string;
  /** ISO 8601 time at which the run was started, or resumed. */
  time: string;
  /** The step that training goes on from: 0 for a new run. */
  step: number;
  steps: number;
  stepsPerEpoch: number;
  parameters: number;
  vocabulary: number;
  symbols: { train: number; val: number; test: number };
  engine: string;
  threads: number;
  /** Whether it is the same to the bit as a run never interrupted: not where another engine or build went on. */
  exact: boolean;
  options: Record<string, unknown>;
}

/** Progress: mean loss of the step's chunk in nats per character, the gradient's norm before clipping. */
export interface StepEvent {
  event: "step";
  step: number;
  epoch: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
  charactersPerSecond: number;
}

export interface EvalEvent {
  event: "eval";
  step: number;
  split: "val";
  /** Nats per character. */
  loss: number;
  bitsPerCharacter: number;
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

/** Why a run ended. `interrupted` and `diverged` leave a run unfinished. */
export type EndReason = "finished" | "patience" | "interrupted" | "diverged";

export interface EndEvent {
  event: "end";
  reason: EndReason;
  step: number;
  best: Best | null;
  seconds: number;
}

/** What a training run tells, in the order in which it happens: the lines of `--json` and metrics.jsonl. */
export type TrainingEvent = StartEvent | StepEvent | EvalEvent | SampleEvent | CheckpointEvent | EndEvent;
