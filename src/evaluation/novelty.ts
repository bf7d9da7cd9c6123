import { type Checkpoint } from "../checkpoint/format.ts";
import { textModelOf } from "../checkpoint/text-model.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { compareWithText, MOST_COMPARED, type Copied } from "../sampling/novelty.ts";
import { splitText } from "../tasks/language-model/example-text-data.ts";
import { ExampleText } from "../text/example-text.ts";
import { splitCorpus } from "../text/splits.ts";
import { type Symbols } from "../text/symbols.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { codePointsOf } from "../text/vocabulary.ts";
import { fractionsOf, readOwnCorpus } from "./own-text.ts";

/**
 * How much of a sample, without its prime, stands in the text that the model was trained on. Lengths and offsets count
 * characters (of a byte model: bytes; of a model of words: words and line ends).
 */
export interface Novelty {
  /** The longest stretch that stands there. `offset`: where a copy of it begins in `file`. Null if there is none. */
  readonly longest: Readonly<{ length: number; text: string; file: string; offset: number }> | null;
  /** The share of the stretches of 5, 10 and 20 characters that stand there. Null if the sample is shorter. */
  readonly share5: number | null;
  readonly share10: number | null;
  readonly share20: number | null;
}

/** The training text of a model, with which samples are compared. */
export interface TrainingText {
  /** The novelty of texts that the model has drawn, without their primes. Of a byte model: bytes. */
  noveltyOf(samples: readonly (string | Uint8Array)[]): Novelty[];
}

/**
 * Reads the text that a language model was trained on.
 * @throws CharrnnError if the checkpoint names no text, or the text is gone or has changed
 */
export async function readTrainingText(
  checkpoint: Checkpoint,
  corpusFolder: string | undefined,
): Promise<TrainingText> {
  const { vocabulary, examples } = textModelOf(checkpoint);
  const { corpus } = await readOwnCorpus(checkpoint, vocabulary, { corpusFolder }).catch((error: unknown) => {
    if (!(error instanceof CharrnnError)) throw error;
    throw new CharrnnError(`--novelty needs the training text, but ${error.message}`);
  });
  let text: Symbols;
  let originOf = (position: number) => position;
  if (examples === undefined) {
    text = splitCorpus(corpus, fractionsOf(checkpoint)).train;
  } else {
    const all = ExampleText.of(corpus, examples.kind, examples.end);
    const trained = all.pick(splitText(all, corpus, fractionsOf(checkpoint)).train);
    text = trained.symbols;
    // A stretch may begin with the END before the first example.
    originOf = (position) => trained.originOf(Math.max(1, position));
  }
  const files = [...corpus.files, ...(corpus.val ?? []), ...(corpus.test ?? [])];
  const placeOf = (position: number) => {
    const origin = originOf(position);
    const file = corpus.ends.findIndex((end) => origin < end);
    const start = file === 0 ? 0 : corpus.ends[file - 1];
    const { skipped } = corpus;
    return {
      file: files[file],
      offset: skipped.offsetOf(origin) - (file === 0 ? 0 : skipped.offsetOf(start)),
    };
  };
  return {
    noveltyOf(samples) {
      const symbols = samples.map((sample) => symbolsOf(sample, vocabulary));
      return compareWithText(symbols, text, vocabulary.size + 1).map((copied, index) =>
        noveltyIn(copied, (start, end) => vocabulary.decode(symbols[index].subarray(start, end)), placeOf),
      );
    },
  };
}

/** @throws UsageError if samples of this length and number are too much to compare */
export function requireComparable(num: number, length: number): void {
  if (num * length <= MOST_COMPARED) return;
  throw new UsageError(
    `--novelty compares at most ${MOST_COMPARED} characters: give a smaller --num or --length`,
  );
}

function symbolsOf(sample: string | Uint8Array, vocabulary: TextVocabulary): Int32Array {
  if (!(vocabulary instanceof TokenVocabulary)) return vocabulary.encode(sample, "skip");
  return vocabulary.encode(codePointsOf(sample, "the sample", "utf-8"), "skip", "the sample");
}

function noveltyIn(
  { longest: { length, start, position }, shares: [share5, share10, share20] }: Copied,
  textOf: (start: number, end: number) => string,
  placeOf: (position: number) => { file: string; offset: number },
): Novelty {
  const longest = length === 0 ? null : { length, text: textOf(start, start + length), ...placeOf(position) };
  return { longest, share5, share10, share20 };
}
