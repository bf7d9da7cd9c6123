import { stdin as processStdin } from "node:process";
import { type Checkpoint } from "../checkpoint/format.ts";
import { openEngine, engineLike } from "../engine/engines.ts";
import { Layout } from "../engine/tensor.ts";
import { CharrnnError } from "../errors.ts";
import { Network } from "../model/network.ts";
import { writeStored } from "../model/weights.ts";
import { type NumberScores } from "../tasks/class-scores.ts";
import { codeOf, networkSizes, type EncodedSeries } from "../tasks/series/code.ts";
import { type SeriesScores } from "../tasks/series/error-sums.ts";
import { measureSeries } from "../tasks/series/measure.ts";
import { encodeSplits, readSeries, splitTables } from "../tasks/series/series-dataset.ts";
import { type SeriesRow } from "../tasks/series/series-table.ts";
import { SeriesScorer } from "../tasks/series/series-scorer.ts";
import { wholeParts, type Part } from "../tasks/series/series-splits.ts";
import { planScoring } from "../tasks/series/stretches.ts";
import { isOfTask, taskNameOf } from "../tasks/index.ts";
import { type EvaluateOptions } from "./evaluate.ts";
import { partsToScore, type PartsOfTables } from "./own-tables.ts";
import { type EvaluationSource } from "./source.ts";

/** The scores of a model on rows of series, in the units of the data, and the scores of baselines on the same rows. */
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
 * Scores a model of series, on a split of its own tables or on another table with the same columns. Before the first
 * row that it predicts, the model reads up to 1,000 rows.
 * @throws UsageError, CharrnnError if the model is not one of series, if the table cannot be read, if the split's
 * tables are gone or have changed, if there is no row to predict, or the engine cannot run here
 */
export async function evaluateSeries(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: EvaluateOptions = {},
): Promise<SeriesEvaluation> {
  const { baselines: wanted = true, threads, signal, progress } = options;
  if (!isOfTask(checkpoint, "series")) {
    throw new CharrnnError(
      `a model for ${taskNameOf(checkpoint)} cannot score series; name a model of series`,
    );
  }
  const code = codeOf(checkpoint);
  const { stdin = processStdin } = source;
  const { columns } = code;
  const tables: PartsOfTables<readonly SeriesRow[], Part<EncodedSeries>> = {
    read: (paths, format = columns.format) => readSeries(paths, { ...columns, format }, stdin),
    split: (read, own) => encodeSplits(splitTables(read, own), code),
    whole: (series) => encodeSplits({ train: wholeParts(series), val: [], test: [] }, code).train,
  };
  const { name, parts } = await partsToScore(checkpoint, source, tables, options.corpusFolder);
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
