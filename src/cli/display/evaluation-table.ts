import { type Evaluation } from "../../evaluation/evaluate.ts";
import { formatCount, formatDuration, formatLoss, formatShort } from "../terminal/format.ts";
import { facts } from "../terminal/table.ts";

/** An evaluation as a table for people: the model's scores, and below them the baselines' scores on the same text. */
export function describeEvaluation(
  evaluation: Evaluation & { checkpoint: string },
  columns?: number,
): string {
  const { checkpoint, text, characters, bytes, loss, accuracy, perplexity, baselines } = evaluation;
  const speed = `${formatShort(evaluation.charactersPerSecond)} characters a second`;
  const rows: [string, string][] = [
    ["checkpoint", checkpoint],
    ["text", `${text}: ${formatCount(characters)} characters, ${formatCount(bytes)} bytes`],
    ["loss", `${formatLoss(loss)} nats per character`],
    ["", `${evaluation.bitsPerCharacter.toFixed(4)} bits per character`],
    ["", `${evaluation.bitsPerByte.toFixed(4)} bits per byte`],
    ["perplexity", perplexity.toFixed(3)],
    ["accuracy", `${(100 * accuracy).toFixed(2)} %`],
    ["time", `${formatDuration(evaluation.seconds)}, ${speed}`],
  ];
  for (const name of ["unigram", "ngram", "brotli"] as const) {
    const bits = baselines?.[name];
    if (typeof bits === "number") rows.push([labels[name], `${bits.toFixed(4)} bits per character`]);
  }
  for (const note of baselines?.notes ?? []) rows.push(["note", note]);
  return `${facts(rows, columns).join("\n")}\n`;
}

const labels = { unigram: "unigram", ngram: "5-gram", brotli: "brotli" };
