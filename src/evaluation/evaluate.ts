import { requireNames } from "../arguments.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { type EngineChoice } from "../engine/engine.ts";
import { engineLike, openEngine } from "../engine/engines.ts";
import { Layout } from "../engine/tensor.ts";
import { CharrnnError } from "../errors.ts";
import { Network } from "../model/network.ts";
import { writeStored } from "../model/weights.ts";
import { byteLengthOf } from "../text/corpus.ts";
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
import { findText, type EvaluationSource, type SourceOptions } from "./source.ts";

export interface EvaluateOptions extends SourceOptions {
  /**
   * Makes one pass in order that carries the state over. Otherwise the text is cut into parallel, warmed-up segments.
   */
  exact?: boolean;
  /** Whether to compute the baselines (default true). */
  baselines?: boolean;
  threads?: number | undefined;
  engine?: EngineChoice;
  /**
   * Called with the loss of each character in nats, in order. Offsets count the symbols of the text from 0. Skipped
   * symbols count, a byte order mark does not.
   */
  perCharacter?: ((offset: number, symbol: string | number, loss: number) => void) | undefined;
  progress?: (done: number, total: number) => void;
  signal?: AbortSignal;
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
};

/** The scores of a model on a text. Losses are in nats per character, baselines in bits per character. */
export interface Evaluation {
  readonly text: string;
  /** Characters scored: all but the first. */
  readonly characters: number;
  /**
   * The bytes of these characters in UTF-8, whatever the encoding of the text; in a byte model, their number. A character that became the unknown symbol
   * counts as the mean of all unknown characters of the text (for a split: of its corpus).
   */
  readonly bytes: number;
  readonly loss: number;
  readonly bitsPerCharacter: number;
  readonly bitsPerByte: number;
  readonly perplexity: number;
  /** The share of characters that the model predicted: the likeliest symbol was the right one. */
  readonly accuracy: number;
  readonly seconds: number;
  readonly charactersPerSecond: number;
  readonly baselines: Baselines | null;
}

export interface Baselines {
  readonly unigram: number | null;
  readonly ngram: number | null;
  readonly brotli: number | null;
  /** Why a baseline is null, or which limit was applied. */
  readonly notes: readonly string[];
}

/**
 * Scores a text with a model. Every character but the first is scored exactly once.
 * @throws UsageError if an option does not exist or has an unknown value, or `source` names neither a text nor a split
 * @throws CharrnnError if the model is not a language model, or the engine cannot run here
 * @throws CharrnnError if the text cannot be read, is too short, or has a symbol outside the vocabulary
 * @throws CharrnnError if the corpus of the split is gone or has changed, or the split is empty
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
  const { name, text, corpus, training } = found;
  if (text.length < 2) {
    const length = text.length === 1 ? "1 character" : "no characters";
    throw new CharrnnError(
      `${sourceName(name)} has too little to score (${length}): name a text with 2 or more`,
    );
  }
  const { loss, characters, correct, losses, seconds } = await scoreText(checkpoint, text, options);
  for (let i = 1; i < losses.length; i++) {
    perCharacter?.(corpus.skipped.offsetOf(i), vocabulary.symbols[text.at(i)] ?? REPLACEMENT, losses[i]);
  }
  const bytes = byteLengthOf(text.subsequence(1, text.length), corpus);
  const bitsPerCharacter = bitsOf(loss);
  return {
    text: name,
    characters,
    bytes,
    loss,
    bitsPerCharacter,
    bitsPerByte: (bitsPerCharacter * characters) / bytes,
    perplexity: Math.exp(loss),
    accuracy: correct / characters,
    seconds,
    charactersPerSecond: characters / seconds,
    baselines: baselines ? await scoreBaselines(training, text, vocabulary) : null,
  };
}

/** Scores a text on its own engine. `losses` has the loss at each position if `perCharacter` needs them. */
async function scoreText(
  checkpoint: Checkpoint,
  text: Symbols,
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
  // Segments are scored side by side, but losses are reported in the order of the text.
  const losses = new Float32Array(perCharacter ? text.length : 0);
  const onCharacter: OnCharacter = (position, loss) => (losses[position] = loss);
  const started = performance.now();
  try {
    writeStored(opened, network.parameters, checkpoint.parameters);
    const score = await scorer.score(opened, text, {
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

async function scoreBaselines(
  training: Symbols | string,
  text: Symbols,
  vocabulary: Vocabulary,
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
  return {
    unigram: unigram.bitsPerCharacter,
    ngram: ngram.bitsPerCharacter,
    brotli: brotli.bitsPerCharacter,
    notes: [unigram, ngram, brotli].flatMap(({ note }) => (note === undefined ? [] : [note])),
  };
}
