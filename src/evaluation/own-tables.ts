import { resolve } from "node:path";
import { type Checkpoint, type CorpusRecord, type TrainingState } from "../checkpoint/format.ts";
import { CharrnnError } from "../errors.ts";
import { type TablePaths } from "../tasks/examples/example-dataset.ts";
import { missingFile, sourceName } from "../text/sources.ts";
import { type EvaluationSource } from "./source.ts";

/** How a run split its data. */
export interface SplitOptions {
  readonly seed: number;
  readonly valFrac: number;
  readonly testFrac: number;
}

/**
 * Reads the tables that a model was trained on. With a split, the `text` of the source is the new path of the only
 * table. Relative paths start from `folder`.
 * @throws CharrnnError if the checkpoint names no tables, or they are gone or have changed
 */
export async function readOwnTables<Tables extends { readonly record: CorpusRecord }>(
  { training }: Checkpoint,
  read: (paths: TablePaths) => Promise<Tables>,
  { split, text }: Pick<EvaluationSource, "split" | "text">,
  folder = "",
): Promise<{ tables: Tables; options: SplitOptions }> {
  const { corpus, options }: Partial<TrainingState> = training ?? {};
  if (corpus === undefined)
    throw new CharrnnError("the checkpoint does not say what it was trained on: name a table");
  const path = (file: unknown) => (typeof file === "string" ? resolve(folder, file) : undefined);
  const moved = split === undefined ? undefined : text;
  const paths = {
    files: moved === undefined ? corpus.files.map((file) => resolve(folder, file)) : [moved],
    val: path(corpus.val),
    test: path(corpus.test),
  };
  const missing = missingFile(
    [...(moved === undefined ? paths.files : []), paths.val, paths.test].filter((file) => file !== undefined),
  );
  if (missing !== undefined) {
    throw new CharrnnError(
      `the table that the model was trained on, ${missing}, is not here: run charrnn from the folder where the training was started, or name a table`,
    );
  }
  const tables = await read(paths);
  if (tables.record.sha256 !== corpus.sha256) {
    if (moved !== undefined) {
      throw new CharrnnError(
        `${sourceName(moved)} is not the table that the model was trained on: to score the whole table, leave out --split`,
      );
    }
    throw new CharrnnError(
      `${paths.files.join(", ")} has changed since the training: name the table to score`,
    );
  }
  return { tables, options: options as unknown as SplitOptions };
}
