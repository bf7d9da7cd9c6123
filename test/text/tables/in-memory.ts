import fc from "fast-check";
import { type Source } from "../../../src/text/sources.ts";
import { readTable, tableRows, type TableRequest, type TableRow } from "../../../src/text/tables/table.ts";

/**
 * A source of these bytes, in pieces of `pieceLength`. All pieces come in one buffer, which is overwritten as the
 * contract of sources allows.
 */
export function inMemory(name: string, content: string | Uint8Array, pieceLength = 2 ** 18): Source {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return {
    name,
    size: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *read() {
      const buffer = new Uint8Array(pieceLength);
      for (let start = 0; start < bytes.length; start += pieceLength) {
        const piece = bytes.subarray(start, start + pieceLength);
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
        buffer.fill(0x3f);
      }
    },
  };
}

/** The rows of a table as [line, value, value, ...]. */
export async function rowsOf(
  name: string,
  content: string | Uint8Array,
  request: TableRequest | readonly string[],
  pieceLength?: number,
): Promise<unknown[][]> {
  const full = "columns" in request ? request : { columns: request };
  const { rows } = await readTable(inMemory(name, content, pieceLength), full);
  return rows.map(({ line, values }) => [line, ...values]);
}

/** The rows that come before an error, and the error. */
export async function rowsAndError(
  source: Source,
  request: TableRequest,
): Promise<{ rows: TableRow[]; error: unknown }> {
  const rows: TableRow[] = [];
  try {
    for await (const row of tableRows(source, request)) rows.push(row);
  } catch (error) {
    return { rows, error };
  }
  return { rows, error: undefined };
}

/** Tables of 1 to 4 columns, in rows of cells that `cell` makes. */
export function tablesOf<T>(cell: fc.Arbitrary<T>): fc.Arbitrary<T[][]> {
  return fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 8 }));
}

/** A line end, and how many bytes a piece has. */
export const lineEnd = fc.constantFrom("\n", "\r\n");
export const pieceLengths = fc.integer({ min: 1, max: 9 });

/** The numbers of all columns of a table that has `width`. */
export function allColumns(width: number): string[] {
  return Array.from({ length: width }, (_, i) => String(i + 1));
}
