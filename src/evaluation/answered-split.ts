import { type Checkpoint } from "../checkpoint/format.ts";
import { engineLike } from "../engine/engines.ts";
import { encode } from "../tasks/examples/encoder.ts";
import { Predictor } from "../tasks/examples/predictor.ts";
import { formatNumber } from "../tasks/examples/preview.ts";
import { stepList, type TableExample } from "../tasks/examples/table-examples.ts";
import { isOfTask } from "../tasks/index.ts";
import { encodePairs, outputText } from "../tasks/sequence-to-sequence/pair-code.ts";
import { Writer } from "../tasks/sequence-to-sequence/writer.ts";
import { type EvaluateOptions } from "./evaluate.ts";
import { examplesOf, ownSplits } from "./evaluate-examples.ts";

/** An example, its right answer, and the answer of a model. */
export interface AnsweredExample {
  /** The features, if there are any, and the steps. */
  readonly input: readonly string[];
  /** Several if the steps have tags. */
  readonly right: readonly string[];
  readonly answer: readonly string[];
  /** The probability of the answer, or the mean probability of several. Absent for numbers. */
  readonly probability?: number;
  /** For each symbol of the answer and its end: how much attention each item of `input` gets. */
  readonly alignment?: readonly (readonly number[])[] | undefined;
}

/** A model's answers for a whole split of its own tables. */
export interface AnsweredSplit {
  readonly examples: readonly AnsweredExample[];
  /** Numbers of answers, as `counts[truth][predicted]`. Absent if the answers are no classes. */
  readonly confusion?: { readonly labels: readonly string[]; readonly counts: number[][] };
}

/** The tasks whose answers can be compared with right ones, one by one. */
const answeringTasks = ["one-to-one", "many-to-one", "many-to-many"];

/** Attention is computed for at most so many examples. */
const MOST_ALIGNED = 4;

/**
 * Answers for the validation split of the tables that a model was trained on. Undefined if the model's task has no single
 * right answers, as those that write texts or predict series.
 * @throws CharrnnError if the tables are gone or have changed, the split is empty, or the engine cannot run here
 */
export async function answerValidation(
  checkpoint: Checkpoint,
  options: EvaluateOptions = {},
): Promise<AnsweredSplit | undefined> {
  if (isOfTask(checkpoint, "sequence-to-sequence")) return writeOutputs(checkpoint, options);
  const answers = answeringTasks.some((task) => isOfTask(checkpoint, task));
  return answers ? answerExamples(checkpoint, options) : undefined;
}

async function answerExamples(checkpoint: Checkpoint, options: EvaluateOptions): Promise<AnsweredSplit> {
  const engine = engineLike(checkpoint.training?.engine, options.engine);
  const predictor = new Predictor(checkpoint, { engine, threads: options.threads });
  const { encoder } = predictor;
  try {
    const own = await ownSplits(checkpoint, encoder.columns, { split: "val" }, options);
    const { examples } = await examplesOf({ split: "val" }, encoder.columns, own);
    const predictions = await predictor.predict(encode(examples, encoder, "skip"));
    const labels = "labels" in encoder.answers ? encoder.answers.labels : undefined;
    const answered = examples.map((example, index): AnsweredExample => {
      const read = { input: inputOf(example), right: example.targets };
      const told = predictions[index];
      if (labels === undefined) return { ...read, answer: told.map(({ answer }) => formatNumber(answer)) };
      const probabilities = told.map(({ answer, probabilities }) => probabilities[answer]);
      const probability = probabilities.reduce((sum, own) => sum + own, 0) / probabilities.length;
      return { ...read, answer: told.map(({ answer }) => labels[answer]), probability };
    });
    if (labels === undefined) return { examples: answered };
    return { examples: answered, confusion: { labels, counts: confusionOf(labels, answered) } };
  } finally {
    await predictor.close();
  }
}

function confusionOf(labels: readonly string[], answered: readonly AnsweredExample[]): number[][] {
  const places = new Map(labels.map((label, index) => [label, index]));
  const counts = labels.map(() => labels.map(() => 0));
  for (const { right, answer } of answered) {
    answer.forEach((told, index) => {
      const [truth, predicted] = [places.get(right[index]), places.get(told)];
      if (truth !== undefined && predicted !== undefined) counts[truth][predicted]++;
    });
  }
  return counts;
}

async function writeOutputs(checkpoint: Checkpoint, options: EvaluateOptions): Promise<AnsweredSplit> {
  const engine = engineLike(checkpoint.training?.engine, options.engine);
  const writer = new Writer(checkpoint, { engine, threads: options.threads, beams: 1 });
  const { code } = writer;
  try {
    const own = await ownSplits(checkpoint, code.columns, { split: "val" }, options);
    const { examples } = await examplesOf({ split: "val" }, code.columns, own);
    const written = await writer.write(encodePairs(examples, code, "skip").inputs);
    const few = examples.slice(0, MOST_ALIGNED);
    const alignments =
      checkpoint.model.attention === "luong"
        ? await writer.alignments(
            encodePairs(few, code, "skip").inputs,
            few.map((_, index) => written[index][0].symbols),
          )
        : undefined;
    return {
      examples: examples.map((example, index) => {
        const [{ symbols, logProbability }] = written[index];
        return {
          input: inputOf(example),
          right: example.targets.slice(0, 1),
          answer: [outputText(symbols, code)],
          probability: Math.exp(logProbability),
          ...(alignments !== undefined && { alignment: alignments[index] }),
        };
      }),
    };
  } finally {
    await writer.close();
  }
}

function inputOf({ features = [], steps, tokens }: TableExample): string[] {
  const read = tokens ?? stepList(steps).map((step) => (typeof step === "string" ? step : step.join(", ")));
  return [...features, ...read];
}
