import { UsageError } from "../../../errors.ts";
import { uniformNumbers } from "../../grammar/random.ts";

/**
 * A table of examples from a random process that is known exactly. So the best score that a model can be expected to
 * have is known, too.
 */
export interface GeneratedTable {
  readonly name: string;
  /** The first line: the names of the columns. Undefined for CoNLL, whose columns have no names. */
  readonly header?: string;
  /** How many examples there are in the file in corpora/. */
  readonly length: number;
  /** Draws one example after another: its lines, each with its line feed. `uniform` gives numbers in [0, 1). */
  readonly examples: (uniform: () => number) => Iterable<string>;
}

/** Examples that do not depend on one another. `draw` gets the number of the example, from 1. */
export function independent(
  draw: (uniform: () => number, index: number) => string,
): GeneratedTable["examples"] {
  return function* (uniform) {
    for (let index = 1; ; index++) yield draw(uniform, index);
  };
}

/** After this many repeats in a row, (almost) all possible examples have been drawn. */
const MOST_REPEATS = 10_000;

/**
 * Examples that all differ. An example that came before is drawn again.
 * @throws UsageError from the iterator if many draws in a row give no new example
 */
export function distinct(draw: (uniform: () => number) => string): GeneratedTable["examples"] {
  return function* (uniform) {
    const earlier = new Set<string>();
    let repeats = 0;
    while (repeats < MOST_REPEATS) {
      const example = draw(uniform);
      if (earlier.has(example)) {
        repeats++;
        continue;
      }
      repeats = 0;
      earlier.add(example);
      yield example;
    }
    throw new UsageError(
      `${MOST_REPEATS} draws in a row gave no new example after ${earlier.size} different ones: give a smaller --length`,
    );
  };
}

/**
 * The header and the first `length` examples of a table for this seed, in pieces. A shorter table is a prefix of a
 * longer one.
 * @throws UsageError from the iterator if the examples must differ and there are fewer
 */
export function* generateTable(table: GeneratedTable, length: number, seed: number): Generator<string> {
  if (table.header !== undefined) yield `${table.header}\n`;
  let left = length;
  for (const example of table.examples(uniformNumbers(seed))) {
    yield example;
    if (--left === 0) return;
  }
}
