import { type Steps, type TrainingData } from "../task.ts";
import { type Prediction } from "./answers.ts";
import { encode, type Encoder } from "./encoder.ts";
import { Predictor } from "./predictor.ts";
import { type TableExample } from "./table-examples.ts";

/** How many examples a preview has, and how many characters of each. */
const EXAMPLES = 4;
const LONGEST = 60;

/** Shows what a model answers for some examples, each with the right answer if the model's is another. */
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

function lineOf(example: TableExample, prediction: Prediction, { answers }: Encoder): string {
  const input = inputText(example.steps);
  if (!("labels" in answers)) {
    return `${input} -> ${formatNumber(prediction.answer)} (right: ${example.target})`;
  }
  const label = answers.labels[prediction.answer];
  const probability = prediction.probabilities[prediction.answer].toFixed(2);
  const right = label === example.target ? "" : `, right: ${example.target}`;
  return `${input} -> ${label} (${probability}${right})`;
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
