import { requireNames } from "../arguments.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { textModelOf, type TextModel } from "../checkpoint/text-model.ts";
import { type EngineChoice } from "../engine/engine.ts";
import { engineLike } from "../engine/engines.ts";
import { CharrnnError } from "../errors.ts";
import { type Clamp } from "../model/clamp.ts";
import { REPLACEMENT } from "../text/decoder.ts";
import { sourceName } from "../text/sources.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { isOfTask, LANGUAGE_MODEL, taskNameOf } from "../tasks/index.ts";
import { bitsOf } from "../tasks/language-model/metrics.ts";
import { withScorer } from "../tasks/language-model/open-scorer.ts";
import { type OnCharacter, type Score } from "../tasks/language-model/scorer.ts";
import { planExamples, planSegments, together } from "../tasks/language-model/segments.ts";
import { byteLengthOf, lengthOf, scoreBaselines, type Baselines } from "./score-baselines.ts";
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
  /** For sequence-to-sequence models: the width of the beam search (default 1), and the most symbols of an output. */
  beam?: number | undefined;
  maxOutput?: number | undefined;
  /** Units that keep a value at every step. */
  clamps?: readonly Clamp[] | undefined;
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
  clamps: true,
};

/**
 * The scores of a model on a text. Losses are in nats per character, baselines in bits per character. The end of a
 * document adds to the loss, but does not count as a character. A model of words has losses in nats per token. Its
 * perplexity, its accuracy and its numbers of unknown, skipped and known symbols are about tokens, too.
 */
export interface Evaluation {
  readonly text: string;
  /** The number of characters scored: all, except the first one of a long text. */
  readonly characters: number;
  /** How many tokens were scored, and the loss in bits. Only models of words have tokens. */
  readonly tokens?: number;
  readonly bitsPerToken?: number;
  /**
   * The number of bytes of these characters: in UTF-8, whatever the encoding of the text. A byte model's character is
   * one byte.
   */
  readonly bytes: number;
  /** How many of these characters became the unknown symbol. */
  readonly unknown: number;
  /** How many more characters the text has, which were left out because they are not in the vocabulary. */
  readonly skipped: number;
  readonly loss: number;
  readonly bitsPerCharacter: number;
  /**
   * All bits divided by the bytes. The bits are the losses of the symbols, plus `bitsPerUnknown` for each unknown
   * character.
   */
  readonly bitsPerByte: number;
  /**
   * The bits that say which character an unknown symbol stands for: log2 of the number of characters outside the
   * vocabulary. 0 in a model of words: its bits do not say which token an unknown token stands for.
   */
  readonly bitsPerUnknown: number;
  readonly perplexity: number;
  /**
   * The share of characters that the model predicted: the likeliest symbol was the right one. An unknown character
   * counts as wrong.
   */
  readonly accuracy: number;
  /** The characters that are not unknown. If there are no such characters, their loss and accuracy are null. */
  readonly known: {
    readonly characters: number;
    readonly loss: number | null;
    readonly accuracy: number | null;
  };
  readonly seconds: number;
  readonly charactersPerSecond: number;
  readonly baselines: Baselines | null;
}

/**
 * Scores a text with a model. Every character is scored exactly once, except the first one of a long text.
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
  const model = textModelOf(checkpoint);
  const { vocabulary } = model;
  const found = await findText(checkpoint, vocabulary, source, { ...options, baselines });
  const { name, text, examples, skipped } = found;
  if (options.exact && examples !== undefined) {
    options.note?.(`--exact changes nothing: each of the ${examples.kind} is scored from its own start`);
  }
  if (text.length < 2) {
    const length = text.length === 1 ? "1 character" : "no characters";
    throw new CharrnnError(
      `${sourceName(name)} has too little to score (${length}): name a text with at least 2 characters`,
    );
  }
  const {
    loss,
    characters: scored,
    correct,
    known,
    losses,
    seconds,
  } = await scoreText(checkpoint, model, found, options);
  for (let i = 1; i < losses.length; i++) {
    perCharacter?.(found.offsetOf(i), shown(text.at(i), vocabulary), losses[i]);
  }
  const bytes = scoredIn(found, byteLengthOf);
  const characters = scoredIn(found, lengthOf);
  const areTokens = vocabulary instanceof TokenVocabulary;
  const bitsPerCharacter = bitsOf(loss) * (scored / characters);
  const unknown = scored - known.characters;
  const bitsPerUnknown = areTokens || vocabulary.unknown === undefined ? 0 : bitsOfUnknown(vocabulary);
  const perByte = (perCharacter: number) => (perCharacter * characters + unknown * bitsPerUnknown) / bytes;
  return {
    text: name,
    ...(areTokens && { tokens: scored }),
    characters,
    bytes,
    unknown,
    skipped,
    loss,
    ...(areTokens && { bitsPerToken: bitsOf(loss) }),
    bitsPerCharacter,
    bitsPerByte: perByte(bitsPerCharacter),
    bitsPerUnknown,
    perplexity: Math.exp(loss),
    accuracy: correct / scored,
    known: {
      characters: known.characters,
      loss: known.characters > 0 ? known.loss : null,
      accuracy: known.characters > 0 ? correct / known.characters : null,
    },
    seconds,
    charactersPerSecond: characters / seconds,
    baselines: baselines ? await scoreBaselines(found, model, characters, perByte) : null,
  };
}

/** Opens an engine and scores a text. `losses` has the loss at each position, if `perCharacter` needs the losses. */
async function scoreText(
  checkpoint: Checkpoint,
  { vocabulary, sizes }: TextModel,
  { text, examples }: FoundText,
  { exact = false, threads, engine, clamps, perCharacter, signal, progress }: EvaluateOptions,
): Promise<Score & { losses: Float32Array; seconds: number }> {
  const plan =
    examples !== undefined
      ? planExamples(examples)
      : together(exact ? [{ warmupStart: 0, start: 1, end: text.length }] : planSegments(text.length));
  // Segments are scored in parallel, but losses are reported in the order of the text. So the losses are collected
  // first.
  const losses = new Float32Array(perCharacter ? text.length : 0);
  const onCharacter: OnCharacter = (position, loss) => (losses[position] = loss);
  const options = { engine: engineLike(checkpoint.training?.engine, engine), threads, clamps };
  return withScorer(checkpoint, sizes, plan, options, async (scorer, opened) => {
    const started = performance.now();
    const score = await scorer.score(opened, text, {
      unknown: vocabulary.unknown,
      uncounted: examples?.kind === "documents" ? examples.end : undefined,
      ...(perCharacter && { onCharacter }),
      progress: (done, total) => {
        signal?.throwIfAborted();
        progress?.(done, total);
      },
    });
    return { ...score, losses, seconds: (performance.now() - started) / 1000 };
  });
}

/** A symbol as `perCharacter` gets it. The end of a document is no character, and its symbol is empty. */
function shown(index: number, { symbols, size }: TextVocabulary): string | number {
  return index === size ? "" : (symbols[index] ?? REPLACEMENT);
}

/**
 * The number of scored characters, or of their bytes. The first symbol of a long text is not scored. A last line without
 * a line feed is scored with one.
 */
function scoredIn({ original, examples }: FoundText, count: (text: FoundText["original"]) => number): number {
  if (examples === undefined) {
    return count(original) - count({ ...original, parts: [{ start: 0, end: 1 }] });
  }
  const read = original.parts.reduce((sum, { start, end }) => sum + end - start, 0);
  return count(original) + examples.characterCount - read;
}
