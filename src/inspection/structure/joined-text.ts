import { type Span } from "./spans.ts";

/** The symbols of a text as one string, so that regular expressions find what several symbols make up. */
export interface JoinedText {
  readonly text: string;
  /** Whether the symbols are words. A space then stands between two words of a line. */
  readonly words: boolean;
  /** The spans of symbols for spans of the string. A symbol belongs to a span if its last UTF-16 unit does. */
  symbolsOf(spans: readonly Span[]): Span[];
}

/** Joins symbols: characters, bytes (as Latin-1 characters) or words. */
export function joinSymbols(symbols: readonly string[]): JoinedText {
  const words = symbols.some((symbol) => symbol.length > 1 && Array.from(symbol).length > 1);
  const parts = words ? symbols.map((symbol, t) => separator(symbols, t) + symbol) : symbols;
  const text = parts.join("");
  /** For each UTF-16 unit, the symbol that it belongs to; and one entry for the end of the text. */
  const symbolAt = new Int32Array(text.length + 1).fill(symbols.length);
  let unit = 0;
  for (let t = 0; t < parts.length; t++) {
    for (const end = unit + parts[t].length; unit < end; unit++) symbolAt[unit] = t;
  }
  return {
    text,
    words,
    symbolsOf: (spans) => spans.map(({ start, end }) => ({ start: symbolAt[start], end: symbolAt[end] })),
  };
}

function separator(words: readonly string[], t: number): string {
  return t === 0 || words[t] === "\n" || words[t - 1] === "\n" ? "" : " ";
}
