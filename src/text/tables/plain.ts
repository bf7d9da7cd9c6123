import { type Source } from "../sources.ts";
import { rowsOfLines } from "./lines.ts";
import { utf8Pieces } from "./pieces.ts";
import { type TableRow } from "./request.ts";

/**
 * The lines of a text as rows of one value. The rows come in batches, as they arrive, so that somebody who types a line
 * gets an answer.
 * @throws CharrnnError if the text cannot be read or is not UTF-8
 */
export function plainRows(source: Source): AsyncGenerator<Iterable<TableRow>> {
  return rowsOfLines(
    utf8Pieces(source, () => undefined),
    source.name,
    {
      add: (bytes, start, end, line) => ({ line, values: [bytes.toString("utf8", start, end)] }),
      end: () => undefined,
    },
  );
}
