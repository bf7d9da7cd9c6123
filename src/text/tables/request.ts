import { extname } from "node:path";
import { UsageError } from "../../errors.ts";
import { sourceName } from "../sources.ts";

export const tableFormats = ["tsv", "csv", "jsonl", "conll", "conllu"] as const;
export type TableFormat = (typeof tableFormats)[number];

/** A cell: text, or the tokens of a CoNLL sentence or of a JSON array. */
export type Value = string | readonly string[];

export interface TableRow {
  /** Where the row begins in its file, from 1. */
  readonly line: number;
  /** The values of the requested columns, in the order of the request. */
  readonly values: readonly Value[];
}

/**
 * The column's name, or its number from 1 as digits ("3"). Digits are a name if the header has exactly that name. They
 * are always a name in JSON lines, whose columns have no numbers.
 */
export type ColumnName = string;

export interface TableRequest {
  /** Undefined: by the file's extension (.tsv .tab .csv .jsonl .ndjson .conll .conllu). */
  readonly format?: TableFormat | undefined;
  readonly columns: readonly ColumnName[];
  /**
   * Columns that may be missing from the file, such as the target for a prediction. The value of a missing column is
   * "".
   */
  readonly optionalColumns?: readonly ColumnName[];
  /** Whether the first line names the columns. Undefined: yes, if a column is requested by name. For tsv and csv. */
  readonly header?: boolean | undefined;
}

const formatOfExtension: Readonly<Record<string, TableFormat | undefined>> = {
  ".tsv": "tsv",
  ".tab": "tsv",
  ".csv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".conll": "conll",
  ".conllu": "conllu",
};

/** The format of a path by its extension, or undefined. Upper and lower case are the same. */
export function tableFormatOf(path: string): TableFormat | undefined {
  return formatOfExtension[extname(path).toLowerCase()];
}

/**
 * The format of a source.
 * @throws UsageError if neither the request nor the extension of the path gives a format
 */
export function requireFormat(path: string, request: TableRequest): TableFormat {
  const format = request.format ?? tableFormatOf(path);
  if (format === undefined) {
    throw new UsageError(
      `${sourceName(path)} does not tell its table format; give --format (${tableFormats.join(", ")})`,
    );
  }
  return format;
}
