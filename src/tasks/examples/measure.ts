import { scoreClasses, scoreNumbers, type ClassScores, type NumberScores } from "../class-scores.ts";
import { outputCount, predictionOf, type Answers, type Prediction } from "./answers.ts";
import { type Encoder, type Examples } from "./encoder.ts";
import { type Outputs } from "./example-scorer.ts";
import { NO_TAG } from "./inputs.ts";

/**
 * The mean loss of a model over the answers, and their scores. With tags, `accuracy` counts steps, and all other scores
 * count each tag once. So `tokenAccuracy` is the accuracy of tags; it is named for tokens because most tags belong to
 * them.
 */
export type Measured = { readonly loss: number } & (
  (ClassScores & { readonly tokenAccuracy?: number }) | NumberScores
);

/** Compares a network's outputs for examples with their right answers. */
export function measure(outputs: Outputs, examples: Examples, { answers }: Encoder): Measured {
  const places = answersIn(examples);
  const { targets, tags } = examples;
  const truth = places.map(([first]) => targets[first]);
  const predictions = places.map((own) => predictionAt(own, outputs, answers));
  const predicted = predictions.map(({ answer }) => answer);
  const counted = places.reduce((sum, [first, end]) => sum + end - first, 0);
  const loss = outputs.losses.reduce((sum, own) => sum + own, 0) / counted;
  if (!("labels" in answers)) return { loss, ...scoreNumbers(truth, predicted) };
  const confidence = predictions.map(({ probabilities, answer }) => probabilities[answer]);
  const scores = { loss, ...scoreClasses(answers.labels, truth, predicted, confidence) };
  if (tags === undefined) return scores;
  let right = 0;
  for (const [first, end] of places) {
    for (let place = first; place < end; place++) {
      right += Number(predictionAt([place, place + 1], outputs, answers).answer === targets[place]);
    }
  }
  return { ...scores, accuracy: right / counted, tokenAccuracy: scores.accuracy };
}

/** The places [first, end) of outputs that make up one answer. */
type Places = readonly [first: number, end: number];

/** The places of all answers: an example has one answer, or several steps in a row have a tag in common. */
export function answersIn({ count, starts, tags }: Examples): Places[] {
  const all: Places[] = [];
  for (let example = 0; example < count; example++) {
    if (tags === undefined) {
      all.push([example, example + 1]);
      continue;
    }
    for (let first = starts[example], end = first; first < starts[example + 1]; first = end) {
      do end++;
      while (end < starts[example + 1] && tags[end] === tags[first]);
      if (tags[first] !== NO_TAG) all.push([first, end]);
    }
  }
  return all;
}

/**
 * The prediction of several places together: the class with the highest sum of log-probabilities, or the mean number.
 * The logits of a place differ from its log-probabilities by a constant, so the sum of logits differs from the sum of
 * log-probabilities by a constant, too.
 */
export function predictionAt([first, end]: Places, { outputs }: Outputs, answers: Answers): Prediction {
  const width = outputCount(answers);
  const divisor = "labels" in answers ? 1 : end - first;
  const sums = Array.from({ length: width }, (_, output) => {
    let sum = 0;
    for (let place = first; place < end; place++) sum += outputs[place * width + output];
    return sum / divisor;
  });
  return predictionOf(answers, sums);
}
