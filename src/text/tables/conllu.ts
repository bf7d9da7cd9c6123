import { CharrnnError } from "../../errors.ts";
import { findColumns } from "./columns.ts";
import { type LineReader } from "./lines.ts";
import { raggedLine } from "./ragged.ts";
import { type TableRequest, type TableRow } from "./request.ts";
import { isBlank, Sentence } from "./sentence.ts";

const columnNames = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"];

/**
 * CoNLL-U, the format of Universal Dependencies: one word a line in ten columns separated by tabs, and a blank line after
 * each sentence. Comments (#), ranges of words (ids such as 3-4) and empty words (8.1) are left out.
 */
export class ConlluReader implements LineReader {
  readonly #table: string;
  readonly #positions: readonly number[];
  #sentence: Sentence | undefined;

  constructor(table: string, request: TableRequest) {
    this.#table = table;
    this.#positions = findColumns(table, request, columnNames.length, columnNames);
  }

  add(bytes: Buffer, start: number, end: number, line: number): TableRow | undefined {
    const text = bytes.toString("utf8", start, end);
    if (isBlank(text)) return this.end();
    if (text.startsWith("#")) return undefined;
    const fields = text.split("\t");
    this.#check(fields, line);
    if (!/^\d+$/.test(fields[0])) return undefined;
    this.#sentence ??= new Sentence(line);
    this.#sentence.add(fields);
    return undefined;
  }

  end(): TableRow | undefined {
    const row = this.#sentence?.row(this.#positions);
    this.#sentence = undefined;
    return row;
  }

  #check(fields: readonly string[], line: number): void {
    if (fields.length !== columnNames.length) {
      const advice = "write one tab between two fields, and _ for an empty one";
      throw raggedLine(this.#table, line, fields.length, `CoNLL-U has ${columnNames.length}`, advice);
    }
    if (!/^\d+([-.]\d+)?$/.test(fields[0])) {
      throw new CharrnnError(
        `${this.#table}, line ${line}: the id ${JSON.stringify(fields[0])} is no number; write ids such as 3, 3-4 or 8.1`,
      );
    }
  }
}
