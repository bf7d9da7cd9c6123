import { resolve } from "node:path";
import type { Readable } from "node:stream";
import type { Checkpoint } from "../checkpoint/format.ts";
import { CharrnnError, messageOf } from "../errors.ts";
import { readCorpus, type Corpus } from "../text/corpus.ts";
import { missingFile, some } from "../text/sources.ts";
import { split } from "../text/splits.ts";
import type { Symbols } from "../text/symbols.ts";
import type { OnUnknown, Vocabulary } from "../text/vocabulary.ts";

/** What is scored: a text file ("-" is standard input), or a split of the corpus that the model was trained on. */
export type EvaluationSource =
  { readonly text: string; readonly stdin?: Readable } | { readonly split: "train" | "val" | "test" };

/** How texts are found and read. */
export interface SourceOptions {
  unknown?: OnUnknown;
  /** Where the paths of the model's own corpus begin that are relative; the working directory unless given. */
  corpusFolder?: string | undefined;
  /** Hears, a line at a time, what was noticed in reading the text. */
  note?: (line: string) => void;
}

/** A text to score, and what is known around it. */
export interface FoundText {
  readonly name: string;
  readonly text: Symbols;
  /** What the text is the whole of, or a split. */
  readonly corpus: Corpus;
  /** The training split of the model's own corpus, or why it cannot be had. */
  readonly training: Symbols | string;
}

/**
 * Reads the text to score and, where the `baselines` will want it, the text that the model was trained on.
 * @throws CharrnnError where the text cannot be read or has a symbol outside the vocabulary, and where a split is asked
 * for whose corpus is gone or has changed
 */
export async function findText(
  checkpoint: Checkpoint,
  vocabulary: Vocabulary,
  source: EvaluationSource,
  { baselines, unknown = "error", corpusFolder, note }: SourceOptions & { baselines: boolean },
): Promise<FoundText> {
  if ("split" in source) {
    const corpus = await readOwnCorpus(checkpoint, vocabulary, corpusFolder).catch((error: unknown) => {
      throw error instanceof CharrnnError
        ? new CharrnnError(`${error.message}; name a text to score`)
        : error;
    });
    const splits = splitsOf(checkpoint, corpus);
    const text = splits[source.split];
    if (text.length === 0)
      throw new CharrnnError(`the model's run kept no ${source.split} split: name a text`);
    return { name: source.split, text, corpus, training: splits.train };
  }
  const training = baselines
    ? await readOwnCorpus(checkpoint, vocabulary, corpusFolder).then(
        (corpus) => splitsOf(checkpoint, corpus).train,
        (error: unknown) => messageOf(error),
      )
    : "the baselines were not asked for";
  const { unit } = vocabulary;
  const corpus = await readCorpus([source.text], {
    ...{ unit, vocabulary, unknown },
    ...(source.stdin && { stdin: source.stdin }),
  });
  const { symbols, notes, skipped } = corpus;
  for (const line of notes) note?.(line);
  if (skipped.count > 0) note?.(`${skipped.count} characters outside the vocabulary were skipped`);
  return { name: source.text, text: symbols, corpus, training };
}

/** The corpus that the model was trained on, if it is still there and the same. */
async function readOwnCorpus({ training }: Checkpoint, vocabulary: Vocabulary, folder = ""): Promise<Corpus> {
  const corpus = training?.corpus;
  if (corpus === undefined || corpus.files.length === 0) {
    throw new CharrnnError("the checkpoint names no training text");
  }
  const { files } = corpus;
  if (files.includes("-")) throw new CharrnnError("the training text came from standard input");
  const missing = missingFile(files, folder);
  if (missing !== undefined) {
    throw new CharrnnError(
      `the text the model was trained on, ${missing}, is not here (run charrnn from the folder where it was trained)`,
    );
  }
  const paths = files.map((file) => resolve(folder, file));
  const read = await readCorpus(paths, { unit: vocabulary.unit, vocabulary, unknown: "skip" });
  if (read.sha256 !== corpus.sha256) {
    throw new CharrnnError(`${some(files)} is not the text that the model was trained on`);
  }
  return read;
}

function splitsOf({ training }: Checkpoint, { symbols }: Corpus) {
  const { valFrac = 0, testFrac = 0 } = (training?.options ?? {}) as { valFrac?: number; testFrac?: number };
  return split(symbols, valFrac, testFrac);
}
