import { parseChoice, requireNames, requireNumber } from "../arguments.ts";
import type { Checkpoint } from "../checkpoint/format.ts";
import type { EngineOptions } from "../engine/engines.ts";
import { Random } from "../random.ts";
import { Decoder } from "../text/decoder.ts";
import { Vocabulary, unknownRules, type OnUnknown } from "../text/vocabulary.ts";
import { Turns } from "../turns.ts";
import {
  checkSamplingOptions,
  draw,
  nextDistribution,
  repetitionWindow,
  type SamplingOptions,
} from "./filters.ts";
import { Sampler } from "./sampler.ts";
import { StopText } from "./stop.ts";

export interface SampleOptions extends Partial<SamplingOptions> {
  /** Characters to draw after the prime, at most; 2,000 unless given. */
  length?: number;
  /** What the text begins with. Bytes are strict UTF-8, or, for a byte model, themselves. */
  prime?: string | Uint8Array | undefined;
  /** What an error calls the prime, such as the file that it is from; "the prime" unless given. */
  primeSource?: string | undefined;
  /** The same seed draws the same text; 1 unless given. */
  seed?: number;
  /** How many samples, each with its own stream of random numbers; 1 unless given. */
  num?: number;
  /** Ends a sample where it is drawn; it is kept. */
  stop?: string | undefined;
  unknown?: OnUnknown;
  /**
   * Worker threads; 0 draws on the caller's own. Unless given, none for a small model and up to one a core for a large
   * one. The text does not depend on them.
   */
  threads?: number | undefined;
  engine?: EngineOptions["engine"];
}

const optionNames: Readonly<Record<keyof SampleOptions, true>> = {
  ...{ length: true, num: true, seed: true, prime: true, primeSource: true, stop: true, unknown: true },
  ...{ temperature: true, topK: true, topP: true, minP: true, repetitionPenalty: true },
  ...{ threads: true, engine: true },
};

/** Some text of a sample. The last piece of each sample says whether the stop text ended it. */
export interface SamplePiece {
  readonly index: number;
  readonly text: string;
  readonly stopped?: boolean;
}

/** Samples drawn at once, as rows of one batch; a row's text does not depend on how many there are. */
const MOST_ROWS = 64;

/** The parameters that make another thread worth its waking: two drew 3x512 (5.3 million) 1.6 times as fast as one. */
const PARAMETERS_PER_THREAD = 2_000_000;

/**
 * Draws text from a model, character by character: the pieces of the first sample as they are drawn; each other one,
 * drawn alongside, in one piece as far as it has come when its turn comes, and from there as it is drawn. The prime
 * comes first. Without one the model starts from a newline, or else from the commonest symbol of its corpus.
 * @throws UsageError for an option out of range, CharrnnError for a prime with a symbol outside the vocabulary
 */
export async function* sample(
  checkpoint: Checkpoint,
  options: SampleOptions = {},
): AsyncGenerator<SamplePiece, void, undefined> {
  requireNames(options, optionNames, "sample");
  const { temperature = 1, threads, engine } = options;
  checkSamplingOptions({ ...options, temperature });
  const length = requireNumber(options.length ?? 2000, "the length", { min: 1 }, true);
  const num = requireNumber(options.num ?? 1, "the number of samples", { min: 1 }, true);
  const seed = requireNumber(options.seed ?? 1, "the seed", { min: 0 }, true);
  const unknown = parseChoice(options.unknown ?? "error", "the rule for unknown characters", unknownRules);

  const vocabulary = Vocabulary.fromJson(checkpoint.vocabulary);
  const prime = vocabulary.encode(options.prime ?? "", unknown, options.primeSource ?? "the prime");
  const rows = Math.min(num, MOST_ROWS);
  const sizes = { inputs: vocabulary.size, outputs: vocabulary.size };
  const sampler = await Sampler.open(checkpoint.model, sizes, checkpoint.parameters, {
    rows,
    threads,
    worthThreads: worthThreads(checkpoint),
    engine,
  });
  try {
    for (let first = 0; first < num; first += rows) {
      const batch = Array.from(
        { length: Math.min(rows, num - first) },
        (_, row) => new Row(first + row, vocabulary, prime, { ...options, temperature, length, seed }),
      );
      const start = prime.length > 0 ? prime : [startSymbol(checkpoint, vocabulary)];
      yield* drawBatch(sampler, batch, start, rows);
    }
  } finally {
    await sampler.close();
  }
}

/**
 * Sampling reads every weight for each character. Those of a small model stay in the cache of the caller's core, and
 * waking another would take longer; a large one's are fetched faster by many.
 */
function worthThreads({ parameters }: Checkpoint): number {
  const size = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return Math.floor(size / PARAMETERS_PER_THREAD);
}

function startSymbol({ training }: Checkpoint, vocabulary: Vocabulary): number {
  return vocabulary.indexOf(0x0a) ?? training?.corpus?.commonest ?? 0;
}

/** Steps all rows together; the first is handed out as it grows, each other one once those before it have ended. */
async function* drawBatch(
  sampler: Sampler,
  batch: readonly Row[],
  start: ArrayLike<number>,
  rows: number,
): AsyncGenerator<SamplePiece, void, undefined> {
  sampler.reset();
  const turns = new Turns();
  const inputs = new Int32Array(rows);
  for (let i = 0; i < start.length - 1; i++) {
    await sampler.step(inputs.fill(start[i]));
    if (turns.areDue) await turns.give();
  }
  inputs.fill(start[start.length - 1]);

  for (let shown = 0; ;) {
    for (; shown < batch.length; shown++) {
      const piece = batch[shown].take();
      if (piece !== undefined) yield piece;
      if (!batch[shown].ended) break;
    }
    if (shown === batch.length) return;
    if (turns.areDue) await turns.give();
    const logits = await sampler.step(inputs);
    const V = logits.length / rows;
    for (const [row, drawn] of batch.entries()) {
      if (!drawn.ended) inputs[row] = drawn.draw(logits.subarray(row * V, (row + 1) * V));
    }
  }
}

/** V8 keeps an object for each addition to a string: as many additions as this to a waiting text are joined at once. */
const ADDITIONS = 4096;

/** One sample as it grows. */
class Row {
  readonly #index: number;
  readonly #options: SamplingOptions & { length: number };
  readonly #decoder: Decoder;
  readonly #random: Random;
  readonly #stop: StopText | undefined;
  readonly #banned: readonly number[];
  /** The last symbols, which the repetition penalty looks at. */
  readonly #recent: number[];
  #drawn = 0;
  /** The text not taken yet, and what has been added to it since. */
  #waiting: string;
  #additions: string[] = [];
  /** Once it has ended, whether by the stop text. */
  #stopped: boolean | undefined;

  constructor(
    index: number,
    vocabulary: Vocabulary,
    prime: Int32Array,
    options: SamplingOptions & { length: number; seed: number; stop?: string | undefined },
  ) {
    this.#index = index;
    this.#options = options;
    this.#decoder = new Decoder(vocabulary);
    this.#random = Random.of(options.seed, index);
    this.#stop = options.stop === undefined ? undefined : new StopText(options.stop);
    this.#banned = vocabulary.unknown === undefined ? [] : [vocabulary.unknown];
    this.#recent = Array.from(prime.slice(-repetitionWindow));
    this.#waiting = vocabulary.decode(prime);
  }

  get ended(): boolean {
    return this.#stopped !== undefined;
  }

  /** Draws the next symbol, which the network is fed next. */
  draw(logits: Float32Array | Float64Array): number {
    const distribution = nextDistribution(logits, this.#recent, this.#options, this.#banned);
    const symbol = draw(distribution, this.#random);
    this.#recent.push(symbol);
    if (this.#recent.length > repetitionWindow) this.#recent.shift();
    this.#drawn += 1;

    const text = this.#decoder.push(symbol);
    const stoppedAt = this.#stop?.feed(text);
    if (stoppedAt !== undefined) this.#end(text.slice(0, stoppedAt), true);
    else if (this.#drawn >= this.#options.length) this.#end(text + this.#decoder.end(), false);
    else this.#write(text);
    return symbol;
  }

  /** The text since it was last taken, the prime first; undefined where there is none and more will come. */
  take(): SamplePiece | undefined {
    const text = this.#waiting + this.#additions.join("");
    this.#waiting = "";
    this.#additions = [];
    if (this.#stopped !== undefined) return { index: this.#index, text, stopped: this.#stopped };
    return text === "" ? undefined : { index: this.#index, text };
  }

  #end(text: string, stopped: boolean): void {
    this.#write(text);
    this.#stopped = stopped;
  }

  #write(text: string): void {
    this.#additions.push(text);
    if (this.#additions.length < ADDITIONS) return;
    this.#waiting += this.#additions.join("");
    this.#additions = [];
  }
}
