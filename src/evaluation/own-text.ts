import { type Readable } from "node:stream";
import { resolve } from "node:path";
import { ownFiles, type Checkpoint } from "../checkpoint/format.ts";
import { changedFile } from "../checkpoint/changed-file.ts";
import { CharrnnError } from "../errors.ts";
import { type SplitOptions } from "../tasks/examples/example-splits.ts";
import { readCorpus, type Corpus } from "../text/corpus.ts";
import { parseEncoding, UTF_8 } from "../text/encoding.ts";
import { missingFile } from "../text/sources.ts";
import { type TextOptions } from "../text/text-reader.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { type OnUnknown } from "../text/vocabulary.ts";
import { readWords } from "../text/word-corpus.ts";
import { recode } from "./recode.ts";

/** A whole corpus in the symbols of a model, and as it is. */
export interface ReadText {
  readonly corpus: Corpus<TextVocabulary>;
  readonly original: Corpus<TextVocabulary>;
}

/** Reads a text in the symbols of a model. If it has the unknown symbol, what that stands for is kept beside it. */
export async function readText(
  paths: readonly string[],
  vocabulary: TextVocabulary,
  {
    unknown,
    ...reading
  }: Pick<TextOptions, "val" | "test" | "separator" | "stdin"> & {
    encoding: string;
    unknown: OnUnknown;
  },
): Promise<ReadText> {
  if (vocabulary instanceof TokenVocabulary) {
    if (vocabulary.unknown === undefined) {
      const corpus = await readWords(paths, { ...reading, vocabulary, unknown });
      return { corpus, original: corpus };
    }
    const original = await readWords(paths, { ...reading, form: vocabulary.form });
    return { corpus: recode(original, vocabulary), original };
  }
  const { unit } = vocabulary;
  if (vocabulary.unknown === undefined) {
    const corpus = await readCorpus(paths, { ...reading, unit, vocabulary, unknown });
    return { corpus, original: corpus };
  }
  const original = await readCorpus(paths, { ...reading, unit, form: vocabulary.form });
  return { corpus: recode(original, vocabulary), original };
}

/**
 * Reads the corpus that the model was trained on, from the path `text` or else from the paths in the checkpoint.
 * @throws CharrnnError if the corpus cannot be read, or has changed since the training
 */
export async function readOwnCorpus(
  { training }: Checkpoint,
  vocabulary: TextVocabulary,
  {
    corpusFolder,
    text,
    stdin,
  }: { corpusFolder?: string | undefined; text?: string | undefined; stdin?: Readable },
): Promise<ReadText> {
  const record = training?.corpus;
  if (record === undefined) throw new CharrnnError("the checkpoint names no training text");
  const names = text === undefined ? record.files : [text];
  const paths = text === undefined ? pathsOf(record.files, corpusFolder) : names;
  const [val, test] = [record.val, record.test].map((files) => {
    const own = ownFiles(files);
    return own && pathsOf(own, corpusFolder);
  });
  const encoding = encodingOf(training);
  const separator = separatorOf(training);
  const read = await readText(paths, vocabulary, { encoding, val, test, separator, unknown: "skip", stdin });
  const changed = changedFile(read.corpus, record);
  if (changed !== undefined) {
    const remedy = text === undefined ? "" : "; to score the whole text, leave out --split";
    throw new CharrnnError(`${changed} is not the text that the model was trained on${remedy}`);
  }
  return read;
}

/** The paths of a corpus's files as they were when the model was trained. */
function pathsOf(files: readonly string[], folder = ""): string[] {
  if (files.length === 0) throw new CharrnnError("the checkpoint names no training text");
  if (files.includes("-")) throw new CharrnnError("the training text came from standard input");
  const missing = missingFile(files, folder);
  if (missing === undefined) return files.map((file) => resolve(folder, file));
  throw new CharrnnError(
    `cannot find ${missing}, the text that the model was trained on (run charrnn from the folder where that training was started)`,
  );
}

/** The text between two files of a run's corpus. */
function separatorOf(training: Checkpoint["training"]): string | undefined {
  const { separator } = (training?.options ?? {}) as { separator?: unknown };
  return typeof separator === "string" ? separator : undefined;
}

/** How the corpus of a run is encoded. Older runs do not say so: they read UTF-8. */
function encodingOf(training: Checkpoint["training"]): string {
  const { encoding = UTF_8 } = (training?.options ?? {}) as { encoding?: unknown };
  return parseEncoding(encoding, "the encoding of the training text");
}

/** How the corpus of a run was split. */
export function fractionsOf({ training }: Checkpoint): SplitOptions {
  const { seed = 1, valFrac = 0, testFrac = 0 } = (training?.options ?? {}) as Partial<SplitOptions>;
  return { seed, valFrac, testFrac };
}
