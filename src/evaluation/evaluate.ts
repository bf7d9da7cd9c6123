import { requireNames } from "../arguments.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { type EngineChoice } from "../engine/engine.ts";
import { engineLike, openEngine } from "../engine/open.ts";
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
  /** One pass in order with the state carried over, instead of parallel segments that are warmed up. */
  exact?: boolean;
  /** Whether to put the baselines beside the model; true unless given. */
  baselines?: boolean;
  threads?: number | undefined;
  engine?: EngineChoice;
  /**
   * Hears each character's loss in nats, in order. Offsets count the text's symbols from 0, skipped ones too, a byte
   * order mark not.
   */
  perCharacter?: ((offset: number, symbol: string | number, loss: number) => void) | undefined;
  progress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const optionNames: Readonly<Record<keyof EvaluateOptions, true>> = {
  exact: true,
  baselines: true,
  unknown: true,
  corpusFolder: true,
  threads: true,
  engine: true,
  perCharacter: true,
  note: true,
  progress: true,
  signal: true,
};

/** What a model makes of a text; losses in nats per character, baselines in bits per character. */
export interface Evaluation {
  readonly text: string;
  /** Characters scored: all but the first. */
  readonly characters: number;
  /**
   * Their bytes in UTF-8, or their number in a byte model. Characters that became the unknown symbol count as the mean
   * of all such characters of the text, or of the corpus that a split is of.
   */
  readonly bytes: number;
  readonly loss: number;
  readonly bitsPerCharacter: number;
  readonly bitsPerByte: number;
  readonly perplexity: number;
  /** The share of characters that the model held likeliest. */
  readonly accuracy: number;
  readonly seconds: number;
  readonly charactersPerSecond: number;
  readonly baselines: Baselines | null;
}

export interface Baselines {
  readonly unigram: number | null;
  readonly ngram: number | null;
  readonly brotli: number | null;
  /** Why one is null, or the limit that bit. */
  readonly notes: readonly string[];
}

/**
 * Scores a text with a model. Every character but the first is scored exactly once.
 * @throws UsageError for an option that there is not; CharrnnError where the text cannot be read, is too short, or has
 * a symbol outside the vocabulary, and where a split is asked for whose corpus is gone or has changed
 */
export async function evaluateText(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  requireNames(options, optionNames, "evaluateText");
  const { baselines = true, perCharacter } = options;
  if (!isOfTask(checkpoint, LANGUAGE_MODEL)) {
    throw new CharrnnError(`a model for ${taskNameOf(checkpoint)} scores no text`);
  }
  const vocabulary = Vocabulary.fromJson(checkpoint.vocabulary);
  const found = await findText(checkpoint, vocabulary, source, { ...options, baselines });
  const { name, text, corpus, training } = found;
  if (text.length < 2) {
    throw new CharrnnError(
      `${sourceName(name)} has too little to score (${text.length === 1 ? "1 character" : "no characters"}): name one with 2 or more`,
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

/** Scores a text on an engine of its own, with the loss at each position where somebody hears them. */
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
    ...(threads !== undefined && { threads }),
  });
  // Segments are scored side by side; the losses are told in the order of the text.
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
