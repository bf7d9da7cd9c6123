import { CharrnnError } from "../../errors.ts";
import { findColumns, hasHeader, MISSING } from "./columns.ts";
import { raggedLine } from "./ragged.ts";
import { type TableRequest, type TableRow } from "./request.ts";

/**
 * A table whose rows all have the same columns. The first row sets the number of columns, and a header also names the
 * columns.
 */
export class Grid {
  readonly #table: string;
  readonly #request: TableRequest;
  readonly #hasHeader: boolean;
  readonly #advice: string;
  #positions: readonly number[] | undefined;
  #firstLine = 0;
  #width = 0;

  /** `advice` says how to write rows of one width in this format. */
  constructor(table: string, request: TableRequest, advice: string) {
    this.#table = table;
    this.#request = request;
    this.#hasHeader = hasHeader(request);
    this.#advice = advice;
  }

  /**
   * The next row, which has `width` fields and begins at `line`; undefined for the header.
   * @throws UsageError if the table lacks a requested column, or has two columns of its name
   * @throws CharrnnError if the row has another width than the first one
   */
  add(line: number, width: number, fieldAt: (position: number) => string): TableRow | undefined {
    if (this.#positions === undefined) {
      const names = this.#hasHeader ? Array.from({ length: width }, (_, i) => fieldAt(i)) : undefined;
      this.#positions = findColumns(this.#table, this.#request, width, names);
      this.#width = width;
      this.#firstLine = line;
      if (this.#hasHeader) return undefined;
    }
    if (width !== this.#width) throw this.#ragged(line, width);
    return {
      line,
      values: this.#positions.map((position) => (position === MISSING ? "" : fieldAt(position))),
    };
  }

  /**
   * Ends the table.
   * @throws CharrnnError if the table lacks its header
   */
  end(): void {
    if (this.#hasHeader && this.#positions === undefined) {
      throw new CharrnnError(`${this.#table} is empty; its first line must name the columns`);
    }
  }

  #ragged(line: number, width: number): CharrnnError {
    const first = this.#hasHeader ? "the header" : `line ${this.#firstLine}`;
    return raggedLine(this.#table, line, width, `${first} has ${this.#width}`, this.#advice);
  }
}
