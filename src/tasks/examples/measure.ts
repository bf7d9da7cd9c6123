import { scoreClasses, scoreNumbers, type ClassScores, type NumberScores } from "../class-scores.ts";
import { predictionsOf } from "./answers.ts";
import { type Encoder, type Examples } from "./encoder.ts";
import { type Outputs } from "./example-scorer.ts";

/** The mean loss of a model over examples, and the scores of its answers. */
export type Measured = { readonly loss: number } & (ClassScores | NumberScores);

/** Compares a network's outputs for examples with their right answers. */
export function measure({ outputs, losses }: Outputs, examples: Examples, { answers }: Encoder): Measured {
  const { count, targets } = examples;
  const loss = losses.reduce((sum, own) => sum + own, 0) / count;
  const predictions = predictionsOf(answers, outputs, count);
  const predicted = predictions.map(({ answer }) => answer);
  if (!("labels" in answers)) return { loss, ...scoreNumbers(targets, predicted) };
  const confidence = predictions.map(({ probabilities, answer }) => probabilities[answer]);
  return { loss, ...scoreClasses(answers.labels, targets, predicted, confidence) };
}
