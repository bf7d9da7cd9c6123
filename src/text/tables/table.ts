import { createHash } from "node:crypto";
import { sourceName, type Source } from "../sources.ts";
import { ConllReader } from "./conll.ts";
import { ConlluReader } from "./conllu.ts";
import { csvRows } from "./csv.ts";
import { JsonLinesReader } from "./jsonl.ts";
import { rowsOfLines } from "./lines.ts";
import { utf8Pieces } from "./pieces.ts";
import { requireFormat, type TableRequest, type TableRow } from "./request.ts";
import { TsvReader } from "./tsv.ts";

export {
  tableFormatOf,
  tableFormats,
  type ColumnName,
  type TableFormat,
  type TableRequest,
  type TableRow,
  type Value,
} from "./request.ts";

export interface Table {
  /** The path as given, or "-". */
  readonly name: string;
  readonly bytes: number;
  /** The digest of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  readonly rows: readonly TableRow[];
}

/**
 * Reads a whole table. A file without rows gives a table without rows.
 * @throws UsageError if the format is unknown, the table lacks a requested column or has two columns of its name
 * @throws CharrnnError if the source cannot be read, is not UTF-8 or is no table of its format; the error names the
 * line
 */
export async function readTable(source: Source, request: TableRequest): Promise<Table> {
  const hash = createHash("sha256");
  let bytes = 0;
  const rows: TableRow[] = [];
  const batches = rowBatches(source, request, (piece) => {
    hash.update(piece);
    bytes += piece.length;
  });
  for await (const batch of batches) {
    for (const row of batch) rows.push(row);
  }
  return { name: source.name, bytes, sha256: hash.digest("hex"), rows };
}

/**
 * The rows of a table, as it is read. All rows before a faulty row come before the error.
 * @throws UsageError and CharrnnError as `readTable` does
 */
export async function* tableRows(source: Source, request: TableRequest): AsyncGenerator<TableRow> {
  for await (const batch of rowBatches(source, request)) yield* batch;
}

const lineReaders = {
  tsv: TsvReader,
  jsonl: JsonLinesReader,
  conll: ConllReader,
  conllu: ConlluReader,
};

function rowBatches(
  source: Source,
  request: TableRequest,
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<Iterable<TableRow>> {
  const format = requireFormat(source.name, request);
  const table = sourceName(source.name);
  const pieces = utf8Pieces(source, onBytes);
  if (format === "csv") return csvRows(pieces, table, request);
  return rowsOfLines(pieces, table, new lineReaders[format](table, request));
}
