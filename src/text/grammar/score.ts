import { CharrnnError } from "../../errors.ts";
import { type Grammar, type GrammarSymbol } from "./grammar.ts";

/** The symbols that are still to be written: `symbols` from `index` on, then `rest`. Null is the end of a unit. */
type Remainder = { symbols: readonly GrammarSymbol[]; index: number; rest: Remainder } | null;

interface Derivation {
  readonly weight: number;
  readonly remainder: Remainder;
}

/**
 * All derivations that the text so far may have, each with its probability given that text. This is the forward
 * algorithm, with stacks in place of states. Reading a character keeps the derivations that write it next. The sum of
 * their weights is the exact probability of the character, given everything before it.
 */
export class LiveDerivations {
  readonly #grammar: Grammar;
  #live: readonly Derivation[] = [{ weight: 1, remainder: null }];

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
  }

  /** How many derivations are live: 1 at each end of a unit, if the grammar is unambiguous on this text. */
  get count(): number {
    return this.#live.length;
  }

  /** Whether a unit may end here: before the first character, and after the last character of each unit. */
  get atUnitEnd(): boolean {
    return this.#live.some(({ remainder }) => remainder === null);
  }

  /** Reads the next character (a UTF-16 code unit) and returns its probability. After a 0 no derivation is live. */
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

/** Drops an empty frame at once, so endless right recursion needs no endless stack. */
function withSymbols(symbols: readonly GrammarSymbol[], index: number, rest: Remainder): Remainder {
  return index < symbols.length ? { symbols, index, rest } : rest;
}

/**
 * -log2 of the probability of each character of a text, given all characters before it, under the grammar that made
 * the text: exact, in bits. The text comes in pieces. It starts at the start of a unit and may end anywhere. No model
 * can expect to need fewer bits for a stretch than the sum over this stretch.
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
 * The floor of the stretch [start, end) of a text, in bits per character: the mean of `score` over the stretch, given
 * all characters before it.
 * @throws CharrnnError if the stretch is empty, or the grammar cannot write the text
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
