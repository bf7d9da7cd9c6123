import { MISSING } from "./columns.ts";
import { type TableRow } from "./request.ts";

/** The tokens of a sentence, one line each. */
export class Sentence {
  /** Where the first token is. */
  readonly line: number;
  readonly #tokens: (readonly string[])[] = [];

  constructor(line: number) {
    this.line = line;
  }

  /** The number of fields that the first token has. */
  get width(): number {
    return this.#tokens[0]?.length ?? 0;
  }

  add(fields: readonly string[]): void {
    this.#tokens.push(fields);
  }

  /** The sentence as a row: at each position, the tokens' fields there. */
  row(positions: readonly number[]): TableRow {
    return {
      line: this.line,
      values: positions.map((position) =>
        position === MISSING ? "" : this.#tokens.map((fields) => fields[position]),
      ),
    };
  }
}

/** Whether a line ends a sentence. Some files have a tab in such a line. */
export function isBlank(line: string): boolean {
  return /^[ \t]*$/.test(line);
}
