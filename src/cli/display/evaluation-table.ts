import { type Evaluation } from "../../evaluation/evaluate.ts";
import { formatCount, formatDuration, formatLoss, formatShare, formatShort } from "../terminal/format.ts";
import { facts } from "../terminal/table.ts";

/** An evaluation as a table for people: the model's scores, and below them the baselines' scores on the same text. */
export function describeEvaluation(
  evaluation: Evaluation & { checkpoint: string },
  columns?: number,
): string {
  const { checkpoint, text, characters, bytes, loss, accuracy, perplexity, baselines } = evaluation;
  const { tokens, bitsPerToken } = evaluation;
  const length = tokens === undefined ? "" : `${formatCount(tokens)} tokens, `;
  const speed = `${formatShort(evaluation.charactersPerSecond)} characters a second`;
  const rows: [string, string][] = [
    ["checkpoint", checkpoint],
    ["text", `${text}: ${length}${formatCount(characters)} characters, ${formatCount(bytes)} bytes`],
    ["loss", `${formatLoss(loss)} nats per ${tokens === undefined ? "character" : "token"}`],
    ...(bitsPerToken === undefined
      ? []
      : [["", `${bitsPerToken.toFixed(4)} bits per token`] as [string, string]]),
    ["", `${evaluation.bitsPerCharacter.toFixed(4)} bits per character`],
    ["", `${evaluation.bitsPerByte.toFixed(4)} bits per byte`],
    ["perplexity", perplexity.toFixed(3)],
    ["accuracy", formatShare(accuracy)],
    ...outside(evaluation),
    ["time", `${formatDuration(evaluation.seconds)}, ${speed}`],
  ];
  for (const name of ["unigram", "ngram", "brotli"] as const) {
    const bits = baselines?.[name];
    const perByte = baselines?.bitsPerByte[name];
    if (typeof bits !== "number" || typeof perByte !== "number") continue;
    rows.push([labels[name], `${bits.toFixed(4)} bits per character, ${perByte.toFixed(4)} bits per byte`]);
  }
  for (const note of baselines?.notes ?? []) rows.push(["note", note]);
  return `${facts(rows, columns).join("\n")}\n`;
}

/** Rows about the characters that the model does not know, if there are any. */
function outside({
  unknown,
  skipped,
  known,
  characters,
  tokens,
  ...evaluation
}: Evaluation): [string, string][] {
  const rows: [string, string][] = [];
  const symbols = tokens === undefined ? "characters" : "tokens";
  if (unknown > 0) {
    const bits = evaluation.bitsPerUnknown.toFixed(2);
    const exception = evaluation.baselines === null ? "" : " (brotli compresses the original text)";
    rows.push(
      [
        "unknown",
        `${formatCount(unknown)} ${symbols} (${formatShare(unknown / (tokens ?? characters))}), which count as wrong`,
      ],
      tokens === undefined
        ? ["", `bits per byte add ${bits} for each unknown character, to say which one it is${exception}`]
        : ["", `the bits do not say which token it is${exception}`],
    );
    if (known.loss !== null && known.accuracy !== null) {
      rows.push([
        "known",
        `${formatCount(known.characters)} ${symbols}: loss ${formatLoss(known.loss)}, accuracy ${formatShare(known.accuracy)}`,
      ]);
    }
  }
  if (skipped > 0)
    rows.push(["skipped", `${formatCount(skipped)} more ${symbols}, which the model does not know`]);
  return rows;
}

const labels = { unigram: "unigram", ngram: "5-gram", brotli: "brotli" };
