import { resolve } from "node:path";
import { ownFiles, type Checkpoint, type CorpusRecord, type TrainingState } from "../checkpoint/format.ts";
import { CharrnnError } from "../errors.ts";
import { type SplitOptions } from "../tasks/examples/example-splits.ts";
import { type ReadTables, type TablePaths } from "../tasks/read-tables.ts";
import { missingFile, sourceName } from "../text/sources.ts";
import { type SplitName } from "../text/splits.ts";
import { tableFormatOf, type TableFormat } from "../text/tables/table.ts";
import { type EvaluationSource } from "./source.ts";

/**
 * Reads the tables that a model was trained on. With `split`, `text` is the new path of the only table of the model.
 * Relative paths start from `folder`.
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
  const pathsOf = (files: CorpusRecord["val"]) => ownFiles(files)?.map((file) => resolve(folder, file));
  const moved = split === undefined ? undefined : text;
  const paths = {
    files: moved === undefined ? corpus.files.map((file) => resolve(folder, file)) : [moved],
    val: pathsOf(corpus.val),
    test: pathsOf(corpus.test),
  };
  const missing = missingFile([
    ...(moved === undefined ? paths.files : []),
    ...(paths.val ?? []),
    ...(paths.test ?? []),
  ]);
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

/** How tables are read and cut into the parts that are scored: into the splits of a run, or as a whole. */
export interface PartsOfTables<Item, Part> {
  readonly read: (paths: TablePaths, format?: TableFormat) => Promise<ReadTables<Item>>;
  readonly split: (
    tables: ReadTables<Item>,
    options: SplitOptions,
  ) => Readonly<Record<SplitName, readonly Part[]>>;
  readonly whole: (items: readonly Item[]) => readonly Part[];
}

/**
 * Reads what is to be scored: a split of the tables that a model was trained on, or another table with the same
 * columns.
 * @throws UsageError, CharrnnError if a table cannot be read, is gone or has changed, or the split is empty
 */
export async function partsToScore<Item, Part>(
  checkpoint: Checkpoint,
  source: Pick<EvaluationSource, "split" | "text">,
  { read, split, whole }: PartsOfTables<Item, Part>,
  folder: string | undefined,
): Promise<{ name: string; parts: readonly Part[] }> {
  const { text } = source;
  if (text !== undefined && source.split === undefined) {
    const { files } = await read({ files: [text], val: undefined, test: undefined }, tableFormatOf(text));
    return { name: sourceName(text), parts: whole(files) };
  }
  const name = source.split ?? "val";
  const { tables, options } = await readOwnTables(checkpoint, read, source, folder);
  const parts = split(tables, options)[name];
  if (parts.length > 0) return { name: `${name} split`, parts };
  throw new CharrnnError(`the ${name} split is empty: name another split, or a table`);
}
