import { type Symbols } from "../../text/symbols.ts";
import { blocks } from "../../turns.ts";
import { type Baseline } from "./baseline.ts";
import { NgramCounts } from "./ngram-counts.ts";

/** A symbol is predicted from the four symbols before it. Character-level n-gram baselines usually have this order. */
const ORDER = 5;

/** The n-gram model is trained on at most this many symbols: the last ones of the training split. */
export const NGRAM_TRAINING_LIMIT = 50_000_000;

/** The numbers that are subtracted from counts of 1, of 2, and of 3 and more. */
export type Discounts = readonly [number, number, number];

/** The numbers for interpolating one order with the order below. The arrays are indexed by the id of the context. */
interface Interpolation {
  discounts: Discounts;
  /** For each context: the sum of the counts of the symbols that follow it. */
  totals: Uint32Array;
  /** For each context: the sum of the discounts of these counts. The order below distributes this sum. */
  discounted: Float64Array;
}

/**
 * The cross-entropy of `text` in bits per character under an interpolated modified Kneser-Ney 5-gram model, trained on
 * the last `NGRAM_TRAINING_LIMIT` symbols of `training`. Scores every symbol of `text` except the first, given up to
 * four symbols before it. `text` has at least two symbols.
 */
export async function ngramBaseline(
  training: Symbols,
  text: Symbols,
  vocabularySize: number,
): Promise<Baseline> {
  const model = await NgramModel.train(training, vocabularySize);
  const baseline: Baseline = { bitsPerCharacter: await model.bitsPerCharacter(text) };
  if (training.length > NGRAM_TRAINING_LIMIT) {
    const [used, all] = [NGRAM_TRAINING_LIMIT, training.length].map((count) => count.toLocaleString("en-US"));
    baseline.note = `the 5-gram is trained on the last ${used} of ${all} symbols`;
  }
  return baseline;
}

/**
 * Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999, "An empirical study of smoothing techniques
 * for language modeling", section 3 and equation 26) over symbol indices in [0, V):
 *
 *     p(w | context) = (max(c - D(c), 0) + discounted(context) p(w | shorter context)) / total(context)
 *
 * c is the count of the n-gram, D(c) its discount, and discounted(context) the sum of all discounts in that context. In
 * the highest order, c counts occurrences. In lower orders, c counts the distinct symbols before the n-gram (the start
 * of the text counts as one). The lowest order is interpolated with the uniform distribution over V. So every
 * probability is positive, and the probabilities after any context sum to one.
 */
export class NgramModel {
  readonly #vocabularySize: number;
  readonly #unigramCounts: Uint32Array;
  /** The n-grams of order 2 and up: `#ngrams[0]` are the bigrams. An id of order 1 is the symbol itself. */
  readonly #ngrams: NgramCounts[];
  /** One interpolation for each order: `#interpolations[0]` is for unigrams and has only the empty context. */
  readonly #interpolations: Interpolation[] = [];

  private constructor(vocabularySize: number) {
    this.#vocabularySize = vocabularySize;
    this.#unigramCounts = new Uint32Array(vocabularySize);
    this.#ngrams = Array.from({ length: ORDER - 1 }, () => new NgramCounts(vocabularySize));
  }

  /** Counts the last `NGRAM_TRAINING_LIMIT` symbols of `text`. The text may have any length. */
  static async train(text: Symbols, vocabularySize: number): Promise<NgramModel> {
    const model = new NgramModel(vocabularySize);
    await model.#count(text, Math.max(0, text.length - NGRAM_TRAINING_LIMIT));
    await model.#interpolate();
    return model;
  }

  /** The probability of `symbol` after `context`, of which only the last four symbols are used. */
  probability(context: ArrayLike<number>, symbol: number): number {
    const history = new Int32Array(ORDER).fill(-1);
    for (let i = Math.max(0, context.length - ORDER + 1); i < context.length; i++) {
      this.#advance(history, context[i]);
    }
    return this.#advance(history, symbol);
  }

  /** The mean of -log2 p over every symbol of `text` except the first, given up to four symbols before it. */
  async bitsPerCharacter(text: Symbols): Promise<number> {
    const history = new Int32Array(ORDER).fill(-1);
    this.#advance(history, text.at(0));
    let bits = 0;
    for await (const [start, end] of blocks(1, text.length)) {
      for (let i = start; i < end; i++) bits -= Math.log2(this.#advance(history, text.at(i)));
    }
    return bits / (text.length - 1);
  }

  async #count(text: Symbols, from: number): Promise<void> {
    // ids[k] is the id of the n-gram of order k + 1 that ends at the previous symbol: the prefix of the next n-gram.
    const ids = new Int32Array(ORDER);
    for await (const [start, end] of blocks(from, text.length)) {
      for (const ngrams of this.#ngrams) await ngrams.reserve(end - start);
      for (let i = start; i < end; i++) {
        const symbol = text.at(i);
        // Whether this occurrence of an n-gram counts. In the highest order every occurrence counts (at the start of
        // the text: in the longest order that fits). In lower orders, only the first occurrence after each symbol
        // counts.
        let counts = true;
        for (let k = Math.min(ORDER - 1, i - from); k > 0; k--) {
          const ngrams = this.#ngrams[k - 1];
          const known = ngrams.size;
          ids[k] = ngrams.findOrAdd(ids[k - 1], symbol);
          if (counts) ngrams.counts[ids[k]]++;
          counts = ngrams.size > known;
        }
        if (counts) this.#unigramCounts[symbol]++;
        ids[0] = symbol;
      }
    }
  }

  async #interpolate(): Promise<void> {
    const unigrams = { counts: this.#unigramCounts, prefixes: new Uint32Array(this.#vocabularySize) };
    let contexts = 1;
    let size = this.#vocabularySize;
    this.#interpolations.push(await interpolation(unigrams, size, contexts));
    for (const ngrams of this.#ngrams) {
      contexts = size;
      size = ngrams.size;
      this.#interpolations.push(await interpolation(ngrams, size, contexts));
    }
  }

  /**
   * The probability of `symbol` after `history`. Then appends the symbol to `history`, where `history[k]` is the id of
   * the last k + 1 symbols, or -1 if these never occurred in the training text.
   */
  #advance(history: Int32Array, symbol: number): number {
    const [lowest] = this.#interpolations;
    let p = interpolated(lowest, 0, this.#unigramCounts[symbol], 1 / this.#vocabularySize);
    let context = history[0];
    history[0] = symbol;
    for (let k = 1; k < ORDER; k++) {
      let id = -1;
      if (context >= 0) {
        const ngrams = this.#ngrams[k - 1];
        id = ngrams.find(context, symbol);
        p = interpolated(this.#interpolations[k], context, id < 0 ? 0 : ngrams.counts[id], p);
      }
      context = history[k];
      history[k] = id;
    }
    return p;
  }
}

/**
 * The discounts of one order (Chen and Goodman's equation 26). `countsOfCounts` has the numbers of n-grams with the
 * counts 1, 2, 3 and 4. In small or artificial texts one of these numbers may be 0, or the discounts may be out of
 * range. The discounts are then 0.5, 1 and 1.5, as in KenLM's --discount_fallback.
 */
export function discountsOf(countsOfCounts: ArrayLike<number>): Discounts {
  const [n1, n2, n3, n4] = Array.from(countsOfCounts);
  const y = n1 / (n1 + 2 * n2);
  const discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3] as const;
  return discounts.every((discount, i) => discount > 0 && discount <= i + 1) ? discounts : [0.5, 1, 1.5];
}

async function interpolation(
  { counts, prefixes }: { counts: Uint32Array; prefixes: Uint32Array },
  size: number,
  contexts: number,
): Promise<Interpolation> {
  const countsOfCounts = new Float64Array(4);
  for await (const [start, end] of blocks(0, size)) {
    for (let id = start; id < end; id++) {
      if (counts[id] >= 1 && counts[id] <= 4) countsOfCounts[counts[id] - 1]++;
    }
  }
  const discounts = discountsOf(countsOfCounts);
  const totals = new Uint32Array(contexts);
  const discounted = new Float64Array(contexts);
  for await (const [start, end] of blocks(0, size)) {
    for (let id = start; id < end; id++) {
      totals[prefixes[id]] += counts[id];
      discounted[prefixes[id]] += discountOf(discounts, counts[id]);
    }
  }
  return { discounts, totals, discounted };
}

function discountOf(discounts: Discounts, count: number): number {
  return count === 0 ? 0 : discounts[Math.min(count, 3) - 1];
}

/** If no symbol follows the context, the result is `lower`. Only the end of the training text can be such a context. */
function interpolated(
  { discounts, totals, discounted }: Interpolation,
  context: number,
  count: number,
  lower: number,
): number {
  if (totals[context] === 0) return lower;
  return (count - discountOf(discounts, count) + discounted[context] * lower) / totals[context];
}
