import { type TrainingEvent } from "../training/events.ts";
import { type TrainOptions } from "../training/options.ts";

/** A run to train, or to continue from its last checkpoint. */
export interface Assignment {
  /** The name of the run, and the folder of the sweep that holds the run's folder. */
  readonly run: string;
  readonly out: string;
  readonly corpus: readonly string[];
  readonly options: Partial<TrainOptions>;
  /** Default: one for each core. 0 computes on the thread of the process itself. */
  readonly threads: number | undefined;
  /** The run pauses after the first evaluation at this step or a later one. */
  readonly pauseAfter: number | undefined;
}

/** How an assignment ended that has a result. */
export type Ended =
  | { readonly status: "finished" | "patience" | "paused" }
  | { readonly status: "diverged" | "failed"; readonly reason: string };

/** How an assignment ended. A run that was interrupted continues when the sweep is started again. */
export type Ending = Ended | { readonly status: "interrupted" };

/**
 * Trains runs for a sweep, several at a time. The pool of this machine's processes is one implementation; machines
 * behind a queue would be another.
 */
export interface Runner {
  /** How many runs it trains at a time. */
  readonly slots: number;
  /**
   * Trains a run. Its files are in its folder when the promise settles. `onEvent` gets its events; there may be gaps
   * between steps. Once the signal aborts, the run is saved and its ending is `interrupted`.
   */
  run(assignment: Assignment, onEvent: (event: TrainingEvent) => void, signal: AbortSignal): Promise<Ending>;
  /** Ends its processes. */
  close(): Promise<void>;
}
