import { CharrnnError } from "../../errors.ts";
import { type Grammar, type GrammarSymbol } from "./grammar.ts";

/** The symbols of a unit that are still to be written: `symbols` from `index` on, then `rest`. Null: no symbols. */
type Remainder = { symbols: readonly GrammarSymbol[]; index: number; rest: Remainder } | null;

interface Derivation {
  readonly weight: number;
  readonly remainder: Remainder;
}

/**
 * All derivations that the text so far may have, each with its probability given that text. This is the forward
 * algorithm of hidden Markov models, with stacks in place of states. When a character is read, only the derivations
 * that write this character next are kept. The sum of their weights is the exact probability of the character, given
 * all characters before it.
 */
export class LiveDerivations {
  readonly #grammar: Grammar;
  #live: readonly Derivation[] = [{ weight: 1, remainder: null }];

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
  }

  /** How many derivations the text so far may have: 1 at the end of each unit of an unambiguous grammar. */
  get count(): number {
    return this.#live.length;
  }

  /** Whether the text so far may end here, after a whole unit of the grammar. True before the first character. */
  get atUnitEnd(): boolean {
    return this.#live.some(({ remainder }) => remainder === null);
  }

  /** Reads the next character (a UTF-16 code unit) and returns its probability. After a 0, no derivation is left. */
  read(character: number): number {
    const kept: Derivation[] = [];
    let total = 0;
    const keep = (weight: number, remainder: Remainder) => {
      total += weight;
      kept.push({ weight, remainder });
    };
    for (const { weight, remainder } of this.#live) this.#advance(weight, remainder, character, keep);
    this.#live = kept.map(({ weight, remainder }) => ({ weight: weight / total, remainder }));
    return total;
  }

  #advance(
    weight: number,
    remainder: Remainder,
    character: number,
    keep: (weight: number, remainder: Remainder) => void,
  ): void {
    for (let left = weight, at = remainder; ;) {
      const symbol = at ? at.symbols[at.index] : ~this.#grammar.start;
      const rest = at && withSymbols(at.symbols, at.index + 1, at.rest);
      if (symbol >= 0) {
        if (symbol === character) keep(left, rest);
        return;
      }
      const { beginnings, empty } = this.#grammar.nonterminals[~symbol];
      for (const way of beginnings.get(character) ?? []) {
        keep(left * way.probability, withSymbols(way.symbols, 0, rest));
      }
      if (empty === 0) return;
      left *= empty;
      at = rest;
    }
  }
}

/** Puts symbols before `rest`. An empty list is not stacked, so that endless right recursion needs no endless stack. */
function withSymbols(symbols: readonly GrammarSymbol[], index: number, rest: Remainder): Remainder {
  return index < symbols.length ? { symbols, index, rest } : rest;
}

/**
 * The exact -log2 p of each character of a text, in bits, given all characters before it, under the grammar that made
 * the text. The text comes in pieces. The text starts with a unit and may end anywhere. For a part of the text, no
 * model can expect to need fewer bits than the sum over that part.
 * @throws CharrnnError if the grammar cannot write one of the characters
 */
export function score(grammar: Grammar, text: Iterable<string>): Float64Array {
  const derivations = new LiveDerivations(grammar);
  let bits = new Float64Array(1 << 16);
  let length = 0;
  for (const piece of typeof text === "string" ? [text] : text) {
    for (let i = 0; i < piece.length; i++) {
      const probability = derivations.read(piece.charCodeAt(i));
      if (probability === 0) {
        throw new CharrnnError(
          `${JSON.stringify(piece[i])} at offset ${length} cannot come from the grammar ${grammar.name}: ` +
            `give a text that begins as \`charrnn corpus ${grammar.name}\` writes it`,
        );
      }
      if (length === bits.length) bits = grow(bits);
      bits[length++] = -Math.log2(probability);
    }
  }
  return bits.slice(0, length);
}

/**
 * The floor (lowest possible loss) of the part [start, end) of a text, in bits per character: the mean of `score` over
 * that part.
 * @throws CharrnnError if the part is empty, or the grammar cannot write the text
 */
export function floor(grammar: Grammar, text: Iterable<string>, start = 0, end = Infinity): number {
  const stretch = score(grammar, text).subarray(start, end);
  if (stretch.length === 0)
    throw new CharrnnError("an empty text has no floor: give a text of one character or more");
  return stretch.reduce((sum, bits) => sum + bits, 0) / stretch.length;
}

function grow(bits: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(bits.length * 2);
  larger.set(bits);
  return larger;
}
