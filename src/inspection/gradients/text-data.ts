import { type TextModel } from "../../checkpoint/text-model.ts";
import { type FoundText } from "../../evaluation/source.ts";
import { TextDataset } from "../../tasks/language-model/text-dataset.ts";
import { type TaskOptions, type TrainingData } from "../../tasks/task.ts";
import { Skipped } from "../../text/skipped.ts";

/**
 * A text that was found as training data: all of it is the training split. The batches have the size of `options`, or
 * less if the text is too short.
 */
export function trainingDataOf(
  { name, text, examples }: Pick<FoundText, "name" | "text" | "examples">,
  { vocabulary }: TextModel,
  options: TaskOptions,
): TrainingData {
  const corpus = {
    vocabulary,
    symbols: text,
    files: [name],
    ends: [text.length],
    sha256: "",
    bytes: 0,
    notes: [],
    unknown: 0,
    skipped: new Skipped(),
  };
  const seqLength = Math.min(options.seqLength, text.length - 1);
  const rows = Math.max(1, Math.floor((text.length - 1) / seqLength));
  const batchSize = options.batchSize === undefined ? undefined : Math.min(options.batchSize, rows);
  const whole = { ...options, seqLength, batchSize, valFrac: 0, testFrac: 0, beginnings: false };
  return new TextDataset(corpus, examples).trainingData(whole);
}
