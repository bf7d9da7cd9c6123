import { resolve } from "node:path";
import { type Readable } from "node:stream";
import { parseChoice } from "../arguments.ts";
import { type Checkpoint, type CorpusRecord } from "../checkpoint/format.ts";
import { CharrnnError, UsageError, messageOf } from "../errors.ts";
import { readCorpus, type Corpus } from "../text/corpus.ts";
import { parseEncoding, UTF_8 } from "../text/encoding.ts";
import { missingFile, some } from "../text/sources.ts";
import { split, splitNames, type SplitName } from "../text/splits.ts";
import { type Symbols } from "../text/symbols.ts";
import { unknownRules, type OnUnknown, type Vocabulary } from "../text/vocabulary.ts";

/** What is scored. */
export interface EvaluationSource {
  /** A split of the model's own corpus, in place of a whole text. */
  readonly split?: SplitName | undefined;
  /**
   * The path of a text ("-" is standard input). With `split`, the present path of the model's own corpus; if it is left
   * out, the checkpoint knows the path.
   */
  readonly text?: string | undefined;
  readonly stdin?: Readable;
}

/** How texts are found and read. */
export interface SourceOptions {
  unknown?: OnUnknown;
  /**
   * How a text that is named is encoded, by a name of TextDecoder (default utf-8). The model's own corpus is read as it
   * was for training.
   */
  encoding?: string | undefined;
  /** Relative paths of the model's own corpus start from this folder (default: the working directory). */
  corpusFolder?: string | undefined;
  /** Called with each note about the text, one line each. */
  note?: (line: string) => void;
}

/** A text to score, and its surroundings. */
export interface FoundText {
  readonly name: string;
  readonly text: Symbols;
  /** The corpus of the text. The text is the whole corpus or a split. */
  readonly corpus: Corpus;
  /** The training split of the model's own corpus, or the reason why it is not available. */
  readonly training: Symbols | string;
}

/**
 * Reads the text to score. For the `baselines` it also reads the text that the model was trained on.
 * @throws UsageError if `source` names neither a text nor a split, or an option has an unknown value
 * @throws UsageError if an encoding is given for a split, or for a byte model
 * @throws CharrnnError if the text cannot be read or has a symbol outside the vocabulary
 * @throws CharrnnError if the corpus of the split is gone or has changed, or the split is empty
 */
export async function findText(
  checkpoint: Checkpoint,
  vocabulary: Vocabulary,
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
  const encoding = parseEncoding(label, "the encoding");
  if (part !== undefined) {
    if (encoding !== UTF_8) {
      throw new UsageError(
        `--encoding ${encoding} is for a text that is scored whole: leave it out, a split is read as it was for training`,
      );
    }
    parseChoice(part, "the split", splitNames);
    const corpus = await readOwnCorpus(checkpoint, vocabulary, { corpusFolder, text: path, stdin }).catch(
      (error: unknown) => {
        if (path !== undefined || !(error instanceof CharrnnError)) throw error;
        const files = checkpoint.training?.corpus?.files.length;
        const place = files === 1 ? ", or with --split the place where that text is now" : "";
        throw new CharrnnError(`${error.message}; name a text to score${place}`);
      },
    );
    const splits = splitsOf(checkpoint, corpus);
    const text = splits[part];
    if (text.length === 0) {
      throw new CharrnnError(
        `the model was trained without a ${part} split: score another split, or name a text`,
      );
    }
    return { name: part, text, corpus, training: splits.train };
  }
  if (path === undefined) throw new UsageError("name a text or a split to score");
  const { unit } = vocabulary;
  const corpus = await readCorpus([path], { unit, encoding, vocabulary, unknown, stdin });
  const { symbols, notes, skipped } = corpus;
  for (const line of notes) note?.(line);
  if (skipped.count > 0) note?.(`${skipped.count} characters outside the vocabulary were skipped`);
  const training = baselines
    ? await readOwnCorpus(checkpoint, vocabulary, { corpusFolder }).then(
        (own) => splitsOf(checkpoint, own).train,
        (error: unknown) => messageOf(error),
      )
    : "the baselines were not asked for";
  return { name: path, text: symbols, corpus, training };
}

/**
 * Reads the corpus that the model was trained on, from the path `text` or else from the paths in the checkpoint.
 * @throws CharrnnError if it cannot be read, or is not the same any more
 */
async function readOwnCorpus(
  { training }: Checkpoint,
  vocabulary: Vocabulary,
  {
    corpusFolder,
    text,
    stdin,
  }: Pick<EvaluationSource, "text" | "stdin"> & { corpusFolder?: string | undefined },
): Promise<Corpus> {
  const record = training?.corpus;
  if (record === undefined) throw new CharrnnError("the checkpoint names no training text");
  const names = text === undefined ? record.files : [text];
  const paths = text === undefined ? pathsOf(record, corpusFolder) : names;
  const corpus = await readCorpus(paths, {
    unit: vocabulary.unit,
    encoding: encodingOf(training),
    vocabulary,
    unknown: "skip",
    stdin,
  });
  if (corpus.sha256 !== record.sha256) {
    const remedy = text === undefined ? "" : "; score it whole, without a split";
    throw new CharrnnError(`${some(names)} is not the text that the model was trained on${remedy}`);
  }
  return corpus;
}

/** The paths that the files of a corpus had when the model was trained. */
function pathsOf({ files }: CorpusRecord, folder = ""): string[] {
  if (files.length === 0) throw new CharrnnError("the checkpoint names no training text");
  if (files.includes("-")) throw new CharrnnError("the training text came from standard input");
  const missing = missingFile(files, folder);
  if (missing === undefined) return files.map((file) => resolve(folder, file));
  throw new CharrnnError(
    `the text the model was trained on, ${missing}, is not here (run charrnn from the folder where it was trained)`,
  );
}

/** How the corpus of a run is encoded. Older runs do not say so: they read UTF-8. */
function encodingOf(training: Checkpoint["training"]): string {
  const { encoding = UTF_8 } = (training?.options ?? {}) as { encoding?: unknown };
  return parseEncoding(encoding, "the encoding of the training text");
}

function splitsOf({ training }: Checkpoint, { symbols }: Corpus) {
  const { valFrac = 0, testFrac = 0 } = (training?.options ?? {}) as { valFrac?: number; testFrac?: number };
  return split(symbols, valFrac, testFrac);
}
