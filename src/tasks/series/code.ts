import { isRecord, type Checkpoint, type TaskRecord, type Tree } from "../../checkpoint/format.ts";
import { tableFormats } from "../../text/tables/table.ts";
import { invalidTask, scalesOf } from "../examples/encoder.ts";
import { type Scale } from "../examples/scale.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { type TaskMembers } from "../task.ts";
import { type SeriesColumns } from "./columns.ts";
import { type SeriesRow } from "./series-table.ts";

/** All that turns the rows of a table into the inputs of a network, and its outputs into numbers. */
export interface SeriesCode {
  readonly columns: SeriesColumns;
  /** How each column is standardised: by its mean and deviation in the training split. */
  readonly scales: readonly Scale[];
}

/** A series as it stands in a table, and as a network reads it. Both arrays are [rows, columns]. */
export interface EncodedSeries {
  readonly length: number;
  readonly numbers: Float64Array;
  readonly standardised: Float32Array;
}

export function encodeSeries(rows: readonly SeriesRow[], { scales }: SeriesCode): EncodedSeries {
  const numbers = Float64Array.from(rows.flatMap(({ values }) => values));
  return { length: rows.length, numbers, standardised: Float32Array.from(standardise(numbers, scales)) };
}

/** Rows of numbers, each less the mean of its column and divided by the column's deviation. */
export function standardise(numbers: ArrayLike<number>, scales: readonly Scale[]): number[] {
  return Array.from(numbers, (number, index) => {
    const { mean, deviation } = scales[index % scales.length];
    return (number - mean) / deviation;
  });
}

/** The numbers that a row of outputs stands for. */
export function numbersOfOutputs(outputs: ArrayLike<number>, scales: readonly Scale[]): number[] {
  return scales.map(({ mean, deviation }, column) => mean + deviation * outputs[column]);
}

/** The network reads as many numbers as it predicts. */
export function networkSizes({ scales }: SeriesCode): NetworkSizes {
  return { inputs: scales.length, outputs: scales.length, numeric: true };
}

/** What a checkpoint keeps of a code. */
export function membersOf(code: SeriesCode): TaskMembers {
  return {
    vocabulary: { unit: "number", symbols: [] },
    task: {
      ...networkSizes(code),
      table: { ...code.columns },
      scales: code.scales.map((scale) => ({ ...scale })),
    },
  };
}

/**
 * The code that a checkpoint keeps.
 * @throws CharrnnError if the checkpoint has no code that fits its network
 */
export function codeOf({ task }: Pick<Checkpoint, "task">): SeriesCode {
  const { table, scales = null }: Partial<TaskRecord> = task ?? {};
  if (!isRecord(table) || !isSeriesTable(table)) throw invalidTask("it does not say how to read a table");
  const code = { columns: table as unknown as SeriesColumns, scales: scalesOf(scales) };
  const { length } = code.columns.input;
  if ([code.scales.length, task?.inputs, task?.outputs].some((count) => count !== length)) {
    throw invalidTask("its numbers of inputs and outputs do not fit its columns");
  }
  return code;
}

function isSeriesTable({
  format,
  header,
  input,
  sequence,
  order,
}: Readonly<Record<string, Tree | undefined>>): boolean {
  return (
    (format === undefined || (tableFormats as readonly unknown[]).includes(format)) &&
    (header === undefined || typeof header === "boolean") &&
    Array.isArray(input) &&
    input.every((column) => typeof column === "string") &&
    [sequence, order].every((column) => column === undefined || typeof column === "string")
  );
}
