import { CharrnnError } from "../../errors.ts";
import { type TableRow } from "./request.ts";

/**
 * A line of a text as a row of cells, which spaces, commas or semicolons separate.
 * @throws CharrnnError if the line does not have a cell for each of the `columns`
 */
export function cellsOfLine(
  table: string,
  { line, values }: TableRow,
  columns: readonly string[],
): TableRow & { readonly values: readonly string[] } {
  const cells = String(values[0])
    .trim()
    .split(/[\s,;]+/);
  if (cells.length === columns.length) return { line, values: cells };
  throw new CharrnnError(
    `${table}, line ${line} has ${cells.length} values, but the model reads ${columns.length} (${columns.join(", ")}): give one for each`,
  );
}
