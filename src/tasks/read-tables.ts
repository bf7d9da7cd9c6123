import { createHash } from "node:crypto";
import { type Readable } from "node:stream";
import { type CorpusRecord } from "../checkpoint/format.ts";
import { CharrnnError } from "../errors.ts";
import { findFile, watched, type Source } from "../text/sources.ts";

/** The tables of a run: the tables of --val and --test, if these options are given, and all other tables. */
export interface TablePaths {
  readonly files: readonly string[];
  readonly val: readonly string[] | undefined;
  readonly test: readonly string[] | undefined;
}

/** What the tables of a run hold before the split: examples, or series. */
export interface ReadTables<Item> {
  readonly files: readonly Item[];
  readonly val: readonly Item[] | undefined;
  readonly test: readonly Item[] | undefined;
  readonly record: CorpusRecord;
}

/** How the items of a table are read, what they are called, and how many symbols an item counts for in the record. */
export interface ItemReader<Item> {
  readonly read: (source: Source) => AsyncIterable<Item>;
  /** For the message about an empty table: `examples: name a table with a line for each example`. */
  readonly needs: string;
  readonly count: (item: Item) => number;
}

/**
 * Reads the tables of a run.
 * @throws UsageError, CharrnnError if a table cannot be read, or is empty
 */
export async function readTables<Item>(
  { files, val, test }: TablePaths,
  { read, needs, count }: ItemReader<Item>,
  stdin: Readable,
  onBytes?: (bytes: number) => void,
): Promise<ReadTables<Item>> {
  const hash = createHash("sha256");
  let symbols = 0;
  const readAll = async (paths: readonly string[]) => {
    const items: Item[] = [];
    for (const path of paths) {
      const source = watched(await findFile(path, stdin), (piece) => {
        hash.update(piece);
        onBytes?.(piece.length);
      });
      const before = items.length;
      for await (const item of read(source)) {
        items.push(item);
        symbols += count(item);
      }
      if (items.length === before) throw new CharrnnError(`${path} has no ${needs}`);
    }
    return items;
  };
  const tables = {
    files: await readAll(files),
    val: val === undefined ? undefined : await readAll(val),
    test: test === undefined ? undefined : await readAll(test),
  };
  const given = { ...(val !== undefined && { val }), ...(test !== undefined && { test }) };
  return { ...tables, record: { files, ...given, sha256: hash.digest("hex"), symbols } };
}
