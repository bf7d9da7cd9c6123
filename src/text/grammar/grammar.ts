/** One way to write a nonterminal: a weight, and a template in which `<name>` is a nonterminal. */
export type Alternative = readonly [weight: number, template: string];

/** The alternatives of each nonterminal. Their weights need not sum to one. A template may be empty. */
export type Rules = Readonly<Record<string, readonly Alternative[]>>;

/** A symbol of a compiled grammar: a UTF-16 code unit, or `~i` (a negative number) for the nonterminal `i`. */
export type GrammarSymbol = number;

/** An alternative in a compiled grammar. The probabilities of a nonterminal's productions sum to one. */
export interface Production {
  readonly probability: number;
  readonly symbols: readonly GrammarSymbol[];
}

/**
 * A nonterminal and its productions. `beginnings` lists, for each character that its text may begin with, the
 * derivations that begin with the character: their probability, and the symbols that remain after the character.
 * `empty` is the probability of an empty text.
 */
export interface Nonterminal {
  readonly name: string;
  readonly productions: readonly Production[];
  readonly beginnings: ReadonlyMap<number, readonly Production[]>;
  readonly empty: number;
}

/**
 * A stochastic context-free grammar. The text of a grammar is an endless sequence of units, each derived from `start`.
 */
export interface Grammar {
  readonly name: string;
  readonly start: number;
  readonly nonterminals: readonly Nonterminal[];
}

/**
 * Compiles rules into a grammar whose units derive from the nonterminal `start`. The grammar must be unambiguous: each
 * text must have only one derivation. The author has to make sure of this, because no program can check it.
 * @throws Error if a nonterminal has no rule, a weight is not positive, a rule is left-recursive or a unit may be empty
 */
export function defineGrammar(name: string, start: string, rules: Rules): Grammar {
  const names = Object.keys(rules);
  const indices = new Map(names.map((rule, index) => [rule, index]));
  const indexOf = (rule: string) => {
    const index = indices.get(rule);
    if (index === undefined) throw new Error(`grammar ${name}: no rule for <${rule}>`);
    return index;
  };
  const productions = Object.entries(rules).map(([rule, alternatives]) => {
    if (!alternatives.every(([weight]) => weight > 0))
      throw new Error(`grammar ${name}: <${rule}> has a weight <= 0`);
    const total = alternatives.reduce((sum, [weight]) => sum + weight, 0);
    return alternatives.map(([weight, template]) => ({
      probability: weight / total,
      symbols: parseTemplate(template, indexOf),
    }));
  });
  const beginnings = new Map<number, Pick<Nonterminal, "beginnings" | "empty"> | "open">();
  const beginningsOf = (index: number) => {
    const known = beginnings.get(index);
    if (known === "open") throw new Error(`grammar ${name}: <${names[index]}> is left-recursive`);
    if (known !== undefined) return known;
    beginnings.set(index, "open");
    const found = findBeginnings(productions[index], beginningsOf);
    beginnings.set(index, found);
    return found;
  };
  const nonterminals = names.map((rule, index) => ({
    name: rule,
    productions: productions[index],
    ...beginningsOf(index),
  }));
  const startIndex = indexOf(start);
  if (nonterminals[startIndex].empty > 0) throw new Error(`grammar ${name}: <${start}> may be empty`);
  return { name, start: startIndex, nonterminals };
}

function parseTemplate(template: string, indexOf: (rule: string) => number): GrammarSymbol[] {
  return template.split(/<(\w+)>/).flatMap((piece, position) =>
    // `split` puts the captured names at the odd positions.
    position % 2 === 1
      ? [~indexOf(piece)]
      : Array.from({ length: piece.length }, (_, i) => piece.charCodeAt(i)),
  );
}

function findBeginnings(
  productions: readonly Production[],
  beginningsOf: (index: number) => Pick<Nonterminal, "beginnings" | "empty">,
): Pick<Nonterminal, "beginnings" | "empty"> {
  const beginnings = new Map<number, Production[]>();
  const add = (character: number, probability: number, symbols: readonly GrammarSymbol[]) => {
    const known = beginnings.get(character);
    if (known) known.push({ probability, symbols });
    else beginnings.set(character, [{ probability, symbols }]);
  };
  let empty = 0;
  for (const { probability, symbols } of productions) {
    let reached = probability; // the probability that no character is written before symbol i
    for (let i = 0; i < symbols.length && reached > 0; i++) {
      const rest = symbols.slice(i + 1);
      if (symbols[i] >= 0) {
        add(symbols[i], reached, rest);
        reached = 0;
        break;
      }
      const first = beginningsOf(~symbols[i]);
      for (const [character, ways] of first.beginnings) {
        for (const way of ways) add(character, reached * way.probability, [...way.symbols, ...rest]);
      }
      reached *= first.empty;
    }
    empty += reached;
  }
  return { beginnings, empty };
}
