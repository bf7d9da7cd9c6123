import { UsageError } from "../../errors.ts";
import { type TableFormat } from "../../text/tables/table.ts";
import { namedColumns } from "../examples/columns.ts";
import { type TaskOptions } from "../task.ts";

/**
 * How the rows of a table become series: the `task.table` member of a checkpoint. A table that is predicted or
 * evaluated later is read in the same way.
 */
export interface SeriesColumns {
  readonly format?: TableFormat | undefined;
  readonly header?: boolean | undefined;
  /** The columns of numbers. */
  readonly input: readonly string[];
  /** Rows that share a value of this column are one series. Undefined: a table is one series. */
  readonly sequence?: string | undefined;
  /** The column that puts the rows of a series in order. Undefined: the order of the table. */
  readonly order?: string | undefined;
}

/**
 * Reads from the options how tables become series.
 * @throws UsageError if --input is missing, or --embedding is given
 */
export function seriesColumnsOf(options: TaskOptions): SeriesColumns {
  const { task, format, header, sequence, order, embedding } = options;
  if (embedding > 0) {
    throw new UsageError("--embedding is for symbols, but a series is numbers: leave out --embedding");
  }
  const input = namedColumns(options.input, task, "--input", "the columns of numbers to read and to predict");
  return { format, header: header || undefined, input, sequence, order };
}

/** The columns that are read for every row, in the order of their values. */
export function requestedColumns({ input, sequence, order }: SeriesColumns): string[] {
  return [...input, ...[sequence, order].filter((column) => column !== undefined)];
}
