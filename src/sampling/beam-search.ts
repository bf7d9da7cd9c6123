/** An output that is complete. */
export interface Hypothesis {
  readonly symbols: readonly number[];
  /** The sum of the logarithms of the probabilities of all symbols and of the end. */
  readonly logProbability: number;
  /** Whether the output stopped at the longest length, and not by the end symbol. */
  readonly cut: boolean;
}

export interface BeamOptions {
  /** K: how many outputs are tried side by side. 1 is greedy decoding. */
  readonly beams: number;
  /** The symbol that ends an output. */
  readonly end: number;
  /** The most symbols of an output. */
  readonly maxOutput: number;
}

/** An output that is not complete. */
interface Beam {
  readonly symbols: readonly number[];
  readonly logProbability: number;
}

/** What the decoder must read next in one beam. */
export interface NextInput {
  /** The beam whose state the decoder continues from. */
  readonly parent: number;
  readonly symbol: number;
}

/**
 * Searches for the likeliest outputs of one input. At each step, every incomplete output may get one more symbol or its
 * end. An output is complete if its end is among the K likeliest of these choices. Of the incomplete outputs, the K
 * likeliest remain. Complete outputs are compared by log-probability for each symbol (the end counts), because a sum
 * would favour short outputs. The search ends if there are K complete outputs and the best of them is better than all
 * incomplete ones. It also ends if the incomplete outputs are as long as allowed.
 */
export class BeamSearch {
  readonly #options: BeamOptions;
  #beams: Beam[] = [{ symbols: [], logProbability: 0 }];
  #next: NextInput[];
  readonly #complete: Hypothesis[] = [];

  constructor(options: BeamOptions) {
    this.#options = options;
    this.#next = [{ parent: 0, symbol: options.end }];
  }

  /**
   * What the decoder must read in each beam. At first, one beam reads the end symbol. Empty if the search has ended.
   */
  get next(): readonly NextInput[] {
    return this.#next;
  }

  /** The complete outputs, the best first: at most K. */
  get best(): readonly Hypothesis[] {
    return this.#complete;
  }

  /** Continues the search with the logits that the decoder computed in each beam. */
  advance(logitsOf: (beam: number) => ArrayLike<number>): void {
    const { beams, end, maxOutput } = this.#options;
    const candidates = this.#beams
      .flatMap((beam, parent) => likeliest(logitsOf(parent), 2 * beams, beam, parent))
      .sort((one, other) => other.logProbability - one.logProbability)
      .slice(0, 2 * beams);
    const going: (Beam & NextInput)[] = [];
    for (const [rank, { parent, symbol, logProbability }] of candidates.entries()) {
      const { symbols } = this.#beams[parent];
      if (symbol !== end) going.push({ symbols: [...symbols, symbol], logProbability, parent, symbol });
      else if (rank < beams) this.#complete.push({ symbols, logProbability, cut: false });
    }
    going.splice(beams);
    if (going.length > 0 && going[0].symbols.length === maxOutput) {
      // An output of the greatest length has no room for its end.
      for (const { symbols, logProbability } of going) {
        this.#complete.push({ symbols, logProbability, cut: true });
      }
      going.length = 0;
    }
    this.#complete.sort((one, other) => scoreOf(other) - scoreOf(one)).splice(beams);
    const isBeaten = ({ symbols, logProbability }: Beam) =>
      logProbability / (symbols.length + 1) < scoreOf(this.#complete[0]);
    if (this.#complete.length === beams && going.every(isBeaten)) going.length = 0;
    this.#beams = going;
    this.#next = going;
  }
}

/** The log-probability for each symbol, the end included. */
export function scoreOf({ symbols, logProbability, cut }: Hypothesis): number {
  return logProbability / (symbols.length + Number(!cut));
}

interface Candidate extends NextInput {
  readonly logProbability: number;
}

/** The `count` likeliest next symbols of a beam. */
function likeliest(
  logits: ArrayLike<number>,
  count: number,
  { logProbability }: Beam,
  parent: number,
): Candidate[] {
  let highest = -Infinity;
  for (let symbol = 0; symbol < logits.length; symbol++) highest = Math.max(highest, logits[symbol]);
  let sum = 0;
  for (let symbol = 0; symbol < logits.length; symbol++) sum += Math.exp(logits[symbol] - highest);
  const logSum = highest + Math.log(sum);
  const symbols = Array.from({ length: logits.length }, (_, symbol) => symbol);
  symbols.sort((one, other) => logits[other] - logits[one]);
  return symbols
    .slice(0, count)
    .map((symbol) => ({ parent, symbol, logProbability: logProbability + logits[symbol] - logSum }));
}
