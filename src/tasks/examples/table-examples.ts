import { CharrnnError } from "../../errors.ts";
import { sourceName, type Source } from "../../text/sources.ts";
import { numberOf } from "../../text/tables/numbers.ts";
import { tableRows, type TableRow, type Value } from "../../text/tables/table.ts";
import { type Steps } from "../task.ts";
import { requestedColumns, type InputKind, type TableColumns } from "./columns.ts";

/** An example as it stands in a table. */
export interface TableExample {
  /** The steps: characters of a text, tokens, or rows of numbers. */
  readonly steps: Steps;
  /** Empty if the table has no target. */
  readonly target: string;
  readonly group: string | undefined;
  /** The table, and the line where the example begins. */
  readonly table: string;
  readonly line: number;
}

/** Where an example stands, for messages: `names.tsv, line 3, column "name"`. */
export function placeIn({ table, line }: Pick<TableExample, "table" | "line">, column: string): string {
  return `${sourceName(table)}, line ${line}, column ${JSON.stringify(column)}`;
}

/**
 * The examples of a table, in its order. Their targets are "" if `needsTarget` is false and the table has none.
 * Sequences are ready when the whole table has been read, all others as their row is read.
 * @throws UsageError, CharrnnError if the table cannot be read, an example is empty or too long, or has no number where
 * one must be
 */
export async function* tableExamples(
  source: Source,
  columns: TableColumns,
  needsTarget: boolean,
): AsyncGenerator<TableExample> {
  const request = {
    format: columns.format,
    header: columns.header,
    columns: requestedColumns(columns),
    ...(needsTarget ? {} : { optionalColumns: [columns.target] }),
  };
  const rows = tableRows(source, request);
  const name = sourceName(source.name);
  const examples =
    columns.sequence === undefined
      ? rowExamples(name, rows, columns)
      : sequencesOf(name, await collect(rows), columns);
  for await (const example of examples) {
    if (needsTarget && example.target === "") {
      throw new CharrnnError(
        `${placeIn(example, columns.target)} is empty: write the right answer, or take the line out`,
      );
    }
    yield example;
  }
}

async function* rowExamples(
  table: string,
  rows: AsyncIterable<TableRow>,
  columns: TableColumns,
): AsyncGenerator<TableExample> {
  for await (const row of rows) yield exampleOf(table, row, columns);
}

async function collect(rows: AsyncIterable<TableRow>): Promise<TableRow[]> {
  const collected: TableRow[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

/** An example that is one row of a table. */
export function exampleOf(table: string, row: TableRow, columns: TableColumns): TableExample {
  const { input, target, kind } = columns;
  const at = { table, line: row.line };
  const cells = cellsOf(row, columns);
  const example = { ...at, target: textOf(cells.target, at, target), group: cells.group };
  if (kind === "number") return { ...example, steps: [numbersOf(cells.input, at, input)] };
  const [value] = cells.input;
  const steps = kind === "token" ? tokensOf(value) : typeof value === "string" ? value : value.join(" ");
  return { ...example, steps: withinLength(steps, columns, at) };
}

interface Cells {
  readonly input: readonly Value[];
  readonly target: Value;
  readonly sequence: string;
  readonly order: Value;
  readonly group: string | undefined;
}

/** The values of a row by what they are for: see `requestedColumns`. */
function cellsOf({ values }: TableRow, { input, sequence, order, group }: TableColumns): Cells {
  const others = values.slice(input.length + 1);
  const next = (column: string | undefined) => (column === undefined ? undefined : others.shift());
  return {
    input: values.slice(0, input.length),
    target: values[input.length],
    sequence: String(next(sequence) ?? ""),
    order: next(order) ?? "",
    group: group === undefined ? undefined : String(next(group)),
  };
}

function textOf(value: Value, at: { table: string; line: number }, column: string): string {
  if (typeof value === "string") return value;
  throw new CharrnnError(`${placeIn(at, column)} has a list where one label or number must be`);
}

function tokensOf(value: Value): readonly string[] {
  return typeof value === "string" ? value.split(" ").filter((token) => token !== "") : value;
}

function numbersOf(
  values: readonly Value[],
  at: { table: string; line: number },
  columns: readonly string[],
): number[] {
  return values.map((value, index) => numberIn(value, at, columns[index]));
}

/**
 * The number in a cell.
 * @throws CharrnnError if there is none
 */
export function numberIn(value: Value, at: { table: string; line: number }, column: string): number {
  const number = typeof value === "string" ? numberOf(value) : undefined;
  if (number !== undefined) return number;
  throw new CharrnnError(
    `${placeIn(at, column)} must be a number, but is ${JSON.stringify(value)}: write a number such as -1.5, or take the line out`,
  );
}

/** The examples whose steps are the rows that share a value of the column `sequence`, in the order of their first rows. */
function sequencesOf(table: string, rows: readonly TableRow[], columns: TableColumns): TableExample[] {
  const { input, target, order } = columns;
  const byId = new Map<string, { at: { table: string; line: number }; cells: Cells; key: number }[]>();
  for (const row of rows) {
    const at = { table, line: row.line };
    const cells = cellsOf(row, columns);
    const key = order === undefined ? 0 : numberIn(cells.order, at, order);
    const known = byId.get(cells.sequence) ?? [];
    byId.set(cells.sequence, known);
    known.push({ at, cells, key });
  }
  return [...byId.values()].map((members) => {
    const [{ at, cells: first }] = members;
    const label = textOf(first.target, at, target);
    for (const { at: other, cells } of members) {
      if (cells.target === first.target) continue;
      throw new CharrnnError(
        `${placeIn(other, target)} is ${JSON.stringify(cells.target)}, but the sequence ${JSON.stringify(first.sequence)} ` +
          `begins at line ${at.line} with ${JSON.stringify(label)}: a sequence has one target`,
      );
    }
    const steps = members
      .toSorted((one, other) => one.key - other.key)
      .map(({ at, cells }) => numbersOf(cells.input, at, input));
    return { steps: withinLength(steps, columns, at), target: label, group: first.group, ...at };
  });
}

/** How many steps an example has: code points, bytes, tokens or rows. */
export function stepCount(steps: Steps, kind: InputKind): number {
  if (typeof steps !== "string") return steps.length;
  return kind === "byte" ? Buffer.byteLength(steps) : Array.from(steps).length;
}

/** @throws CharrnnError if there are no steps, or more than --max-length and they may not be cut */
function withinLength<Own extends Steps>(
  steps: Own,
  { kind, maxLength, truncate, input }: TableColumns,
  at: { table: string; line: number },
): Own {
  const length = stepCount(steps, kind);
  if (length === 0) {
    throw new CharrnnError(
      `${placeIn(at, input[0])} is empty: give the example an input, or take the line out`,
    );
  }
  if (length <= maxLength) return steps;
  if (!truncate) {
    throw new CharrnnError(
      `${placeIn(at, input[0])} has ${length} steps: raise --max-length ${maxLength}, or cut long examples with --truncate`,
    );
  }
  const shorter = cut(steps, kind, maxLength) as Own;
  if (shorter.length > 0) return shorter;
  const [first] = steps;
  throw new CharrnnError(
    `${placeIn(at, input[0])} begins with a character of ${Buffer.byteLength(String(first))} bytes: ` +
      `raise --max-length ${maxLength}, or take the line out`,
  );
}

function cut(steps: Steps, kind: InputKind, length: number): Steps {
  if (typeof steps !== "string") return steps.slice(0, length);
  const characters = Array.from(steps);
  if (kind === "char") return characters.slice(0, length).join("");
  // A character whose bytes do not all fit is left out, so that the bytes stay UTF-8.
  let bytes = 0;
  const end = characters.findIndex((character) => (bytes += Buffer.byteLength(character)) > length);
  return characters.slice(0, end).join("");
}
