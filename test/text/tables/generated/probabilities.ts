import { type Grammar, type Nonterminal } from "../../../../src/text/grammar/grammar.ts";

/**
 * All texts of a nonterminal without recursion, and their exact probabilities: sums over all derivations. Without a
 * name, it is the start of the grammar.
 */
export function allTexts(
  { nonterminals, start }: Grammar,
  name = nonterminals[start].name,
): Map<string, number> {
  const known = new Map<string, Map<string, number>>();
  const textsOf = (nonterminal: Nonterminal): Map<string, number> => {
    const found = known.get(nonterminal.name);
    if (found) return found;
    const texts = new Map<string, number>();
    const expand = (symbols: readonly number[], beginning: string, probability: number) => {
      const next = symbols.findIndex((symbol) => symbol < 0);
      const text = beginning + String.fromCharCode(...(next < 0 ? symbols : symbols.slice(0, next)));
      if (next < 0) {
        texts.set(text, (texts.get(text) ?? 0) + probability);
        return;
      }
      for (const [more, ofMore] of textsOf(nonterminals[~symbols[next]])) {
        expand(symbols.slice(next + 1), text + more, probability * ofMore);
      }
    };
    for (const { probability, symbols } of nonterminal.productions) expand(symbols, "", probability);
    known.set(nonterminal.name, texts);
    return texts;
  };
  const named = nonterminals.find((nonterminal) => nonterminal.name === name);
  if (!named) throw new Error(`no nonterminal ${name}`);
  return textsOf(named);
}

/** The probability of each sum of some dice with faces from 0 to `highest`: one die after the other. */
export function diceProbabilities(count: number, highest: number): number[] {
  let sums = [1];
  for (let die = 0; die < count; die++) {
    const next = Array.from({ length: sums.length + highest }, () => 0);
    sums.forEach((probability, sum) => {
      for (let face = 0; face <= highest; face++) next[sum + face] += probability / (highest + 1);
    });
    sums = next;
  }
  return sums;
}

/**
 * The accuracy of the best classifier that sees only `featureOf(input)`: the sum of the largest p(feature, class) of
 * each feature.
 * @param examples p(input, class), by input and class with a tab between them
 */
export function bestAccuracy(
  examples: ReadonlyMap<string, number>,
  featureOf: (input: string) => string,
): number {
  const byFeature = new Map<string, Map<string, number>>();
  for (const [example, probability] of examples) {
    const [input, label] = example.split("\t");
    const feature = featureOf(input);
    const classes = byFeature.get(feature) ?? new Map<string, number>();
    byFeature.set(feature, classes);
    classes.set(label, (classes.get(label) ?? 0) + probability);
  }
  return [...byFeature.values()].reduce((sum, classes) => sum + Math.max(...classes.values()), 0);
}
