import { CharrnnError } from "../../errors.ts";
import { sourceName, type Source } from "../../text/sources.ts";
import { tableRows, type Value } from "../../text/tables/table.ts";
import { exampleOf, placeIn, type TableExample } from "../examples/table-examples.ts";
import { columnsOfTexts, requestedColumns, type TextColumns } from "./columns.ts";
import { type Conditioned } from "./conditions.ts";

/** A text of a table with its conditions. `steps` are the symbols of the text. */
export type ConditionedText = TableExample & Conditioned;

/**
 * The texts of a table with their conditions, in the order of the table.
 * @throws UsageError, CharrnnError if the table cannot be read, or a text is empty or too long
 */
export async function* conditionedTexts(
  source: Source,
  columns: TextColumns,
): AsyncGenerator<ConditionedText> {
  const { format, header, input } = columns;
  const table = sourceName(source.name);
  const texts = columnsOfTexts(columns);
  for await (const { line, values } of tableRows(source, {
    format,
    header,
    columns: requestedColumns(columns),
  })) {
    const conditions = values
      .slice(1, 1 + input.length)
      .map((value, column) => conditionIn(value, { table, line }, input[column]));
    const group = values.slice(1 + input.length);
    yield { ...exampleOf(table, { line, values: [values[0], "", ...group] }, texts), conditions };
  }
}

function conditionIn(value: Value, at: { table: string; line: number }, column: string): string {
  if (typeof value !== "string") {
    throw new CharrnnError(`${placeIn(at, column)} has a list where one label or number must be`);
  }
  if (value !== "") return value;
  throw new CharrnnError(`${placeIn(at, column)} is empty: write a label or a number, or take the line out`);
}
