import { parseChoice, requireNames, requireNumber } from "../arguments.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { textModelOf } from "../checkpoint/text-model.ts";
import { UsageError } from "../errors.ts";
import { type EngineOptions } from "../engine/engines.ts";
import { type Clamp } from "../model/clamp.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { Random } from "../random.ts";
import { type Unit } from "../text/symbol-table.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { unknownRules, type OnUnknown } from "../text/vocabulary.ts";
import { Turns } from "../turns.ts";
import {
  checkSamplingOptions,
  draw,
  nextDistribution,
  REPETITION_WINDOW,
  type SamplingOptions,
} from "./filters.ts";
import { Output, spelling, spellingOf } from "./output.ts";
import { readPrime, type Prime, type PrimeOptions } from "./prime.ts";
import { Sampler } from "./sampler.ts";
import { StopText, stopTexts, type StopOptions } from "./stop.ts";

export interface SampleOptions extends Partial<SamplingOptions>, PrimeOptions, StopOptions {
  /** The most characters (a model of words: tokens) to draw after the prime (default 2,000). */
  length?: number;
  /** The same seed draws the same text (default 1). */
  seed?: number;
  /** How many samples to draw (default 1; from labels or numbers, 5 for each of them). Each sample has its own stream of random numbers. */
  num?: number;
  /** Several primes in place of one. `num` samples are drawn for each prime, and all samples of a prime come together. */
  primes?: readonly PrimeOptions[] | undefined;
  unknown?: OnUnknown;
  /**
   * The number of worker threads; 0 draws on the caller's thread. The default is 0 for a small model, and up to one
   * thread for each core for a large model. The text does not depend on this number.
   */
  threads?: number | undefined;
  engine?: EngineOptions["engine"];
  /** For a model that writes from labels: `Korean`, or `country=Korean` if several columns have labels. */
  labels?: readonly string[] | undefined;
  /** For a model that writes from numbers: one for each of its columns of numbers. */
  values?: readonly number[] | undefined;
  /** Units that keep a value at every step. */
  clamps?: readonly Clamp[] | undefined;
}

const optionNames: Readonly<Record<keyof SampleOptions, true>> = {
  length: true,
  num: true,
  seed: true,
  prime: true,
  encoding: true,
  primeSource: true,
  primes: true,
  stop: true,
  stopLine: true,
  unknown: true,
  temperature: true,
  topK: true,
  topP: true,
  minP: true,
  repetitionPenalty: true,
  threads: true,
  engine: true,
  labels: true,
  values: true,
  clamps: true,
};

/**
 * Some text of a sample. The last piece of each sample has `stopped`: whether the stop text, or the end of a document,
 * ended it.
 */
export interface SamplePiece {
  readonly index: number;
  /** In a byte model: the characters that `bytes` completes in UTF-8. U+FFFD stands for bytes that are not UTF-8. */
  readonly text: string;
  /** The exact bytes, prime included. Only byte models draw bytes. */
  readonly bytes?: Uint8Array;
  readonly stopped?: boolean;
  /** The labels or numbers that the text was written from, by the names of their columns. */
  readonly conditions?: Readonly<Record<string, string>>;
}

/** How many samples are drawn at once, as rows of one batch. A row's text does not depend on the number of rows. */
const MOST_ROWS = 64;

/** One thread is used for this many parameters: two threads drew 3x512 (5.3 million) 1.6 times as fast as one. */
const PARAMETERS_PER_THREAD = 2_000_000;

/**
 * Draws text from a model. Samples are drawn in parallel and yielded in order. The first sample comes character by
 * character. The first piece of each later sample is all its text so far; then it comes character by character. The
 * text begins with the prime. A byte model gives its bytes too. Without a prime, the model first reads one of its
 * checkpoint's beginnings, chosen by the seed. Older checkpoints have no beginnings: a sample then starts from a
 * newline, or else from the corpus's commonest symbol. A model of lines or documents starts a new line or document,
 * with the prime if there is one.
 * @throws UsageError if an option does not exist or is out of range
 * @throws CharrnnError if the prime is not in its encoding or has a symbol outside the vocabulary
 * @throws CharrnnError if the engine cannot run here, there is too little memory, or the model gives no valid numbers
 */
export async function* sample(
  checkpoint: Checkpoint,
  options: SampleOptions = {},
): AsyncGenerator<SamplePiece, void, undefined> {
  requireNames(options, optionNames, "sample");
  if (options.labels !== undefined || options.values !== undefined) {
    throw new UsageError("--label and --values are for --task one-to-many: leave them out");
  }
  const { vocabulary, sizes, examples } = textModelOf(checkpoint);
  const end = examples && { symbol: examples.end, endsSample: examples.kind === "documents" };
  yield* drawSamples(
    checkpoint,
    { vocabulary, sizes, end, startsOf: (_, prime) => startsOf(checkpoint, vocabulary, prime, end) },
    options,
  );
}

/** A model that writes texts symbol by symbol. */
export interface WritingModel {
  readonly vocabulary: TextVocabulary;
  readonly sizes: NetworkSizes;
  readonly end: EndSymbol | undefined;
  /** The lists of symbols that sample `index` may start from, all of one length. The sample first reads one of them. */
  readonly startsOf: (index: number, prime: Prime) => readonly Start[];
  /** What the network reads for the symbols of all rows. Undefined: the symbols themselves. */
  readonly inputsOf?: (symbols: Int32Array) => ArrayLike<number>;
}

/**
 * Draws the samples of a model as `sample` does.
 * @throws UsageError, CharrnnError as `sample` does
 */
export async function* drawSamples(
  checkpoint: Checkpoint,
  model: WritingModel,
  options: SampleOptions,
): AsyncGenerator<SamplePiece, void, undefined> {
  const { vocabulary, sizes, end } = model;
  const { temperature = 1, threads, engine, clamps } = options;
  checkSamplingOptions({ ...options, temperature });
  const length = requireNumber(options.length ?? 2000, "the length", { min: 1 }, true);
  const perPrime = requireNumber(options.num ?? 1, "the number of samples", { min: 1 }, true);
  const seed = requireNumber(options.seed ?? 1, "the seed", { min: 0 }, true);
  const unknown = parseChoice(options.unknown ?? "error", "the rule for unknown characters", unknownRules);

  const primes = primesOf(options).map((prime) => readPrime(vocabulary, prime, unknown));
  const primeOf = (index: number) => primes[Math.floor(index / perPrime)];
  const stops = stopTexts(options, vocabulary);
  const num = primes.length * perPrime;
  const rows = Math.min(num, MOST_ROWS);
  const sampler = await Sampler.open(checkpoint.model, sizes, checkpoint.parameters, {
    rows,
    clamps,
    threads,
    worthThreads: worthThreads(checkpoint),
    engine,
  });
  try {
    for (let first = 0; first < num; first += rows) {
      const batch = Array.from({ length: Math.min(rows, num - first) }, (_, row) => {
        const index = first + row;
        return new Row(index, vocabulary, primeOf(index), {
          ...options,
          temperature,
          length,
          seed,
          stops,
          end,
        });
      });
      const starts = batch.map((row, index) =>
        row.chooseFrom(model.startsOf(first + index, primeOf(first + index))),
      );
      yield* drawBatch(sampler, batch, starts, { rows, ...model });
    }
  } finally {
    await sampler.close();
  }
}

/** @throws UsageError if there is no prime in the list, or one beside the list */
function primesOf({ primes, prime, encoding, primeSource }: SampleOptions): readonly PrimeOptions[] {
  if (primes === undefined) return [{ prime, encoding, primeSource }];
  if (prime !== undefined)
    throw new UsageError("a prime and a list of primes are given: leave out one of them");
  if (primes.length === 0) throw new UsageError("the list of primes is empty: give a prime");
  return primes;
}

/**
 * How many threads are worth starting for a model that reads one step at a time. Each step reads every weight. The
 * weights of a small model stay in the cache of one core, and waking another thread would take longer. Several cores
 * fetch the weights of a large model faster.
 */
export function worthThreads({ parameters }: Pick<Checkpoint, "parameters">): number {
  const size = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return Math.floor(size / PARAMETERS_PER_THREAD);
}

/**
 * The lists of symbols that a sample may start from, all of one length. The sample first reads one of them. If examples
 * end with a symbol, this symbol also comes before each example.
 */
function startsOf(
  { beginnings = [], training }: Checkpoint,
  vocabulary: TextVocabulary,
  { indices }: Prime,
  end: EndSymbol | undefined,
): Start[] {
  if (end !== undefined) return [[end.symbol, ...indices]];
  if (indices.length > 0) return [indices];
  if (beginnings.length > 0) return [...beginnings];
  return [[vocabulary.lineFeed ?? training?.corpus?.commonest ?? 0]];
}

/** The symbols that the network reads before it draws the first symbol. */
export type Start = ArrayLike<number>;

/** The symbol that ends an example. */
export interface EndSymbol {
  readonly symbol: number;
  /**
   * Whether a sample ends with its example. Otherwise the sample continues with another example, from the zero state.
   */
  readonly endsSample: boolean;
}

/**
 * Steps all rows together. Each row first reads its own entry of `starts`; all entries have the same length. Yields the
 * text of the first row while it grows, and the text of each later row once all rows before have ended.
 */
async function* drawBatch(
  sampler: Sampler,
  batch: readonly Row[],
  starts: readonly Start[],
  { rows, end, inputsOf }: { readonly rows: number } & Pick<WritingModel, "end" | "inputsOf">,
): AsyncGenerator<SamplePiece, void, undefined> {
  sampler.reset();
  const turns = new Turns();
  const inputs = new Int32Array(rows);
  const step = async () => {
    if (end?.endsSample === false) {
      await sampler.resetRows(batch.flatMap((_, row) => (inputs[row] === end.symbol ? [row] : [])));
    }
    return sampler.step(inputsOf ? inputsOf(inputs) : inputs);
  };
  let shown = 0;
  for (let position = 0; ; position++) {
    for (; shown < batch.length; shown++) {
      const piece = batch[shown].take();
      if (piece !== undefined) yield piece;
      if (!batch[shown].ended) break;
    }
    if (shown === batch.length) return;
    if (turns.areDue) await turns.give();
    for (const [row, start] of starts.entries()) if (position < start.length) inputs[row] = start[position];
    const logits = await step();
    const V = logits.length / rows;
    for (const [row, drawn] of batch.entries()) {
      const hasStarted = position + 1 >= starts[row].length;
      if (hasStarted && !drawn.ended) inputs[row] = drawn.draw(logits.subarray(row * V, (row + 1) * V));
    }
  }
}

/** One sample, which is one row of the batch, while it grows. */
class Row {
  readonly #index: number;
  readonly #options: SamplingOptions & { length: number };
  readonly #vocabulary: TextVocabulary;
  readonly #random: Random;
  readonly #stops: readonly StopText[];
  readonly #end: EndSymbol | undefined;
  readonly #banned: readonly number[];
  /** The last symbols, which the repetition penalty looks at. */
  readonly #recent: number[];
  #drawn = 0;
  /** The symbol before the next one, if it was written. */
  #previous: number | undefined;
  readonly #output: Output;
  /** Whether the stop text or the end of its example ended the sample; undefined until the sample ends. */
  #stopped: boolean | undefined;

  constructor(
    index: number,
    vocabulary: TextVocabulary,
    prime: Prime,
    options: SamplingOptions & {
      length: number;
      seed: number;
      stops: readonly string[];
      end: EndSymbol | undefined;
    },
  ) {
    this.#index = index;
    this.#options = options;
    this.#vocabulary = vocabulary;
    this.#random = Random.of(options.seed, index);
    this.#stops = options.stops.map((text) => new StopText(text));
    this.#end = options.end;
    this.#banned = vocabulary.unknown === undefined ? [] : [vocabulary.unknown];
    this.#recent = Array.from(prime.indices.slice(-REPETITION_WINDOW));
    this.#previous = prime.indices.at(-1);
    this.#output = new Output(unitOf(vocabulary));
    this.#output.write(prime.bytes === undefined ? prime.text : spellingOf(prime.bytes));
  }

  get ended(): boolean {
    return this.#stopped !== undefined;
  }

  /** Chooses one of the starts. A random number is drawn only if there is more than one. */
  chooseFrom(starts: readonly Start[]): Start {
    return starts.length === 1 ? starts[0] : starts[Math.floor(this.#random.next() * starts.length)];
  }

  /** Draws the next symbol, which is also the next input of the network. */
  draw(logits: Float32Array | Float64Array): number {
    const distribution = nextDistribution(logits, this.#recent, this.#options, this.#banned);
    const symbol = draw(distribution, this.#random);
    this.#recent.push(symbol);
    if (this.#recent.length > REPETITION_WINDOW) this.#recent.shift();
    this.#drawn += 1;
    if (this.#end?.endsSample && symbol === this.#end.symbol) {
      this.#stopped = true;
      return symbol;
    }

    const vocabulary = this.#vocabulary;
    const spelled =
      vocabulary instanceof TokenVocabulary
        ? vocabulary.spell(symbol, this.#previous)
        : spelling(vocabulary.symbols[symbol]);
    this.#previous = symbol;
    const stoppedAt = Math.min(...this.#stops.map((stop) => stop.feed(spelled) ?? Infinity));
    this.#output.write(spelled.slice(0, stoppedAt));
    if (stoppedAt < Infinity) this.#stopped = true;
    else if (this.#drawn >= this.#options.length) this.#stopped = false;
    return symbol;
  }

  /**
   * What was drawn since the last `take` (at first also the prime). Undefined if there is no new text yet, but more
   * will come.
   */
  take(): SamplePiece | undefined {
    const index = this.#index;
    const written = this.#output.take(this.ended);
    if (this.#stopped !== undefined) return { index, ...written, stopped: this.#stopped };
    return (written.bytes ?? written.text).length === 0 ? undefined : { index, ...written };
  }
}

/** What a sample is written in: bytes, or characters. */
function unitOf(vocabulary: TextVocabulary): Unit {
  return vocabulary instanceof TokenVocabulary ? "char" : vocabulary.unit;
}
