import { UsageError } from "../../errors.ts";
import { sample } from "../../sampling/sample.ts";
import { readCorpus } from "../../text/corpus.ts";
import { Vocabulary } from "../../text/vocabulary.ts";
import { type Task } from "../task.ts";
import { metrics } from "./metrics.ts";
import { TextDataset } from "./text-dataset.ts";

/** The character language model. At every step the network reads a character of a text and predicts the next one. */
export const languageModel: Task = {
  metrics,
  symbolUnit: "char",

  describeData({ vocabulary, symbols: { train, val, test } }, { unit }, count) {
    const characters = unit === "byte" ? "bytes" : "characters";
    return (
      `text: ${count(train)} ${characters} to train on, ${count(val)} to validate, ${count(test)} to test; ` +
      `${count(vocabulary)} symbols`
    );
  },

  optionsFrom({ vocabulary: { unit } }, given) {
    if (given.unit !== undefined && given.unit !== unit) {
      throw new UsageError(
        `--unit ${given.unit} contradicts --init-from, whose unit is ${unit}: leave out --unit`,
      );
    }
    // 1 is the default. The options.json of a run that was started with --init-from has it too.
    if (given.minCount !== undefined && given.minCount !== 1) {
      throw new UsageError(
        `--min-count ${given.minCount} does not work with --init-from, which keeps the vocabulary: leave out --min-count`,
      );
    }
    return { unit };
  },

  async read(paths, { unit, encoding, minCount }, { from, resuming, stdin, note, onProgress }) {
    const corpus = await readCorpus(paths, {
      unit,
      encoding,
      ...(from ? { vocabulary: Vocabulary.fromJson(from.vocabulary) } : { minCount }),
      ...(resuming && { unknown: "skip" }),
      stdin,
      onProgress,
    });
    for (const line of corpus.notes) note?.(line);
    return new TextDataset(corpus);
  },

  sample,
};
