import { TextDecoder } from "node:util";
import { type SymbolTable } from "./symbol-table.ts";

/** What the unknown symbol is shown as, and what stands for bytes that are no UTF-8: U+FFFD. */
export const replacement = "\ufffd";

/**
 * Turns symbol indices into text as they are drawn. A byte model's characters appear when their last byte has
 * come; bytes that make no UTF-8, and the unknown symbol, appear as U+FFFD.
 */
export class Decoder {
  readonly #vocabulary: SymbolTable;
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #byte = new Uint8Array(1);

  constructor(vocabulary: SymbolTable) {
    this.#vocabulary = vocabulary;
  }

  /** The text that this symbol completes, often empty in a byte model. */
  push(index: number): string {
    const symbol = this.#vocabulary.symbols[index];
    if (typeof symbol === "string") return symbol;
    if (symbol === null) return this.end() + replacement;
    this.#byte[0] = symbol;
    return this.#utf8.decode(this.#byte, { stream: true });
  }

  /** The text of bytes still held back: U+FFFD for a character that was never completed, or nothing. */
  end(): string {
    return this.#utf8.decode();
  }
}
