import { findColumns } from "./columns.ts";
import { type LineReader } from "./lines.ts";
import { raggedLine } from "./ragged.ts";
import { type TableRequest, type TableRow } from "./request.ts";
import { isBlank, Sentence } from "./sentence.ts";

/**
 * CoNLL: one token a line in columns without names, and a blank line after each sentence. Fields are separated by tabs if
 * the line has one, otherwise by spaces. A document mark (-DOCSTART-, #begin document, #end document) ends a sentence,
 * too.
 *
 * A line that begins with # can be a comment or a token. Within a sentence, it is a token if it has as many fields as
 * the first token. Otherwise, and before a sentence, it is a comment if it begins with "# " or has one field. There is
 * one exception: a line of one field before a sentence is a token if the tokens after it have one field, too.
 */
export class ConllReader implements LineReader {
  readonly #table: string;
  readonly #request: TableRequest;
  #sentence: Sentence | undefined;
  /** The number of fields of the last sentence. */
  #lastWidth = 0;
  /** Lines of one field before a sentence that begin with #. */
  #undecided: { readonly text: string; readonly line: number }[] = [];
  /** The positions of the columns in sentences of `#positionsWidth` fields. */
  #positions: readonly number[] = [];
  #positionsWidth = 0;

  constructor(table: string, request: TableRequest) {
    this.#table = table;
    this.#request = request;
  }

  add(bytes: Buffer, start: number, end: number, line: number): TableRow | undefined {
    const text = bytes.toString("utf8", start, end);
    if (isBlank(text) || /^(-DOCSTART-|#(begin|end) document)/.test(text)) return this.end();
    const fields = fieldsOf(text);
    if (text.startsWith("#") && fields.length !== this.#sentence?.width) {
      if (text.startsWith("# ")) return undefined;
      if (fields.length === 1) {
        if (this.#sentence === undefined) this.#undecided.push({ text: fields[0], line });
        return undefined;
      }
    }
    this.#addToken(fields, line);
    return undefined;
  }

  end(): TableRow | undefined {
    if (this.#sentence === undefined && this.#lastWidth === 1) this.#decide();
    this.#undecided = [];
    const sentence = this.#sentence;
    if (sentence === undefined) return undefined;
    this.#sentence = undefined;
    this.#lastWidth = sentence.width;
    return sentence.row(this.#positionsIn(sentence));
  }

  #addToken(fields: readonly string[], line: number): void {
    if (this.#sentence === undefined && fields.length === 1) this.#decide();
    this.#undecided = [];
    this.#sentence ??= new Sentence(line);
    const { width } = this.#sentence;
    if (width > 0 && fields.length !== width) {
      const advice = "separate fields by tabs or spaces, and sentences by a blank line";
      throw raggedLine(this.#table, line, fields.length, `the sentence's first line has ${width}`, advice);
    }
    this.#sentence.add(fields);
  }

  /** Makes the undecided lines the first tokens of the sentence. */
  #decide(): void {
    for (const { text, line } of this.#undecided) {
      this.#sentence ??= new Sentence(line);
      this.#sentence.add([text]);
    }
  }

  #positionsIn({ line, width }: Sentence): readonly number[] {
    if (width !== this.#positionsWidth) {
      const place = this.#positionsWidth === 0 ? this.#table : `${this.#table}, line ${line}`;
      this.#positions = findColumns(place, this.#request, width);
      this.#positionsWidth = width;
    }
    return this.#positions;
  }
}

function fieldsOf(line: string): string[] {
  return line.includes("\t") ? line.split("\t") : line.split(" ").filter((field) => field !== "");
}
