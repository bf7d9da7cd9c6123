import { type SequenceEvaluation } from "../../evaluation/evaluate-sequences.ts";
import { type OutputScores } from "../../tasks/sequence-to-sequence/measure-outputs.ts";
import { formatCount, formatDuration, formatLoss, formatShare } from "../terminal/format.ts";
import { facts, table } from "../terminal/table.ts";

/** The scores of a model's outputs as a table: beside those of baselines, and for spans of input lengths. */
export function describeSequences(
  evaluation: SequenceEvaluation & { checkpoint: string },
  width?: number,
): string {
  const { checkpoint, text, examples, loss, groupAccuracy, byLength, cut, skipped, seconds, baselines } =
    evaluation;
  const rows: [string, string][] = [
    ["checkpoint", checkpoint],
    ["data", `${text}: ${formatCount(examples)} examples`],
    ["loss", `${formatLoss(loss)} nats per output symbol`],
  ];
  if (groupAccuracy !== undefined) rows.push(["group accuracy", formatShare(groupAccuracy)]);
  if (cut > 0) rows.push(["cut", `${formatCount(cut)} outputs were cut at the limit of symbols`]);
  if (skipped > 0) rows.push(["skipped", `${formatCount(skipped)} symbols that the model does not know`]);
  rows.push(["time", formatDuration(seconds)]);
  for (const note of baselines?.notes ?? []) rows.push(["note", note]);
  const scored: [string, OutputScores][] = [["model", evaluation]];
  if (baselines !== null) scored.push(["copy of the input", baselines.copy]);
  if (baselines?.commonest) scored.push(["commonest output", baselines.commonest]);
  const lines = scored.map(([name, scores]) => [
    name,
    formatShare(scores.accuracy),
    formatShare(scores.symbolErrorRate),
  ]);
  const spans = byLength.map((span) => [
    span.from === span.to ? String(span.from) : `${span.from} to ${span.to}`,
    formatShare(span.accuracy),
    formatCount(span.examples),
  ]);
  return [
    ...facts(rows, width),
    "",
    ...table([["", "accuracy", "symbol errors"], ...lines], { right: [1, 2] }),
    "",
    ...table([["input length", "accuracy", "examples"], ...spans], { right: [1, 2] }),
    "",
  ].join("\n");
}
