import { Grid } from "./grid.ts";
import { type LineReader } from "./lines.ts";
import { type TableRequest, type TableRow } from "./request.ts";

const TAB = 0x09;

/**
 * Values separated by tabs. There are no quotes and no escapes: a value is everything between two tabs. A blank line is
 * no row. Only requested values become strings, so that no other text stays in memory.
 */
export class TsvReader implements LineReader {
  readonly #grid: Grid;
  #line: Buffer = Buffer.alloc(0);
  /** Where the fields of the line begin, and last where another one would begin. */
  readonly #starts: number[] = [];
  readonly #fieldAt = (position: number): string =>
    this.#line.toString("utf8", this.#starts[position], this.#starts[position + 1] - 1);

  constructor(table: string, request: TableRequest) {
    this.#grid = new Grid(table, request, "write one tab between two values, and none within a value");
  }

  add(line: Buffer, number: number): TableRow | undefined {
    if (line.length === 0) return undefined;
    this.#line = line;
    return this.#grid.add(number, this.#split(line), this.#fieldAt);
  }

  end(): undefined {
    this.#grid.end();
  }

  #split(line: Buffer): number {
    let fields = 0;
    this.#starts[0] = 0;
    for (let i = 0; i < line.length; i++) if (line[i] === TAB) this.#starts[++fields] = i + 1;
    this.#starts[++fields] = line.length + 1;
    return fields;
  }
}
