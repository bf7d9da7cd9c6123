import { type Checkpoint } from "../checkpoint/format.ts";
import { CharrnnError } from "../errors.ts";
import { type Task } from "./task.ts";

/** Every task by its name, loaded when it is asked for. */
const registry = {
  "language-model": async () => (await import("./language-model/language-model.ts")).languageModel,
} satisfies Record<string, () => Promise<Task>>;

export type TaskName = keyof typeof registry;

export const taskNames = Object.keys(registry) as readonly TaskName[];

export const DEFAULT_TASK: TaskName = "language-model";

/**
 * The task of a trained model. A checkpoint that names none is a language model's.
 * @throws CharrnnError if this program does not have the task
 */
export function taskOf({ task }: Pick<Checkpoint, "task">): Promise<Task> {
  const name = task?.name ?? DEFAULT_TASK;
  if (!isTaskName(name)) {
    throw new CharrnnError(
      `the checkpoint is of the task ${name}, which this charrnn does not have; update charrnn`,
    );
  }
  return loadTask(name);
}

function isTaskName(name: string): name is TaskName {
  return Object.hasOwn(registry, name);
}

/** The task of a run by the name in its options. */
export function loadTask(name: TaskName): Promise<Task> {
  return registry[name]();
}
