import { requireNames } from "../arguments.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { type EngineChoice } from "../engine/engine.ts";
import { engineLike, openEngine } from "../engine/engines.ts";
import { Layout } from "../engine/tensor.ts";
import { CharrnnError } from "../errors.ts";
import { Network } from "../model/network.ts";
import { writeStored } from "../model/weights.ts";
import { REPLACEMENT } from "../text/decoder.ts";
import { sourceName } from "../text/sources.ts";
import { type Symbols } from "../text/symbols.ts";
import { Vocabulary } from "../text/vocabulary.ts";
import { type Baseline } from "./baselines/baseline.ts";
import { brotliBaseline } from "./baselines/brotli.ts";
import { ngramBaseline } from "./baselines/ngram.ts";
import { unigramBaseline } from "./baselines/unigram.ts";
import { isOfTask, LANGUAGE_MODEL, taskNameOf } from "../tasks/index.ts";
import { bitsOf } from "../tasks/language-model/metrics.ts";
import { Scorer, type OnCharacter, type Score } from "../tasks/language-model/scorer.ts";
import { planSegments, type Segment } from "../tasks/language-model/segments.ts";
import { findText, type EvaluationSource, type FoundText, type SourceOptions } from "./source.ts";
import { bitsOfUnknown } from "./unknown-bits.ts";

export interface EvaluateOptions extends SourceOptions {
  /**
   * Whether to score the text in one pass that carries the states from start to end. Otherwise the text is cut into
   * parallel segments, each with a warm-up.
   */
  exact?: boolean;
  /** Whether to compute the baselines (default true). */
  baselines?: boolean;
  threads?: number | undefined;
  engine?: EngineChoice;
  /**
   * Called with the loss of each character in nats, in order. `offset` counts the symbols of the text from 0, including
   * skipped symbols but not a byte order mark.
   */
  perCharacter?: ((offset: number, symbol: string | number, loss: number) => void) | undefined;
  progress?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** For outputs that a model writes symbol by symbol: how many are tried side by side (default 1), and the most symbols. */
  beam?: number | undefined;
  maxOutput?: number | undefined;
}

const optionNames: Readonly<Record<keyof EvaluateOptions, true>> = {
  exact: true,
  baselines: true,
  unknown: true,
  encoding: true,
  corpusFolder: true,
  threads: true,
  engine: true,
  perCharacter: true,
  note: true,
  progress: true,
  signal: true,
  beam: true,
  maxOutput: true,
};

/** The scores of a model on a text. Losses are in nats per character, baselines in bits per character. */
export interface Evaluation {
  readonly text: string;
  /** The number of characters scored: all characters except the first. */
  readonly characters: number;
  /** The bytes of these characters in UTF-8, whatever the encoding of the text; in a byte model, their number. */
  readonly bytes: number;
  /** How many of these characters became the unknown symbol. */
  readonly unknown: number;
  /** How many more characters the text has, which were left out because they are not in the vocabulary. */
  readonly skipped: number;
  readonly loss: number;
  readonly bitsPerCharacter: number;
  /** The bits of all symbols, and `bitsPerUnknown` for each unknown character, divided by the bytes. */
  readonly bitsPerByte: number;
  /** What it takes to say which character the unknown symbol stands for: log2 of the characters outside the vocabulary. */
  readonly bitsPerUnknown: number;
  readonly perplexity: number;
  /**
   * The share of characters that the model predicted: the likeliest symbol was the right one. An unknown character
   * counts as wrong.
   */
  readonly accuracy: number;
  /** The characters that are not unknown; null where there are none. */
  readonly known: {
    readonly characters: number;
    readonly loss: number | null;
    readonly accuracy: number | null;
  };
  readonly seconds: number;
  readonly charactersPerSecond: number;
  readonly baselines: Baselines | null;
}

/** A number for each baseline. */
interface OfBaselines {
  readonly unigram: number | null;
  readonly ngram: number | null;
  readonly brotli: number | null;
}

export interface Baselines extends OfBaselines {
  /**
   * Unigram and 5-gram see the unknown symbol, so each unknown character adds `bitsPerUnknown`, as it does for the
   * model. Brotli compresses the text as it is.
   */
  readonly bitsPerByte: OfBaselines;
  /** Why a baseline is null, or which limit was applied. */
  readonly notes: readonly string[];
}

/**
 * Scores a text with a model. Every character except the first is scored exactly once.
 * @throws UsageError if an option does not exist or has an unknown value, or `source` names neither a text nor a split
 * @throws CharrnnError if the model is not a language model, or the engine cannot run here
 * @throws CharrnnError if the text cannot be read, is too short, or has a symbol outside the vocabulary
 * @throws CharrnnError if the corpus of the split is missing or has changed, or the split is empty
 */
export async function evaluateText(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  requireNames(options, optionNames, "evaluateText");
  const { baselines = true, perCharacter } = options;
  if (!isOfTask(checkpoint, LANGUAGE_MODEL)) {
    throw new CharrnnError(
      `a model for ${taskNameOf(checkpoint)} cannot score a text; name a language model`,
    );
  }
  const vocabulary = Vocabulary.fromJson(checkpoint.vocabulary);
  const found = await findText(checkpoint, vocabulary, source, { ...options, baselines });
  const { name, text, original, skipped } = found;
  if (text.length < 2) {
    const length = text.length === 1 ? "1 character" : "no characters";
    throw new CharrnnError(
      `${sourceName(name)} has too little to score (${length}): name a text with at least 2 characters`,
    );
  }
  const { loss, characters, correct, known, losses, seconds } = await scoreText(
    checkpoint,
    text,
    vocabulary.unknown,
    options,
  );
  for (let i = 1; i < losses.length; i++) {
    perCharacter?.(found.offsetOf(i), vocabulary.symbols[text.at(i)] ?? REPLACEMENT, losses[i]);
  }
  const bytes = original.vocabulary.byteLength(original.symbols.subsequence(1, text.length));
  const bitsPerCharacter = bitsOf(loss);
  const unknown = characters - known.characters;
  const bitsPerUnknown = vocabulary.unknown === undefined ? 0 : bitsOfUnknown(vocabulary);
  const perByte = (perCharacter: number) => (perCharacter * characters + unknown * bitsPerUnknown) / bytes;
  return {
    text: name,
    characters,
    bytes,
    unknown,
    skipped,
    loss,
    bitsPerCharacter,
    bitsPerByte: perByte(bitsPerCharacter),
    bitsPerUnknown,
    perplexity: Math.exp(loss),
    accuracy: correct / characters,
    known: {
      characters: known.characters,
      loss: known.characters > 0 ? known.loss : null,
      accuracy: known.characters > 0 ? correct / known.characters : null,
    },
    seconds,
    charactersPerSecond: characters / seconds,
    baselines: baselines ? await scoreBaselines(found, vocabulary, perByte) : null,
  };
}

/** Opens an engine and scores a text. `losses` has the loss at each position, if `perCharacter` needs the losses. */
async function scoreText(
  checkpoint: Checkpoint,
  text: Symbols,
  unknown: number | undefined,
  { exact = false, threads, engine, perCharacter, signal, progress }: EvaluateOptions,
): Promise<Score & { losses: Float32Array; seconds: number }> {
  const segments: Segment[] = exact
    ? [{ warmupStart: 0, start: 1, end: text.length }]
    : planSegments(text.length);
  const layout = new Layout();
  const { length } = checkpoint.vocabulary.symbols;
  const network = new Network(
    layout,
    checkpoint.model,
    { inputs: length, outputs: length },
    { training: false },
  );
  const scorer = new Scorer(layout, network, segments);
  const opened = await openEngine(layout, scorer.programs, {
    engine: engineLike(checkpoint.training?.engine, engine),
    threads,
  });
  // Segments are scored in parallel, but losses are reported in the order of the text, so they are collected first.
  const losses = new Float32Array(perCharacter ? text.length : 0);
  const onCharacter: OnCharacter = (position, loss) => (losses[position] = loss);
  const started = performance.now();
  try {
    writeStored(opened, network.parameters, checkpoint.parameters);
    const score = await scorer.score(opened, text, {
      unknown,
      ...(perCharacter && { onCharacter }),
      progress: (done, total) => {
        signal?.throwIfAborted();
        progress?.(done, total);
      },
    });
    return { ...score, losses, seconds: (performance.now() - started) / 1000 };
  } finally {
    await opened.close();
  }
}

/** `perByte` converts bits per character of a text with the unknown symbol to bits per byte of the text as it is. */
async function scoreBaselines(
  { training, text, original }: FoundText,
  vocabulary: Vocabulary,
  perByte: (bitsPerCharacter: number) => number,
): Promise<Baselines> {
  const without = { bitsPerCharacter: null };
  const [unigram, ngram]: Baseline[] =
    typeof training === "string"
      ? [{ ...without, note: `unigram and 5-gram: ${training}` }, without]
      : [
          await unigramBaseline(training, text, vocabulary.size),
          await ngramBaseline(training, text, vocabulary.size),
        ];
  const brotli = await brotliBaseline(vocabulary.bytes(text), text.length);
  const perByteOf = ({ bitsPerCharacter: bits }: Baseline) => (bits === null ? null : perByte(bits));
  const { symbols } = original;
  const bytes = original.vocabulary.byteLength(symbols);
  const whole =
    vocabulary.unknown === undefined
      ? brotli
      : await brotliBaseline(original.vocabulary.bytes(symbols), text.length);
  return {
    unigram: unigram.bitsPerCharacter,
    ngram: ngram.bitsPerCharacter,
    brotli: brotli.bitsPerCharacter,
    bitsPerByte: {
      unigram: perByteOf(unigram),
      ngram: perByteOf(ngram),
      brotli: whole.bitsPerCharacter && (whole.bitsPerCharacter * text.length) / bytes,
    },
    notes: [unigram, ngram, brotli].flatMap(({ note }) => (note === undefined ? [] : [note])),
  };
}
