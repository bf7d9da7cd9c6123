import { type Corpus } from "../text/corpus.ts";
import { SymbolWriter } from "../text/symbol-writer.ts";
import { symbolWidth } from "../text/symbols.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";

const SYMBOLS_AT_ONCE = 2 ** 16;

/** A vocabulary whose symbols can be found in another vocabulary of its kind. */
interface Comparable<Own> {
  indicesIn(other: Own): (number | undefined)[];
}

/** A copy of a corpus in the symbols of another vocabulary, which has the unknown symbol. */
export function recode<Own extends TextVocabulary & Comparable<Own>>(
  corpus: Corpus<Own>,
  vocabulary: Own,
): Corpus<Own> {
  const { unknown: unknownSymbol = 0 } = vocabulary;
  const numbers = corpus.vocabulary.indicesIn(vocabulary).map((index) => index ?? unknownSymbol);
  const writer = new SymbolWriter(symbolWidth(vocabulary.size));
  const piece = new Int32Array(SYMBOLS_AT_ONCE);
  let unknown = 0;
  for (let start = 0; start < corpus.symbols.length; start += SYMBOLS_AT_ONCE) {
    const end = Math.min(start + SYMBOLS_AT_ONCE, corpus.symbols.length);
    corpus.symbols.copyTo(piece, 0, start, end);
    const recoded = Uint32Array.from(piece.subarray(0, end - start), (symbol) => numbers[symbol]);
    for (const symbol of recoded) unknown += Number(symbol === unknownSymbol);
    writer.append(recoded);
  }
  return { ...corpus, vocabulary, symbols: writer.symbols(), unknown };
}
