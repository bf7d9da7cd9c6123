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
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the fields of the line begin. The last entry is where one more field would begin. */
  readonly #starts: number[] = [];
  readonly #fieldAt = (position: number): string =>
    this.#bytes.toString("utf8", this.#starts[position], this.#starts[position + 1] - 1);

  constructor(table: string, request: TableRequest) {
    this.#grid = new Grid(table, request, "write one tab between two values, and none within a value");
  }

  add(bytes: Buffer, start: number, end: number, line: number): TableRow | undefined {
    if (start === end) return undefined;
    this.#bytes = bytes;
    return this.#grid.add(line, this.#split(start, end), this.#fieldAt);
  }

  end(): undefined {
    this.#grid.end();
  }

  #split(start: number, end: number): number {
    const bytes = this.#bytes;
    const starts = this.#starts;
    let fields = 0;
    starts[0] = start;
    for (let i = start; i < end; i++) if (bytes[i] === TAB) starts[++fields] = i + 1;
    starts[++fields] = end + 1;
    return fields;
  }
}
