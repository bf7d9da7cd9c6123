import { UsageError } from "../../errors.ts";
import { sample } from "../../sampling/sample.ts";
import { readCorpus } from "../../text/corpus.ts";
import { Vocabulary } from "../../text/vocabulary.ts";
import { type Task } from "../task.ts";
import { metrics } from "./metrics.ts";
import { TextDataset } from "./text-dataset.ts";

/** The character language model. At every step the network reads a character of a text and predicts the next one. */
export const languageModel: Task = {
  metrics: () => metrics,
  symbolUnit: "char",

  describeData({ vocabulary, symbols: { train, val, test }, unknown, skipped }, { unit }, count) {
    const characters = unit === "byte" ? "bytes" : "characters";
    const parts = [
      `text: ${count(train)} ${characters} to train on, ${count(val)} to validate, ${count(test)} to test`,
      `${count(vocabulary)} symbols`,
    ];
    const share = (100 * unknown) / (train + val + test);
    if (unknown > 0) parts.push(`${count(unknown)} ${characters} (${share.toFixed(2)} %) are unknown`);
    if (skipped > 0) parts.push(`${count(skipped)} more are not in the vocabulary and were skipped`);
    return parts.join("; ");
  },

  optionsFrom({ vocabulary }, given) {
    const { unit } = Vocabulary.fromJson(vocabulary);
    if (given.unit !== undefined && given.unit !== unit) {
      throw new UsageError(
        `--unit ${given.unit} contradicts --init-from, whose unit is ${unit}: leave out --unit`,
      );
    }
    // The default, 1, is allowed, because the options.json of a run with --init-from contains it.
    if (given.minCount !== undefined && given.minCount !== 1) {
      throw new UsageError(
        `--min-count ${given.minCount} does not work with --init-from, which keeps the vocabulary: leave out --min-count`,
      );
    }
    return { unit };
  },

  async read(paths, { unit, encoding, minCount, unknown }, { from, resuming, stdin, note, onProgress }) {
    const reading = { unit, encoding, stdin, onProgress };
    if (from === undefined) {
      const corpus = await readCorpus(paths, { ...reading, minCount });
      for (const line of corpus.notes) note?.(line);
      return new TextDataset(corpus);
    }
    const vocabulary = Vocabulary.fromJson(from.vocabulary);
    // The vocabulary of a run that is resumed has grown already.
    const rule = resuming ? "skip" : unknown;
    const corpus = await readCorpus(paths, { ...reading, vocabulary, unknown: rule, mayGrow: true });
    for (const line of corpus.notes) note?.(line);
    if (rule !== "grow") return new TextDataset(corpus);
    const added = corpus.vocabulary.size - vocabulary.size;
    note?.(`--unknown grow adds ${added === 1 ? "1 symbol" : `${added} symbols`} to the vocabulary`);
    const origins = corpus.vocabulary.indicesIn(vocabulary);
    return new TextDataset(corpus, { inputs: origins, outputs: origins });
  },

  sample,
};
