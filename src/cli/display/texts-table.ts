import { type TextsEvaluation } from "../../evaluation/evaluate-texts.ts";
import { formatCount, formatDuration, formatLoss, formatShare } from "../terminal/format.ts";
import { facts } from "../terminal/table.ts";

/** The scores of a model that writes texts, for people. */
export function describeTexts(
  evaluation: TextsEvaluation & { checkpoint: string },
  columns?: number,
): string {
  const { checkpoint, text, examples, loss, bitsPerCharacter, accuracy, skipped, seconds } = evaluation;
  const rows: [string, string][] = [
    ["checkpoint", checkpoint],
    ["data", `${text}: ${formatCount(examples)} texts`],
    ["loss", `${formatLoss(loss)} nats per symbol, ends included`],
    ["", `${bitsPerCharacter.toFixed(3)} bits per character`],
    ["exact texts", `${formatShare(accuracy)} if the likeliest symbol is always taken`],
    ["time", formatDuration(seconds)],
  ];
  if (skipped > 0) rows.push(["skipped", `${formatCount(skipped)} symbols that the model does not know`]);
  return `${facts(rows, columns).join("\n")}\n`;
}
