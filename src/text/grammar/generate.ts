import { type Grammar, type GrammarSymbol, type Production } from "./grammar.ts";
import { uniformNumbers } from "./random.ts";

/** One unit of a grammar's text, and -log2 of the probability of its derivation. */
export interface Unit {
  readonly text: string;
  readonly bits: number;
}

/** Draws one unit of the grammar. `uniform` is called for each nonterminal and returns a random number in [0, 1). */
export function drawUnit(grammar: Grammar, uniform: () => number): Unit {
  let text = "";
  let bits = 0;
  const pending: GrammarSymbol[] = [~grammar.start];
  for (let symbol = pending.pop(); symbol !== undefined; symbol = pending.pop()) {
    if (symbol >= 0) {
      text += String.fromCharCode(symbol);
      continue;
    }
    const { probability, symbols } = drawProduction(grammar.nonterminals[~symbol].productions, uniform());
    bits -= Math.log2(probability);
    for (let i = symbols.length - 1; i >= 0; i--) pending.push(symbols[i]);
  }
  return { text, bits };
}

/**
 * The first `size` characters of the grammar's endless text for this seed, in pieces. The last unit is cut, so that the
 * size is exact. A shorter text is a prefix of a longer text with the same seed.
 */
export function* generate(grammar: Grammar, size: number, seed: number): Generator<string> {
  const uniform = uniformNumbers(seed);
  for (let left = size; left > 0;) {
    const piece = drawUnit(grammar, uniform).text.slice(0, left);
    left -= piece.length;
    yield piece;
  }
}

function drawProduction(productions: readonly Production[], uniform: number): Production {
  let left = uniform;
  for (const production of productions) {
    left -= production.probability;
    if (left < 0) return production;
  }
  return productions[productions.length - 1]; // Because of rounding, the probabilities may sum to less than one.
}
