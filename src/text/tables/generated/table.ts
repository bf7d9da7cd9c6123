import { uniformNumbers } from "../../grammar/random.ts";

/**
 * A table of examples from a random process that is known exactly. So the probability of each class, given the rest of
 * an example, is known too, and with it the accuracy of the best possible classifier.
 */
export interface GeneratedTable {
  readonly name: string;
  /** The first line: the names of the columns. */
  readonly header: string;
  /** How many examples there are in the file in corpora/. */
  readonly length: number;
  /** Draws example `index`, from 1: its lines, each with its line feed. `uniform` gives numbers in [0, 1). */
  readonly draw: (uniform: () => number, index: number) => string;
}

/** The header and the first `length` examples of a table for this seed, in pieces. A shorter table is a prefix. */
export function* generateTable(table: GeneratedTable, length: number, seed: number): Generator<string> {
  const uniform = uniformNumbers(seed);
  yield `${table.header}\n`;
  for (let index = 1; index <= length; index++) yield table.draw(uniform, index);
}
