import { type SymbolTable } from "./symbol-table.ts";

/** U+FFFD, which is shown for the unknown symbol and for bytes that are not UTF-8. */
export const REPLACEMENT = "\ufffd";

/**
 * Turns symbol indices into text, one index at a time. In a byte model a character appears once its last byte has come.
 * The unknown symbol and bytes that are not UTF-8 appear as U+FFFD.
 */
export class Decoder {
  readonly #vocabulary: SymbolTable;
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #byte = new Uint8Array(1);

  constructor(vocabulary: SymbolTable) {
    this.#vocabulary = vocabulary;
  }

  /** The text that this symbol completes. In a byte model the text is often empty. */
  push(index: number): string {
    const symbol = this.#vocabulary.symbols[index];
    if (typeof symbol === "string") return symbol;
    if (symbol === null) return this.end() + REPLACEMENT;
    this.#byte[0] = symbol;
    return this.#utf8.decode(this.#byte, { stream: true });
  }

  /** The text of an incomplete last character: U+FFFD, or nothing if the last character is complete. */
  end(): string {
    return this.#utf8.decode();
  }
}
