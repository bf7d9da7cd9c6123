import { type AvailableEngine, type EngineChoice } from "../engine/engine.ts";
import { LANGUAGE_MODEL } from "../tasks/index.ts";
import { type Dataset } from "../tasks/task.ts";
import { type TrainOptions } from "./options.ts";

/** The options by which data is read. All other options leave a dataset as it is. */
const readingOptions = [
  "task",
  "unit",
  "encoding",
  "minCount",
  "unknown",
  "beginnings",
  "lines",
  "documents",
  "input",
  "target",
  "targetType",
  "inputTokens",
  "targetTokens",
  "inputType",
  "feedBack",
  "maxOutput",
  "sequence",
  "order",
  "group",
  "features",
  "val",
  "test",
  "format",
  "header",
  "maxLength",
  "truncate",
] as const;

/** The data that runs of one process have read, and the engines that they have found. Later runs share them. */
export class SharedData {
  readonly #read = new Map<string, Promise<Dataset>>();
  readonly #engines = new Map<EngineChoice, AvailableEngine>();

  /** The engine of this name. `find` finds the engine if no run has done so. */
  async engine(choice: EngineChoice, find: () => Promise<AvailableEngine>): Promise<AvailableEngine> {
    const found = this.#engines.get(choice) ?? (await find());
    this.#engines.set(choice, found);
    return found;
  }

  /**
   * The data at these paths for a run with these options. `read` reads it if no run has done so. A resumed run has the
   * vocabulary of its checkpoint. For a text that equals the vocabulary of a new run, because the text is the same.
   */
  read(
    paths: readonly string[],
    options: TrainOptions,
    resuming: boolean,
    read: () => Promise<Dataset>,
  ): Promise<Dataset> {
    if (resuming && options.task !== LANGUAGE_MODEL) return read();
    // Rows of numbers have no embedding, and are refused if one is asked for.
    const key = JSON.stringify([
      paths,
      options.embedding > 0,
      readingOptions.map((name) => options[name] ?? null),
    ]);
    const known = this.#read.get(key) ?? read();
    this.#read.set(key, known);
    // Data that could not be read is tried again by the next run.
    known.catch(() => this.#read.delete(key));
    return known;
  }
}
