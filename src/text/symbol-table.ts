/** The kind of a symbol: a Unicode code point, or a raw byte. */
export type Unit = "char" | "byte";

/** A character of one code point, a byte from 0 to 255, or null for the unknown symbol. */
export type VocabularySymbol = string | number | null;

/** The symbols of a vocabulary by their index. */
export interface SymbolTable {
  readonly unit: Unit;
  readonly symbols: readonly VocabularySymbol[];
}
