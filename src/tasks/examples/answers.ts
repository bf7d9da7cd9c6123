import { CharrnnError } from "../../errors.ts";
import { type Growth } from "../../model/growth.ts";
import { inOrder } from "../../text/token-vocabulary.ts";
import { type Loss } from "../../model/unrolled-network.ts";
import { type TableColumns } from "./columns.ts";
import { momentsOf, type Scale } from "./scale.ts";
import { numberIn, placeIn, type TableExample } from "./table-examples.ts";

/**
 * What a model answers, as the `task.answers` member of a checkpoint: one of these classes, or a number. The network
 * learns the number less `mean`, divided by `deviation`. Both are computed from the training split.
 */
export type Answers =
  { readonly labels: readonly string[] } | { readonly mean: number; readonly deviation: number };

/** Two classes need one output: the logit of the second class. */
export function outputCount(answers: Answers): number {
  return "labels" in answers && answers.labels.length > 2 ? answers.labels.length : 1;
}

/** The loss by which answers are learned, and the scale of numbers. */
export function lossOf(answers: Answers): { loss: Loss; scale?: Scale } {
  if (!("labels" in answers)) return { loss: "squares", scale: answers };
  return { loss: answers.labels.length > 2 ? "softmax" : "sigmoid" };
}

/** The loss in nats (or in squared deviations) of a model that knows nothing: equal chances, or always the mean. */
export function blindLoss(answers: Answers): number {
  return "labels" in answers ? Math.log(answers.labels.length) : 1;
}

/**
 * The classes of a table.
 * @throws CharrnnError if there is only one
 */
export function classesOf(examples: readonly TableExample[], { target }: TableColumns): Answers {
  const labels = inOrder(new Set(examples.flatMap((example) => example.targets)));
  if (labels.length > 1) return { labels };
  throw new CharrnnError(
    `the column ${JSON.stringify(target)} has one label only, ${JSON.stringify(labels[0])}: there is nothing to learn; ` +
      "name another column with --target",
  );
}

/** Adds the labels of more examples to the classes, and says which output of the old network each output was. */
export function classesGrownBy(
  { labels }: { readonly labels: readonly string[] },
  examples: readonly TableExample[],
): { answers: { readonly labels: readonly string[] }; origins: Growth["outputs"] } {
  const answers = { labels: inOrder(new Set([...labels, ...examples.flatMap(({ targets }) => targets)])) };
  if (answers.labels.length === labels.length) {
    return { answers, origins: Array.from({ length: outputCount(answers) }, (_, index) => index) };
  }
  // The one output of two classes is the logit of the second.
  const before = (label: string) => labels.indexOf(label) - Number(labels.length === 2);
  return {
    answers,
    origins: answers.labels.map((label) => (before(label) >= 0 ? before(label) : undefined)),
  };
}

/** The mean and deviation of the numbers to learn. */
export function numbersOf(training: readonly TableExample[], columns: TableColumns): Answers {
  return momentsOf(
    training.flatMap((example) => example.targets.map((text) => numberIn(text, example, columns.target))),
  );
}

/**
 * The answers of examples, one after the other: the indices of their classes, or their numbers.
 * @throws CharrnnError if a label is not one of the classes, or a number is missing
 */
export function targetsOf(
  examples: readonly TableExample[],
  answers: Answers,
  { target }: TableColumns,
): Int32Array | Float64Array {
  if (!("labels" in answers)) {
    return Float64Array.from(
      examples.flatMap((example) => example.targets.map((text) => numberIn(text, example, target))),
    );
  }
  const indices = new Map(answers.labels.map((label, index) => [label, index]));
  const indexOf = (label: string, example: TableExample) => {
    const index = indices.get(label);
    if (index !== undefined) return index;
    throw new CharrnnError(
      `${placeIn(example, target)} ${example.targets.length === 1 ? "is" : "has"} ${JSON.stringify(label)}, ` +
        `which is no label of the model (${listOf(answers.labels)}): correct it, or take the line out`,
    );
  };
  return Int32Array.from(
    examples.flatMap((example) => example.targets.map((label) => indexOf(label, example))),
  );
}

/** An error lists at most this many labels. */
const MOST_LISTED = 8;

/** Some labels, in quotation marks. */
export function listOf(labels: readonly string[]): string {
  const listed = labels.slice(0, MOST_LISTED).map((label) => JSON.stringify(label));
  const more = labels.length - listed.length;
  return `${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** One answer of a model. */
export interface Prediction {
  /** The index of the likeliest class, or the number. */
  readonly answer: number;
  /** The probability of each class. Empty for numbers. */
  readonly probabilities: readonly number[];
}

/** The prediction that a network's outputs stand for. */
export function predictionOf(answers: Answers, outputs: ArrayLike<number>): Prediction {
  if (!("labels" in answers)) {
    return { answer: answers.mean + answers.deviation * outputs[0], probabilities: [] };
  }
  const logits = answers.labels.length > 2 ? Array.from(outputs) : [0, outputs[0]];
  const most = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - most));
  const sum = exponentials.reduce((total, exponential) => total + exponential, 0);
  return {
    answer: logits.indexOf(most),
    probabilities: exponentials.map((exponential) => exponential / sum),
  };
}
