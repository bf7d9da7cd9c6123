import { stdin as processStdin } from "node:process";
import { requireNumber } from "../../arguments.ts";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { type Engine } from "../../engine/engine.ts";
import { openEngine } from "../../engine/engines.ts";
import { Layout } from "../../engine/tensor.ts";
import { CharrnnError, UsageError } from "../../errors.ts";
import { Network } from "../../model/network.ts";
import { writeStored } from "../../model/weights.ts";
import { worthThreads } from "../../sampling/sample.ts";
import { findFile, sourceName, type Source } from "../../text/sources.ts";
import { tableFormatOf } from "../../text/tables/table.ts";
import { type Answered, type Chunk, type PredictOptions } from "../task.ts";
import { codeOf, networkSizes, numbersOfOutputs, standardise, type SeriesCode } from "./code.ts";
import { type SeriesColumns } from "./columns.ts";
import { RowReader, type RowProgram } from "./row-reader.ts";
import { lineRows, seriesOf, type SeriesRow, type SeriesRows } from "./series-table.ts";

/**
 * The predictions of a model for the series of the table at `path`, or of a text with a row of numbers on each line.
 * Each row is answered with the next row, as soon as it is read. With `steps`, only the rows after the last row of each
 * series are predicted, each from the prediction before it.
 * @throws UsageError, CharrnnError if an option or a row is wrong, or the engine cannot run here
 */
export async function* predict(
  checkpoint: Checkpoint,
  path: string,
  options: PredictOptions = {},
): AsyncGenerator<Answered, void, undefined> {
  const { engine: choice, threads } = options;
  const code = codeOf(checkpoint);
  const layout = new Layout();
  const network = new Network(layout, checkpoint.model, networkSizes(code), { training: false });
  const reader = new RowReader(layout, network, 1);
  const engine = await openEngine(layout, reader.programs, {
    engine: choice,
    threads,
    worthThreads: worthThreads(checkpoint),
  });
  try {
    writeStored(engine, network.parameters, checkpoint.parameters);
    yield* answersFor(path, options, { code, reader, engine });
  } finally {
    await engine.close();
  }
}

/** A model that predicts rows. `learn` makes an update with a chunk. Without `learn`, the model does not learn. */
export interface RowModel {
  readonly code: SeriesCode;
  readonly reader: RowReader;
  readonly engine: Engine<RowProgram>;
  readonly learn?: (chunk: Chunk) => Promise<void>;
}

/** The predictions of a model for the rows at `path`. The model learns from each row after it has predicted the row. */
export async function* answersFor(
  path: string,
  options: PredictOptions,
  model: RowModel,
): AsyncGenerator<Answered, void, undefined> {
  requireRowOptions(options);
  const { format, steps, stdin = processStdin } = options;
  const { code, reader, engine, learn } = model;
  const source = await findFile(path, stdin);
  const table = source.name;
  const predictFrom = async ({ line, values }: SeriesRow) => {
    const outputs = await reader.read(engine, standardise(values, code.scales));
    return { line, values: numbersOfOutputs(outputs, code.scales) };
  };
  const found = format ?? tableFormatOf(source.name);
  for await (const { rows } of seriesIn(source, { ...code.columns, format: found })) {
    let last: { readonly row: SeriesRow; readonly next: SeriesRow } | undefined;
    reader.begin(engine);
    for await (const row of rows) {
      const chunk = learn && reader.chunkFor(standardise(row.values, code.scales));
      if (chunk) await learn(chunk);
      last = { row, next: await predictFrom(row) };
      if (steps === undefined) yield answerOf(table, last);
    }
    for (let step = 1; step <= (steps ?? 0) && last !== undefined; step++) {
      yield answerOf(table, last);
      if (step !== steps) last = { row: last.next, next: await predictFrom(last.next) };
    }
  }
}

/** @throws UsageError if an option is for models that predict classes, or is out of range */
function requireRowOptions({ top = 1, threshold, steps }: PredictOptions): void {
  if (top !== 1) throw new UsageError("--top is for models that predict classes: leave out --top");
  if (threshold !== undefined)
    throw new UsageError("--threshold is for a model of two classes: leave out --threshold");
  if (steps !== undefined) requireNumber(steps, "the number of steps", { min: 1 }, true);
}

/**
 * The series of a source: the series of a table if the source has a table format, or else the rows on the lines of the
 * source.
 */
function seriesIn(source: Source, columns: SeriesColumns): AsyncIterable<SeriesRows> | Iterable<SeriesRows> {
  const { format, input, sequence, order } = columns;
  if (format !== undefined) return seriesOf(source, columns);
  if (sequence === undefined && order === undefined) return [{ rows: lineRows(source, input) }];
  throw new CharrnnError(
    `the model finds its series by the column ${sequence ?? order}: give ${sourceName(source.name)} as a table, and add ` +
      "--format if the file's extension does not tell the format",
  );
}

/** The answer to a row. A row of one number is predicted as a number. */
function answerOf(table: string, { row, next }: { row: SeriesRow; next: SeriesRow }): Answered {
  const { values } = next;
  return {
    table,
    line: row.line,
    input: row.values,
    prediction: values.length === 1 ? values[0] : values,
  };
}
