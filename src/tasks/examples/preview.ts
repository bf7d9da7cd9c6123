import { type Steps, type TrainingData } from "../task.ts";
import { type Prediction } from "./answers.ts";
import { encode, type Encoder } from "./encoder.ts";
import { Predictor } from "./predictor.ts";
import { stepList, type TableExample } from "./table-examples.ts";

/** How many examples a preview has, and how many characters of each. */
const EXAMPLES = 4;
const LONGEST = 60;
const LONGEST_TAGGED = 100;

/** Shows what a model answers for some examples, and the right answer if the model's answer is wrong. */
export function previewOf(examples: readonly TableExample[], encoder: Encoder): TrainingData["preview"] {
  const spacing = Math.max(1, Math.floor(examples.length / EXAMPLES));
  const shown = examples.filter((_, index) => index % spacing === 0).slice(0, EXAMPLES);
  // Unknown symbols have been refused before, unless they may be skipped.
  const encoded = encode(shown, encoder, "skip");
  return async (checkpoint, { engine }) => {
    const predictor = new Predictor(checkpoint, { engine, threads: 0 });
    try {
      const predictions = await predictor.predict(encoded);
      return shown.map((example, index) => lineOf(example, predictions[index], encoder)).join("\n");
    } finally {
      await predictor.close();
    }
  };
}

function lineOf(
  { steps, tokens, targets }: TableExample,
  predictions: readonly Prediction[],
  { answers, columns }: Encoder,
): string {
  const input = inputText(steps);
  const labels = "labels" in answers ? answers.labels : undefined;
  const told = predictions.map(({ answer }) => (labels ? labels[answer] : formatNumber(answer)));
  if (columns.tags !== undefined) {
    return tokens === undefined && told.every((tag) => tag.length === 1)
      ? `${input}\n${inputText(told.join(""))}`
      : taggedLine(tokens ?? stepList(steps).map(String), told, targets);
  }
  const [{ answer, probabilities }] = predictions;
  if (labels === undefined) return `${input} -> ${told[0]} (right: ${targets[0]})`;
  const right = told[0] === targets[0] ? "" : `, right: ${targets[0]}`;
  return `${input} -> ${told[0]} (${probabilities[answer].toFixed(2)}${right})`;
}

/** The first tokens with their tags, as `word/TAG`. After a wrong tag comes the right tag, as `word/TAG(RIGHT)`. */
function taggedLine(tokens: readonly string[], told: readonly string[], targets: readonly string[]): string {
  let length = 0;
  const parts = tokens
    .map((token, index) => {
      const right = told[index] === targets[index] ? "" : `(${targets[index]})`;
      return `${token}/${told[index]}${right}`;
    })
    .filter((part) => (length += part.length + 1) <= LONGEST_TAGGED);
  return `${parts.join(" ")}${parts.length < tokens.length ? " ..." : ""}`;
}

/** The input of an example in one short line. */
export function inputText(steps: Steps, longest = LONGEST): string {
  const text =
    typeof steps === "string"
      ? steps
      : steps.map((step) => (typeof step === "string" ? step : step.join(","))).join(" ");
  const line = text.replaceAll(/\s+/g, " ");
  const characters = Array.from(line);
  return characters.length > longest ? `${characters.slice(0, longest).join("")}...` : line;
}

/** A number with four significant digits. */
export function formatNumber(number: number): string {
  return String(Number(number.toPrecision(4)));
}
