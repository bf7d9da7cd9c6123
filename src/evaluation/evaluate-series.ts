import { stdin as processStdin } from "node:process";
import { type Checkpoint } from "../checkpoint/format.ts";
import { openEngine, engineLike } from "../engine/engines.ts";
import { Layout } from "../engine/tensor.ts";
import { CharrnnError } from "../errors.ts";
import { Network } from "../model/network.ts";
import { writeStored } from "../model/weights.ts";
import { type NumberScores } from "../tasks/class-scores.ts";
import { type TablePaths } from "../tasks/examples/example-dataset.ts";
import { codeOf, networkSizes, type EncodedSeries, type SeriesCode } from "../tasks/series/code.ts";
import { type SeriesScores } from "../tasks/series/error-sums.ts";
import { measureSeries } from "../tasks/series/measure.ts";
import { encodeSplits, readSeries, splitTables } from "../tasks/series/series-dataset.ts";
import { SeriesScorer } from "../tasks/series/series-scorer.ts";
import { wholeParts, type Part } from "../tasks/series/series-splits.ts";
import { planScoring } from "../tasks/series/stretches.ts";
import { sourceName } from "../text/sources.ts";
import { tableFormatOf } from "../text/tables/table.ts";
import { type EvaluateOptions } from "./evaluate.ts";
import { readOwnTables } from "./own-tables.ts";
import { type EvaluationSource } from "./source.ts";

/** The scores of a model on rows of series, in the units of the data, and those of baselines on the same rows. */
export interface SeriesEvaluation extends SeriesScores {
  readonly text: string;
  /** The rows that were predicted: all except the first of each series. */
  readonly examples: number;
  /** The mean of the squared errors of all numbers, in squared deviations. */
  readonly loss: number;
  readonly seconds: number;
  readonly baselines: {
    /** Always the row before. */
    readonly last: NumberScores;
    /** Always the mean of the training split. */
    readonly mean: NumberScores;
  } | null;
}

/**
 * Scores a model of series: on a split of its own tables, or on a table like them. The model reads up to 1,000 rows
 * before the first row that it predicts, if there are so many.
 * @throws UsageError, CharrnnError if the table cannot be read, if the split's tables are gone or have changed, if there
 * is no row to predict, or the engine cannot run here
 */
export async function evaluateSeries(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: EvaluateOptions = {},
): Promise<SeriesEvaluation> {
  const { baselines: wanted = true, threads, signal, progress } = options;
  const code = codeOf(checkpoint);
  const { name, parts } = await partsOf(checkpoint, code, source, options);
  const stretches = planScoring(parts);
  if (stretches.length === 0) throw new CharrnnError(`${name} has no row to predict: a series needs 2 rows`);
  const layout = new Layout();
  const network = new Network(layout, checkpoint.model, networkSizes(code), { training: false });
  const scorer = new SeriesScorer(layout, network, stretches);
  const engine = await openEngine(layout, scorer.programs, {
    engine: engineLike(checkpoint.training?.engine, options.engine),
    threads,
  });
  const started = performance.now();
  try {
    writeStored(engine, network.parameters, checkpoint.parameters);
    const { rows, loss, baselines, ...scores } = await measureSeries(scorer, engine, code, (done, total) => {
      signal?.throwIfAborted();
      progress?.(done, total);
    });
    return {
      text: name,
      examples: rows,
      loss,
      ...scores,
      seconds: (performance.now() - started) / 1000,
      baselines: wanted ? baselines : null,
    };
  } finally {
    await engine.close();
  }
}

/** The rows to score: those of a split of the model's own tables, or a whole table. */
async function partsOf(
  checkpoint: Checkpoint,
  code: SeriesCode,
  source: EvaluationSource,
  { corpusFolder }: EvaluateOptions,
): Promise<{ name: string; parts: readonly Part<EncodedSeries>[] }> {
  const { split, text, stdin = processStdin } = source;
  if (text !== undefined && split === undefined) {
    const columns = { ...code.columns, format: tableFormatOf(text) ?? code.columns.format };
    const { files } = await readSeries({ files: [text], val: undefined, test: undefined }, columns, stdin);
    const whole = { train: wholeParts(files), val: [], test: [] };
    return { name: sourceName(text), parts: encodeSplits(whole, code).train };
  }
  const part = split ?? "val";
  const read = (paths: TablePaths) => readSeries(paths, code.columns, stdin);
  const { tables, options } = await readOwnTables(checkpoint, read, source, corpusFolder);
  const parts = encodeSplits(splitTables(tables, options), code)[part];
  if (parts.length === 0)
    throw new CharrnnError(`the ${part} split has no rows: name another split, or a table`);
  return { name: `${part} split`, parts };
}
