import { type Checkpoint } from "../checkpoint/format.ts";
import { CharrnnError } from "../errors.ts";
import { type Task } from "./task.ts";

/**
 * Every task by its name, as in `--task` and in the `task` member of a checkpoint. The module of a task is loaded on
 * request.
 */
const registry = {
  "language-model": async () => (await import("./language-model/language-model.ts")).languageModel,
  "one-to-one": async () => (await import("./one-to-one/one-to-one.ts")).oneToOne,
  "one-to-many": async () => (await import("./one-to-many/one-to-many.ts")).oneToMany,
  "many-to-one": async () => (await import("./many-to-one/many-to-one.ts")).manyToOne,
  "many-to-many": async () => (await import("./many-to-many/many-to-many.ts")).manyToMany,
  series: async () => (await import("./series/series.ts")).series,
  "sequence-to-sequence": async () =>
    (await import("./sequence-to-sequence/sequence-to-sequence.ts")).sequenceToSequence,
} satisfies Record<string, () => Promise<Task>>;

export type TaskName = keyof typeof registry;

export const taskNames = Object.keys(registry) as readonly TaskName[];

/** The task of a run without a `--task`, and of a checkpoint without a `task` member. */
export const LANGUAGE_MODEL: TaskName = "language-model";

/**
 * The name of the task of a checkpoint.
 * @throws CharrnnError if this version of charrnn does not have the task
 */
export function taskNameOf({ task }: Pick<Checkpoint, "task">): TaskName {
  const name = task?.name ?? LANGUAGE_MODEL;
  if (isTaskName(name)) return name;
  throw new CharrnnError(
    `the checkpoint is for the task ${name}, which this version of charrnn does not have; update charrnn`,
  );
}

/** Whether a checkpoint was trained for this task. */
export function isOfTask(checkpoint: Pick<Checkpoint, "task">, name: string): boolean {
  return taskNameOf(checkpoint) === name;
}

function isTaskName(name: string): name is TaskName {
  return Object.hasOwn(registry, name);
}

/** Loads the task of this name. */
export function loadTask(name: TaskName): Promise<Task> {
  return registry[name]();
}
