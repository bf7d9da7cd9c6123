import { UsageError } from "../../errors.ts";
import { type ColumnName, type TableRequest } from "./request.ts";

/** The position that `findColumns` gives to an optional column that is missing. */
export const MISSING = -1;

/** An error lists at most this many column names. */
const MOST_LISTED = 20;

/** Whether a table's first line names its columns. */
export function hasHeader({ header, columns }: TableRequest): boolean {
  return header ?? columns.some((column) => !isNumber(column));
}

/**
 * The positions of the requested columns, from 0, in a table that has `count` columns. `names` are the names of these
 * columns, if they have names.
 * @throws UsageError if the table lacks a column that must be there, or has two columns of a requested name
 */
export function findColumns(
  table: string,
  { columns, optionalColumns = [] }: TableRequest,
  count: number,
  names?: readonly string[],
): number[] {
  return columns.map((column) => {
    const position = positionOf(table, column, count, names);
    if (position !== MISSING || optionalColumns.includes(column)) return position;
    throw missingColumn(table, column, count, names);
  });
}

/**
 * The error for a table that lacks a column.
 * @param names the names of its columns, if they have names
 */
export function missingColumn(
  table: string,
  column: ColumnName,
  count: number,
  names?: readonly string[],
): UsageError {
  if (names !== undefined) {
    const shown = names.slice(0, MOST_LISTED).map((name) => JSON.stringify(name));
    const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : "";
    const known = names.length === 0 ? "no columns" : `${shown.join(", ")}${more}`;
    return new UsageError(`${table} has no column ${JSON.stringify(column)}; it has ${known}`);
  }
  const numbers = count === 1 ? "1 column" : `${count} columns, numbered from 1`;
  if (isNumber(column)) return new UsageError(`${table} has no column ${column}; it has ${numbers}`);
  return new UsageError(
    `${table} is read without column names; instead of ${JSON.stringify(column)}, give the column's number (it has ${numbers})`,
  );
}

function positionOf(
  table: string,
  column: ColumnName,
  count: number,
  names: readonly string[] | undefined,
): number {
  const first = names?.indexOf(column) ?? MISSING;
  const second = names?.indexOf(column, first + 1) ?? MISSING;
  if (first !== MISSING && second !== MISSING) {
    throw new UsageError(
      `${table} has two columns named ${JSON.stringify(column)}; take one by its number, ${first + 1} or ${second + 1}`,
    );
  }
  if (first !== MISSING || !isNumber(column)) return first;
  const number = Number(column);
  return number >= 1 && number <= count ? number - 1 : MISSING;
}

function isNumber(column: ColumnName): boolean {
  return /^[0-9]+$/.test(column);
}
