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
  /**
   * If tokens have tags: the tokens. The steps are then the characters of the tokens and of the spaces between them.
   */
  readonly tokens?: readonly string[] | undefined;
  /** The answer, or the tags of the steps or tokens. Empty if the table has no target. */
  readonly targets: readonly string[];
  readonly group: string | undefined;
  /** Absent if the model reads no features. */
  readonly features?: readonly string[] | undefined;
  /** The table, and the line where the example begins. */
  readonly table: string;
  readonly line: number;
}

/** Where an example stands, for messages: `names.tsv, line 3, column "name"`. */
export function placeIn({ table, line }: Pick<TableExample, "table" | "line">, column: string): string {
  return `${sourceName(table)}, line ${line}, column ${JSON.stringify(column)}`;
}

/**
 * The examples of a table, in its order. The examples have no targets if `needsTarget` is false and the table has none.
 * Sequences come after the whole table has been read. Other examples come as soon as their row is read.
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
    if (needsTarget && (example.targets.length === 0 || example.targets.includes(""))) {
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
  const { input, target, kind, tags } = columns;
  const at = { table, line: row.line };
  const cells = cellsOf(row, columns);
  const features = columns.features === undefined ? undefined : featuresOf(cells, columns.features, at);
  const example = { ...at, group: cells.group, ...(features && { features }) };
  const [value] = cells.input;
  if (tags !== undefined) return { ...example, ...tagged(value, cells.target, columns, at) };
  const targets = [textOf(cells.target, at, target)].filter((text) => text !== "");
  if (kind === "number") return { ...example, targets, steps: [numbersOf(cells.input, at, input)] };
  const steps = kind === "token" ? tokensOf(value) : typeof value === "string" ? value : value.join(" ");
  return { ...example, targets, steps: withinLength(steps, columns, at) };
}

/** The steps and tags of an example whose steps or tokens have tags. The targets are empty if the table has none. */
function tagged(
  value: Value,
  target: Value,
  columns: TableColumns,
  at: { table: string; line: number },
): Pick<TableExample, "steps" | "tokens" | "targets"> {
  const { kind, tags, input } = columns;
  const areTokens = kind === "token" || tags === "token";
  const split = areTokens
    ? tokensOf
    : (cell: Value, column: string) => Array.from(textOf(cell, at, column, "add --target-tokens"));
  const pieces = split(value, input[0]);
  const targets = split(target, columns.target);
  if (targets.length > 0 && targets.length !== pieces.length) {
    const unit = areTokens ? "tokens" : "characters";
    throw new CharrnnError(
      `${placeIn(at, columns.target)} has ${targets.length} tags for ${pieces.length} ${unit}: there must be one tag for each`,
    );
  }
  if (tags === "step") {
    const steps = withinLength(kind === "token" ? pieces : pieces.join(""), columns, at);
    return { steps, targets: targets.slice(0, stepCount(steps, kind)) };
  }
  const text = withinLength(pieces.join(" "), columns, at);
  // A token that was cut in its middle is left out.
  let length = -1;
  const fit = pieces.filter((piece) => (length += 1 + Array.from(piece).length) <= Array.from(text).length);
  if (fit.length > 0) return { steps: fit.join(" "), tokens: fit, targets: targets.slice(0, fit.length) };
  throw new CharrnnError(
    `${placeIn(at, input[0])} begins with a token of ${Array.from(pieces[0]).length} characters, ` +
      `more than --max-length ${columns.maxLength}: raise --max-length, or take the line out`,
  );
}

/** The features in a cell: a list, or a text between semicolons. A cell may have no features. */
function featuresOf({ features }: Cells, column: string, at: { table: string; line: number }): string[] {
  if (features === undefined) {
    throw new CharrnnError(
      `${sourceName(at.table)} has no column ${JSON.stringify(column)}, from which the model reads features: give a table with this column`,
    );
  }
  const pieces = typeof features === "string" ? features.split(";") : features;
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
}

interface Cells {
  readonly input: readonly Value[];
  readonly target: Value;
  readonly sequence: string;
  readonly order: Value;
  readonly group: string | undefined;
  readonly features: Value | undefined;
}

/** The values of a row by their use. `requestedColumns` gives their order. */
function cellsOf({ values }: TableRow, { input, sequence, order, group, features }: TableColumns): Cells {
  const others = values.slice(input.length + 1);
  const next = (column: string | undefined) => (column === undefined ? undefined : others.shift());
  return {
    input: values.slice(0, input.length),
    target: values[input.length],
    sequence: String(next(sequence) ?? ""),
    order: next(order) ?? "",
    group: group === undefined ? undefined : String(next(group)),
    features: next(features),
  };
}

function textOf(value: Value, at: { table: string; line: number }, column: string, advice = ""): string {
  if (typeof value === "string") return value;
  throw new CharrnnError(
    `${placeIn(at, column)} has a list where one label or number must be${advice && `: ${advice}`}`,
  );
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
 * @throws CharrnnError if the cell has no number
 */
export function numberIn(value: Value, at: { table: string; line: number }, column: string): number {
  const number = typeof value === "string" ? numberOf(value) : undefined;
  if (number !== undefined) return number;
  throw new CharrnnError(
    `${placeIn(at, column)} must be a number, but is ${JSON.stringify(value)}: write a number such as -1.5, or take the line out`,
  );
}

/** A row of a sequence, and the number by which the rows of the sequence are put in order. */
interface SequenceRow {
  readonly at: { readonly table: string; readonly line: number };
  readonly cells: Cells;
  readonly key: number;
}

/**
 * The examples whose steps are the rows that share a value of the column `sequence`, in the order of their first rows.
 * The rows of an example have one target in common, or a tag each.
 */
function sequencesOf(table: string, rows: readonly TableRow[], columns: TableColumns): TableExample[] {
  const { input, order, tags } = columns;
  const byId = new Map<string, SequenceRow[]>();
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
    const sorted = members.toSorted((one, other) => one.key - other.key);
    const rows = sorted.map(({ at, cells }) => numbersOf(cells.input, at, input));
    const steps = withinLength(rows, columns, at);
    const targets =
      tags === undefined
        ? commonTarget(members, columns)
        : sorted.slice(0, steps.length).map(({ at, cells }) => textOf(cells.target, at, columns.target));
    return { steps, targets, group: first.group, ...at };
  });
}

/** @throws CharrnnError if the rows of an example have different targets */
function commonTarget(rows: readonly SequenceRow[], { target }: TableColumns): string[] {
  const [{ at, cells: first }] = rows;
  const label = textOf(first.target, at, target);
  for (const { at: other, cells } of rows) {
    if (cells.target === first.target) continue;
    throw new CharrnnError(
      `${placeIn(other, target)} is ${JSON.stringify(cells.target)}, but the sequence ${JSON.stringify(first.sequence)} ` +
        `begins at line ${at.line} with ${JSON.stringify(label)}: give all rows of a sequence the same target`,
    );
  }
  return label === "" ? [] : [label];
}

/** The steps of an example as a list: characters, tokens or rows. */
export function stepList(steps: Steps): (string | readonly number[])[] {
  return Array.from<string | readonly number[]>(steps);
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
      `${placeIn(at, input[0])} has ${length} steps, more than --max-length ${maxLength}: raise --max-length, or cut long examples with --truncate`,
    );
  }
  const shorter = cut(steps, kind, maxLength) as Own;
  if (shorter.length > 0) return shorter;
  const [first] = steps;
  throw new CharrnnError(
    `${placeIn(at, input[0])} begins with a character of ${Buffer.byteLength(String(first))} bytes, ` +
      `more than --max-length ${maxLength}: raise --max-length, or take the line out`,
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
