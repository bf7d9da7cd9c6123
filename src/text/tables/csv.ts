import { CsvError, Parser } from "csv-parse";
import { CharrnnError } from "../../errors.ts";
import { Grid } from "./grid.ts";
import { MOST_ROW_BYTES, rowTooLong } from "./lines.ts";
import { type TableRequest, type TableRow } from "./request.ts";

/**
 * The rows of a file of comma-separated values (RFC 4180): a value in double quotes may hold commas, line ends and
 * doubled quotes. Lines end in LF or CRLF. A blank line is no row. A batch has the rows that end in one piece. The last
 * row of a piece may come with the next piece, because the parser looks a few bytes ahead.
 * @throws UsageError and CharrnnError as `Grid` does
 * @throws CharrnnError if quotes are misplaced, or a row is longer than `MOST_ROW_BYTES`
 */
export async function* csvRows(
  pieces: AsyncIterable<Buffer>,
  table: string,
  request: TableRequest,
): AsyncGenerator<Iterable<TableRow>> {
  const parsing = new Parsing(table, request);
  try {
    // The parser gets a copy, because it keeps the end of a piece and the source may overwrite the piece.
    for await (const piece of pieces) yield* parsing.add(Buffer.from(piece));
    yield* parsing.end();
  } finally {
    parsing.stop();
  }
}

/** The state of parsing one file. */
class Parsing {
  readonly #table: string;
  readonly #grid: Grid;
  readonly #parser = new RecordParser();

  constructor(table: string, request: TableRequest) {
    this.#table = table;
    this.#grid = new Grid(table, request, "put a value that has commas in double quotes");
    // Errors also reach the callbacks of `write` and `end`, which handle them.
    this.#parser.on("error", () => undefined);
  }

  async *add(piece: Buffer): AsyncGenerator<Iterable<TableRow>> {
    yield* this.#parsed((done) => this.#parser.write(piece, done));
  }

  async *end(): AsyncGenerator<Iterable<TableRow>> {
    yield* this.#parsed((done) => this.#parser.end(done));
    this.#grid.end();
  }

  stop(): void {
    this.#parser.destroy();
  }

  /** The rows that the parser completes, and then its error, if there is one. */
  async *#parsed(parse: (done: (error?: Error | null) => void) => void): AsyncGenerator<Iterable<TableRow>> {
    const error = await new Promise<Error | null | undefined>(parse);
    yield this.#rows(this.#parser.takeRecords());
    if (error instanceof CsvError) throw this.#translated(error);
    if (error) throw error;
  }

  *#rows(records: readonly CsvRecord[]): Generator<TableRow> {
    for (const { line, fields } of records) {
      const row = this.#grid.add(line, fields.length, (position) => fields[position]);
      if (row !== undefined) yield row;
    }
  }

  #translated({ code, column }: CsvError): CharrnnError {
    const line = this.#parser.nextLine;
    if (code === "CSV_MAX_RECORD_SIZE") return rowTooLong(this.#table, line);
    const place = `${this.#table}, line ${line}, column ${Number(column) + 1}`;
    return new CharrnnError(`${place}: ${explanations[code] ?? `the row is no CSV (${code}); correct it`}`);
  }
}

interface CsvRecord {
  /** Where the record begins. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Keeps records until `takeRecords` is called. A stream would lose the records before an error. */
class RecordParser extends Parser {
  #records: CsvRecord[] = [];
  /** How many line ends the values have. The parser's own count of lines is wrong if values have CRLF. */
  #lineEndsInValues = 0;

  constructor() {
    super({
      record_delimiter: ["\r\n", "\n"],
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: MOST_ROW_BYTES,
    });
  }

  /** The line where the next record begins, which is not complete yet. */
  get nextLine(): number {
    return this.info.records + this.info.empty_lines + this.#lineEndsInValues + 1;
  }

  override push(fields: readonly string[] | null): boolean {
    if (fields === null) return super.push(null);
    // The parser has counted this record already.
    this.#records.push({ line: this.nextLine - 1, fields });
    for (const field of fields) this.#lineEndsInValues += lineEndsIn(field);
    return true;
  }

  takeRecords(): CsvRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}

const explanations: Readonly<Partial<Record<CsvError["code"], string>>> = {
  INVALID_OPENING_QUOTE:
    'a double quote stands within a value; put the whole value in double quotes and write "" for each one within',
  CSV_INVALID_CLOSING_QUOTE:
    'text follows the double quote that ends the value; write "" for a double quote within a value',
  CSV_QUOTE_NOT_CLOSED:
    'the value begins with a double quote, and none ends it; add it, or write "" for a double quote within a value',
};

function lineEndsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
