import { CharrnnError } from "../../errors.ts";
import { type TableRow } from "./request.ts";

/** Makes rows of the lines of a file. */
export interface LineReader {
  /**
   * The row that a line completes; undefined if the row is not complete. The line is the part of `bytes` from `start`
   * to before `end`, without its line end. The line is valid during the call. `line` is its number from 1.
   */
  add(bytes: Buffer, start: number, end: number, line: number): TableRow | undefined;
  /** The row that the end of the file completes; undefined if no row is left. */
  end(): TableRow | undefined;
}

/** No example is this long. Longer rows mean that the file is no table, or that a quote is missing. */
export const MOST_ROW_BYTES = 2 ** 26;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The rows of a file whose lines end in LF or CRLF. A batch has the rows that end in one piece of the file. The rows of
 * a batch are made while the batch is iterated. A batch must be iterated before the next batch is requested.
 * @throws CharrnnError if a line is longer than `MOST_ROW_BYTES`
 */
export async function* rowsOfLines(
  pieces: AsyncIterable<Buffer>,
  table: string,
  reader: LineReader,
): AsyncGenerator<Iterable<TableRow>> {
  const lines = new Lines(table, reader);
  for await (const piece of pieces) yield lines.rowsIn(piece);
  yield lines.lastRows();
}

/** Cuts pieces into lines. */
class Lines {
  readonly #table: string;
  readonly #reader: LineReader;
  /** The beginning of a line whose end is in a later piece. */
  #begun: Buffer[] = [];
  #begunLength = 0;
  #number = 0;

  constructor(table: string, reader: LineReader) {
    this.#table = table;
    this.#reader = reader;
  }

  *rowsIn(piece: Buffer): Generator<TableRow> {
    let start = 0;
    for (let end; (end = piece.indexOf(LINE_FEED, start)) >= 0; start = end + 1) {
      const row =
        this.#begunLength === 0 ? this.#add(piece, start, end) : this.#addBegun(piece.subarray(start, end));
      if (row !== undefined) yield row;
    }
    if (start < piece.length) this.#begin(piece.subarray(start));
  }

  *lastRows(): Generator<TableRow> {
    const row = this.#begunLength > 0 ? this.#addBegun() : undefined;
    if (row !== undefined) yield row;
    const last = this.#reader.end();
    if (last !== undefined) yield last;
  }

  #begin(bytes: Buffer): void {
    this.#begun.push(Buffer.from(bytes));
    this.#begunLength += bytes.length;
    if (this.#begunLength > MOST_ROW_BYTES) throw rowTooLong(this.#table, this.#number + 1);
  }

  /** Adds the line that earlier pieces began. */
  #addBegun(end: Buffer = Buffer.alloc(0)): TableRow | undefined {
    this.#begun.push(end);
    const line = Buffer.concat(this.#begun);
    this.#begun = [];
    this.#begunLength = 0;
    return this.#add(line, 0, line.length);
  }

  #add(bytes: Buffer, start: number, end: number): TableRow | undefined {
    const isReturn = end > start && bytes[end - 1] === CARRIAGE_RETURN;
    return this.#reader.add(bytes, start, isReturn ? end - 1 : end, ++this.#number);
  }
}

/** The error for a row that is longer than any example. */
export function rowTooLong(table: string, line: number): CharrnnError {
  return new CharrnnError(
    `${table}, line ${line}: the row has more than ${MOST_ROW_BYTES / 2 ** 20} MB; check that the file is a table of this format`,
  );
}
