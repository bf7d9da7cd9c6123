import { sourceName, type Source } from "../../text/sources.ts";
import { cellsOfLine } from "../../text/tables/number-lines.ts";
import { plainRows } from "../../text/tables/plain.ts";
import { tableRows, type TableRow } from "../../text/tables/table.ts";
import { numberIn } from "../examples/table-examples.ts";
import { requestedColumns, type SeriesColumns } from "./columns.ts";

/** The numbers of one step of a series, and the line where they stand. */
export interface SeriesRow {
  readonly line: number;
  readonly values: readonly number[];
}

/** A series whose rows come one after another, in the order of time. */
export interface SeriesRows {
  readonly rows: Iterable<SeriesRow> | AsyncIterable<SeriesRow>;
}

/**
 * The series of a table, in the order of their first rows. If there is neither a `sequence` nor an `order`, the rows
 * come as they are read. The rows of one series must be taken before the next series.
 * @throws UsageError, CharrnnError if the table cannot be read, or a cell holds no number
 */
export async function* seriesOf(source: Source, columns: SeriesColumns): AsyncGenerator<SeriesRows> {
  const { format, header, input, sequence, order } = columns;
  const table = sourceName(source.name);
  const rows = tableRows(source, { format, header, columns: requestedColumns(columns) });
  if (sequence === undefined && order === undefined) {
    yield { rows: numbersIn(table, rows, input) };
    return;
  }
  const byId = new Map<string, { row: SeriesRow; key: number }[]>();
  for await (const { line, values } of rows) {
    const others = values.slice(input.length);
    const id = sequence === undefined ? "" : String(others.shift());
    const row = { line, values: numbersOf(table, { line, values }, input) };
    const key = order === undefined ? 0 : numberIn(others[0], { table, line }, order);
    const members = byId.get(id);
    if (members) members.push({ row, key });
    else byId.set(id, [{ row, key }]);
  }
  for (const members of byId.values()) {
    yield { rows: members.toSorted((one, other) => one.key - other.key).map(({ row }) => row) };
  }
}

/** The one series of a text that has the numbers of a row on each line. The rows come as they are read. */
export async function* lineRows(source: Source, input: readonly string[]): AsyncGenerator<SeriesRow> {
  const table = sourceName(source.name);
  for await (const batch of plainRows(source)) {
    for (const row of batch) {
      const cells = cellsOfLine(table, row, input);
      yield { line: row.line, values: numbersOf(table, cells, input) };
    }
  }
}

async function* numbersIn(
  table: string,
  rows: AsyncIterable<TableRow>,
  input: readonly string[],
): AsyncGenerator<SeriesRow> {
  for await (const row of rows) yield { line: row.line, values: numbersOf(table, row, input) };
}

function numbersOf(table: string, { line, values }: TableRow, input: readonly string[]): number[] {
  return input.map((column, index) => numberIn(values[index], { table, line }, column));
}
