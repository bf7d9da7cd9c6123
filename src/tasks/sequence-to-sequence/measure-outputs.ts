/** How well outputs agree with the right ones. */
export interface OutputScores {
  /** The share of examples whose output is wholly right. */
  readonly accuracy: number;
  /** The number of edits that turn the outputs into the right ones, divided by the number of right symbols. */
  readonly symbolErrorRate: number;
}

type Symbols = ArrayLike<number>;

export function scoreOutputs(outputs: readonly Symbols[], right: readonly Symbols[]): OutputScores {
  let [hits, edits, symbols] = [0, 0, 0];
  for (const [index, expected] of right.entries()) {
    const distance = editDistance(outputs[index], expected);
    hits += Number(distance === 0);
    edits += distance;
    symbols += expected.length;
  }
  return { accuracy: hits / right.length, symbolErrorRate: edits / symbols };
}

/** The fewest symbols to insert, delete or replace that make one sequence of the other (Levenshtein 1966). */
export function editDistance(one: Symbols, other: Symbols): number {
  // row[j]: the distance of the first i symbols of `one` from the first j of `other`.
  const row = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= other.length; j++) {
      const replaced = diagonal + Number(one[i - 1] !== other[j - 1]);
      diagonal = row[j];
      row[j] = Math.min(replaced, row[j] + 1, row[j - 1] + 1);
    }
  }
  return row[other.length];
}
