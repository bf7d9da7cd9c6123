import { textModelOf } from "../../checkpoint/text-model.ts";
import { CharrnnError, UsageError } from "../../errors.ts";
import { sample } from "../../sampling/sample.ts";
import { readCorpus, type Corpus, type CorpusOptions } from "../../text/corpus.ts";
import { endOf, exampleKinds, ExampleText, type ExampleKind } from "../../text/example-text.ts";
import { type TextVocabulary } from "../../text/text-vocabulary.ts";
import { TokenVocabulary } from "../../text/token-vocabulary.ts";
import { readWords } from "../../text/word-corpus.ts";
import { type Task } from "../task.ts";
import { metrics, tokenMetrics } from "./metrics.ts";
import { TextDataset } from "./text-dataset.ts";

/** The language model. At every step the network reads a character or a word of a text and predicts the next one. */
export const languageModel: Task = {
  metrics: ({ unit }) => (unit === "word" ? tokenMetrics : metrics),
  symbolUnit: "char",

  describeData({ vocabulary, symbols: { train, val, test }, unknown, skipped, examples }, options, count) {
    const characters = { byte: "bytes", word: "tokens" }[String(options.unit)] ?? "characters";
    const kind = exampleKindOf(options);
    const parts =
      kind !== undefined && examples !== undefined
        ? [
            `text: ${count(examples.train)} ${kind} to train on, ${count(examples.val)} to validate, ${count(examples.test)} to test`,
            `${count(train + val + test)} ${characters}`,
          ]
        : [
            `text: ${count(train)} ${characters} to train on, ${count(val)} to validate, ${count(test)} to test`,
          ];
    parts.push(`${count(vocabulary)} symbols`);
    const share = (100 * unknown) / (train + val + test);
    if (unknown > 0) parts.push(`${count(unknown)} ${characters} (${share.toFixed(2)} %) are unknown`);
    if (skipped > 0) parts.push(`${count(skipped)} more are not in the vocabulary and were skipped`);
    return parts.join("; ");
  },

  optionsFrom(checkpoint, given) {
    const { vocabulary, examples } = textModelOf(checkpoint);
    const unit = vocabulary instanceof TokenVocabulary ? "word" : vocabulary.unit;
    for (const kind of exampleKinds) {
      const own = examples?.kind === kind;
      if (given[kind] === undefined || given[kind] === own) continue;
      const reads = examples === undefined ? "one long text" : `${examples.kind} as examples`;
      throw new UsageError(
        `--${kind} ${given[kind]} contradicts --init-from, whose model reads ${reads}: start from another model, or leave out this option`,
      );
    }
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
    const { newlines, normalize } = vocabulary.form;
    return {
      unit,
      newlines: given.newlines ?? newlines,
      normalize: given.normalize ?? normalize,
      lines: examples?.kind === "lines",
      documents: examples?.kind === "documents",
    };
  },

  async read(paths, options, { from, resuming, stdin, note, onProgress }) {
    const { unit, encoding, newlines, normalize, val, test, separator, minCount, unknown } = options;
    const kind = exampleKindOf(options);
    const form = { newlines, normalize };
    const areJoined = kind === undefined;
    const reading = { encoding, form, val, test, separator, areJoined, stdin, onProgress };
    if (from === undefined) {
      const corpus =
        unit === "word"
          ? await readWords(paths, { ...reading, minCount })
          : await readCorpus(paths, { ...reading, unit, minCount });
      for (const line of corpus.notes) note?.(line);
      return new TextDataset(corpus, kind && examplesIn(corpus, kind));
    }
    const { vocabulary } = textModelOf(from);
    // The vocabulary of a resumed run has grown already.
    const rule = resuming ? "skip" : unknown;
    const { corpus, origins } = await readWith(vocabulary, paths, {
      ...reading,
      unknown: rule,
      mayGrow: true,
    });
    for (const line of corpus.notes) note?.(line);
    const examples = kind && examplesIn(corpus, kind);
    if (rule !== "grow") return new TextDataset(corpus, examples);
    const added = corpus.vocabulary.size - vocabulary.size;
    note?.(`--unknown grow adds ${added === 1 ? "1 symbol" : `${added} symbols`} to the vocabulary`);
    // The end of a document comes after the vocabulary, and has weights too.
    if (kind === "documents") origins.push(vocabulary.size);
    return new TextDataset(corpus, examples, { inputs: origins, outputs: origins });
  },

  sample,
};

/** Reads a corpus with a vocabulary, which may grow. Also gives the old index of each symbol. */
async function readWith(
  vocabulary: TextVocabulary,
  paths: readonly string[],
  reading: Omit<CorpusOptions, "unit" | "vocabulary">,
): Promise<{ corpus: Corpus<TextVocabulary>; origins: (number | undefined)[] }> {
  if (vocabulary instanceof TokenVocabulary) {
    const corpus = await readWords(paths, { ...reading, vocabulary });
    return { corpus, origins: corpus.vocabulary.indicesIn(vocabulary) };
  }
  const corpus = await readCorpus(paths, { ...reading, unit: vocabulary.unit, vocabulary });
  return { corpus, origins: corpus.vocabulary.indicesIn(vocabulary) };
}

function exampleKindOf(options: Readonly<Partial<Record<ExampleKind, unknown>>>): ExampleKind | undefined {
  return exampleKinds.find((kind) => options[kind] === true);
}

/** @throws CharrnnError if the corpus has fewer than two examples, or its line feeds are not in its vocabulary */
function examplesIn(corpus: Corpus<TextVocabulary>, kind: ExampleKind): ExampleText {
  const end = endOf(kind, corpus.vocabulary);
  if (end === undefined && corpus.vocabulary.unknown !== undefined) {
    throw new CharrnnError(
      "--lines needs the line feed, which is rarer than --min-count: give a smaller --min-count",
    );
  }
  const text = end === undefined ? undefined : ExampleText.of(corpus, kind, end);
  if (text !== undefined && text.count > 1) return text;
  const [what, remedy] =
    kind === "lines"
      ? ["line", "give a text with more lines, or leave out --lines"]
      : ["document", "name more files, or leave out --documents"];
  throw new CharrnnError(
    `--${kind} makes each ${what} an example, and the text has only one ${what}: ${remedy}`,
  );
}
