import { type Readable } from "node:stream";
import { type CorpusRecord } from "../../checkpoint/format.ts";
import { CharrnnError } from "../../errors.ts";
import { type Source } from "../../text/sources.ts";
import { splitNames } from "../../text/splits.ts";
import { readTables, type ReadTables, type TablePaths } from "../read-tables.ts";
import { momentsOf, type Scale } from "../examples/scale.ts";
import { type Dataset, type Reading, type TaskOptions, type TrainingData } from "../task.ts";
import { codeOf, encodeSeries, type EncodedSeries, type SeriesCode } from "./code.ts";
import { type SeriesColumns } from "./columns.ts";
import { countRows, splitSeries, wholeParts, type Part, type SeriesSplits } from "./series-splits.ts";
import { seriesOf, type SeriesRow } from "./series-table.ts";
import { SeriesTrainingData } from "./series-training-data.ts";

/** The series of tables, before the split. */
export type ReadSeries = ReadTables<readonly SeriesRow[]>;

/**
 * Reads the tables of a run. A series never continues in the next table.
 * @throws UsageError, CharrnnError if a table cannot be read, or has no rows
 */
export function readSeries(
  paths: TablePaths,
  columns: SeriesColumns,
  stdin: Readable,
  onBytes?: (bytes: number) => void,
): Promise<ReadSeries> {
  const reader = {
    read: (source: Source) => wholeSeries(source, columns),
    needs: "rows: name a table with a row for each step",
    count: (series: readonly SeriesRow[]) => series.length,
  };
  return readTables(paths, reader, stdin, onBytes);
}

async function* wholeSeries(source: Source, columns: SeriesColumns): AsyncGenerator<readonly SeriesRow[]> {
  for await (const { rows } of seriesOf(source, columns)) {
    const series: SeriesRow[] = [];
    for await (const row of rows) series.push(row);
    if (series.length > 0) yield series;
  }
}

/** Splits series by the fractions, except the splits that have tables of their own. */
export function splitTables(
  { files, val, test }: ReadSeries,
  { valFrac, testFrac }: Pick<TaskOptions, "valFrac" | "testFrac">,
): SeriesSplits {
  const splits = splitSeries(files, { valFrac: val ? 0 : valFrac, testFrac: test ? 0 : testFrac });
  return {
    train: splits.train,
    val: val ? wholeParts(val) : splits.val,
    test: test ? wholeParts(test) : splits.test,
  };
}

/** The series of tables for training. */
export class SeriesDataset implements Dataset {
  readonly record: CorpusRecord;
  readonly bytes: number;
  readonly #tables: ReadSeries;
  readonly #columns: SeriesColumns;
  readonly #reading: Pick<Reading, "from">;

  constructor(tables: ReadSeries, columns: SeriesColumns, reading: Pick<Reading, "from">) {
    this.record = tables.record;
    this.#tables = tables;
    this.#columns = columns;
    this.#reading = reading;
    this.bytes = tables.record.symbols * (BYTES_PER_ROW + BYTES_PER_NUMBER * columns.input.length);
  }

  trainingData(options: TaskOptions): TrainingData {
    const splits = splitTables(this.#tables, options);
    const { rows, predicted } = countRows(splits.train);
    if (predicted === 0) {
      throw new CharrnnError(
        `no row can be predicted: the training split has ${rows === 1 ? "1 row" : `${rows} rows`}, and a series needs 2; ` +
          "give more rows, or lower --val-frac and --test-frac",
      );
    }
    const { from } = this.#reading;
    const scales = from ? codeOf(from).scales : scalesOf(splits.train, this.#columns);
    const code = { columns: this.#columns, scales };
    return new SeriesTrainingData(encodeSplits(splits, code), code, options);
  }
}

/** Encodes the series of all splits, each series once. */
export function encodeSplits(splits: SeriesSplits, code: SeriesCode): SeriesSplits<EncodedSeries> {
  const encoded = new Map<readonly SeriesRow[], EncodedSeries>();
  const encode = (rows: readonly SeriesRow[]) => {
    const series = encoded.get(rows) ?? encodeSeries(rows, code);
    encoded.set(rows, series);
    return series;
  };
  const parts = splitNames.map((name) => [
    name,
    splits[name].map(({ series, ...rest }) => ({ ...rest, series: encode(series) })),
  ]);
  return Object.fromEntries(parts) as SeriesSplits<EncodedSeries>;
}

/** The mean and the deviation of each column of the training split. */
function scalesOf(training: readonly Part<readonly SeriesRow[]>[], { input }: SeriesColumns): Scale[] {
  const rows = training.flatMap(({ series, start, end }) => series.slice(start, end));
  return input.map((_, column) => momentsOf(rows.map(({ values }) => values[column])));
}

/** About the memory of a row's objects, and of a number, which is kept as read, as a float64 and as a float32. */
const BYTES_PER_ROW = 100;
const BYTES_PER_NUMBER = 20;
