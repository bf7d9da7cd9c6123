import { type TrainingEvent } from "../training/events.ts";
import { type Assignment, type Ending } from "./runner.ts";

/** What the pool sends to a child process. `stop` ends the present run early, but in good order. */
export type ToWorker = { readonly kind: "run"; readonly assignment: Assignment } | { readonly kind: "stop" };

/** What a child process sends to the pool. */
export type FromWorker =
  | { readonly kind: "event"; readonly event: TrainingEvent }
  | { readonly kind: "end"; readonly ending: Ending };
