import { type Readable } from "node:stream";
import { parseChoice } from "../arguments.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { textModelOf, type TextModel } from "../checkpoint/text-model.ts";
import { CharrnnError, UsageError, messageOf } from "../errors.ts";
import { splitText } from "../tasks/language-model/example-text-data.ts";
import { parseEncoding, UTF_8 } from "../text/encoding.ts";
import { ExampleText, type Range } from "../text/example-text.ts";
import { splitCorpus, splitNames, splitRanges, type SplitName } from "../text/splits.ts";
import { type Symbols } from "../text/symbols.ts";
import { fractionsOf, readOwnCorpus, readText, type ReadText } from "./own-text.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { unknownRules, type OnUnknown } from "../text/vocabulary.ts";

/** The text to score: a text of the user's, or a split of the model's own corpus. */
export interface EvaluationSource {
  /** A split of the corpus that the model was trained on. Without a split, the whole `text` is scored. */
  readonly split?: SplitName | undefined;
  /**
   * The path of a text ("-" is standard input). With `split`: the new path of the model's own corpus, if the corpus has
   * moved since the training.
   */
  readonly text?: string | undefined;
  readonly stdin?: Readable;
}

/** How texts are found and read. */
export interface SourceOptions {
  unknown?: OnUnknown;
  /**
   * The encoding of `text`, by a name of TextDecoder (default utf-8). The model's own corpus is read as it was for
   * training.
   */
  encoding?: string | undefined;
  /** Relative paths of the model's own corpus start from this folder (default: the working directory). */
  corpusFolder?: string | undefined;
  /** Called with each note about the text, one line each. */
  note?: (line: string) => void;
}

/** A text to score, its corpus, and the training split for the baselines. */
export interface FoundText {
  readonly name: string;
  /** The text as the model reads it. */
  readonly text: Symbols;
  /** The examples that `text` consists of. Undefined: it is one long text. */
  readonly examples: ExampleText | undefined;
  /** The parts of `text` that are characters. */
  readonly parts: readonly Range[];
  /** The text as it is: the same characters as in `text` unless the model has the unknown symbol. */
  readonly original: Original;
  /** How many characters of the text were left out because they are not in the vocabulary. */
  readonly skipped: number;
  /** The offset of a symbol of `text` among all characters of the text, including those that were left out. */
  readonly offsetOf: (position: number) => number;
  /** The training split of the model's own corpus, or the reason why it is not available. */
  readonly training: Symbols | string;
}

/** A text without the unknown symbol: the given parts of `symbols`. */
export interface Original {
  readonly symbols: Symbols;
  readonly vocabulary: TextVocabulary;
  readonly parts: readonly Range[];
}

/**
 * Reads the text to score. For the `baselines`, also reads the text that the model was trained on.
 * @throws UsageError if `source` names neither a text nor a split, or an option has an unknown value
 * @throws UsageError if an encoding is given for a split, or for a byte model
 * @throws CharrnnError if the text cannot be read or has a symbol outside the vocabulary
 * @throws CharrnnError if the corpus of the split is missing or has changed, or the split is empty
 */
export async function findText(
  checkpoint: Checkpoint,
  vocabulary: TextVocabulary,
  { split: part, text: path, stdin }: EvaluationSource,
  {
    baselines,
    unknown = "error",
    encoding: label = UTF_8,
    corpusFolder,
    note,
  }: SourceOptions & { baselines: boolean },
): Promise<FoundText> {
  parseChoice(unknown, "the rule for unknown characters", unknownRules);
  const { examples } = textModelOf(checkpoint);
  const encoding = parseEncoding(label, "the encoding");
  if (part !== undefined) {
    if (encoding !== UTF_8) {
      throw new UsageError(
        `--encoding ${encoding} is for a text that is scored whole: leave out --encoding, because a split is read as it was for training`,
      );
    }
    parseChoice(part, "the split", splitNames);
    const read = await readOwnCorpus(checkpoint, vocabulary, { corpusFolder, text: path, stdin }).catch(
      (error: unknown) => {
        if (path !== undefined || !(error instanceof CharrnnError)) throw error;
        const files = checkpoint.training?.corpus?.files.length;
        const place = files === 1 ? ", or give --split and the new path of that text" : "";
        throw new CharrnnError(`${error.message}; name a text to score${place}`);
      },
    );
    const missing = () =>
      new CharrnnError(`the model was trained without a ${part} split: score another split, or name a text`);
    if (examples !== undefined) {
      const all = examplesOf(read, examples);
      const numbers = splitText(all, read.corpus, fractionsOf(checkpoint));
      if (numbers[part].length === 0) throw missing();
      const training = baselines ? all.pick(numbers.train).symbols : "no baselines were requested";
      return { name: part, ...examplePart(read, all.pick(numbers[part])), training };
    }
    const ranges = splitRanges(read.corpus, read.corpus.symbols, fractionsOf(checkpoint));
    const { start, end } = ranges[part];
    if (start === end) throw missing();
    const training = read.corpus.symbols.subsequence(ranges.train.start, ranges.train.end);
    return { name: part, ...partOf(read, start, end), training };
  }
  if (path === undefined) throw new UsageError("name a text or a split to score");
  const read = await readText([path], vocabulary, { encoding, unknown, stdin });
  for (const line of read.corpus.notes) note?.(line);
  const training = baselines
    ? await readOwnCorpus(checkpoint, vocabulary, { corpusFolder }).then(
        (own) => {
          if (examples === undefined) return splitCorpus(own.corpus, fractionsOf(checkpoint)).train;
          const all = examplesOf(own, examples);
          return all.pick(splitText(all, own.corpus, fractionsOf(checkpoint)).train).symbols;
        },
        (error: unknown) => messageOf(error),
      )
    : "no baselines were requested";
  const found =
    examples === undefined
      ? partOf(read, 0, read.corpus.symbols.length)
      : examplePart(read, examplesOf(read, examples));
  return { name: path, ...found, training };
}

/** The symbols [start, end) of a corpus as a text to score. */
function partOf(
  { corpus, original }: ReadText,
  start: number,
  end: number,
): Omit<FoundText, "name" | "training"> {
  const { symbols, skipped } = corpus;
  const origin = start === 0 ? 0 : skipped.offsetOf(start);
  const whole = [{ start: 0, end: end - start }];
  return {
    text: symbols.subsequence(start, end),
    examples: undefined,
    parts: whole,
    original: {
      symbols: original.symbols.subsequence(start, end),
      vocabulary: original.vocabulary,
      parts: whole,
    },
    skipped: skipped.between(start, end),
    offsetOf: (position) => skipped.offsetOf(start + position) - origin,
  };
}

/** The examples of a corpus. */
function examplesOf({ corpus }: ReadText, { kind, end }: NonNullable<TextModel["examples"]>): ExampleText {
  return ExampleText.of(corpus, kind, end);
}

/** Examples of a corpus as a text to score. The offsets are those of the corpus. */
function examplePart(
  { corpus: { skipped }, original }: ReadText,
  examples: ExampleText,
): Omit<FoundText, "name" | "training"> {
  const origins = examples.origins();
  return {
    text: examples.symbols,
    examples,
    parts: examples.characters(),
    original: { symbols: original.symbols, vocabulary: original.vocabulary, parts: origins },
    skipped: origins.reduce((sum, { start, end }) => sum + skipped.between(start, end), 0),
    offsetOf: (position) => skipped.offsetOf(examples.originOf(position)),
  };
}
