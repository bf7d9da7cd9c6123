import { type SeriesEvaluation } from "../../evaluation/evaluate-series.ts";
import { type NumberScores } from "../../tasks/class-scores.ts";
import { formatCount, formatDuration, formatLoss } from "../terminal/format.ts";
import { facts, table } from "../terminal/table.ts";

/** The scores of a model on series as a table: beside those of baselines, and for each column if there are several. */
export function describeSeries(
  evaluation: SeriesEvaluation & { checkpoint: string },
  width?: number,
): string {
  const { checkpoint, text, examples, loss, rmse, mae, perColumn = [], seconds, baselines } = evaluation;
  const rows: [string, string][] = [
    ["checkpoint", checkpoint],
    ["data", `${text}: ${formatCount(examples)} rows predicted`],
    ["loss", `${formatLoss(loss)} squared deviations per number`],
    ["time", formatDuration(seconds)],
  ];
  const scored: [string, NumberScores][] = [["model", { rmse, mae }]];
  if (baselines !== null) {
    scored.push(["last value", baselines.last], ["mean of training rows", baselines.mean]);
  }
  const columns = perColumn.map(({ column, ...scores }): [string, NumberScores] => [column, scores]);
  return [
    ...facts(rows, width),
    ...scoreLines("", scored),
    ...(columns.length > 0 ? scoreLines("column", columns) : []),
    "",
  ].join("\n");
}

function scoreLines(heading: string, scored: readonly [string, NumberScores][]): string[] {
  const lines = scored.map(([name, { rmse, mae }]) => [name, rmse.toPrecision(5), mae.toPrecision(5)]);
  return ["", ...table([[heading, "RMSE", "MAE"], ...lines], { right: [1, 2] })];
}
