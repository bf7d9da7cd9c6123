import { type Corpus } from "./corpus.ts";
import { SymbolWriter } from "./symbol-writer.ts";
import { DEFAULT_SEGMENT_BYTES, symbolWidth, type Symbols } from "./symbols.ts";
import { type TextVocabulary } from "./text-vocabulary.ts";

/** What the examples of a text may be: its lines, or its files. */
export const exampleKinds = ["lines", "documents"] as const;
export type ExampleKind = (typeof exampleKinds)[number];

/**
 * The index of END for a vocabulary. For lines it is the index of the line feed, or undefined if the vocabulary has no
 * line feed. For documents it is the first index after the vocabulary.
 */
export function endOf(kind: ExampleKind, vocabulary: TextVocabulary): number | undefined {
  return kind === "lines" ? vocabulary.lineFeed : vocabulary.size;
}

/** A part [start, end) of a text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** How many symbols are copied at once. */
const SYMBOLS_AT_ONCE = 2 ** 16;

/**
 * The examples of a corpus as one text: END, then the symbols of each example with END after them. END of a line is its
 * line feed. END of a document is a symbol that the corpus does not have.
 */
export class ExampleText {
  readonly symbols: Symbols;
  /** The index of END. */
  readonly end: number;
  readonly kind: ExampleKind;
  /** [n + 1]: the position of END before each example, and after the last one. */
  readonly #ends: Float64Array;
  /** [n]: where each example begins in the corpus, and where it ends there. */
  readonly #origins: Float64Array;
  readonly #originEnds: Float64Array;

  /** `ranges`: where the examples are in `source`, with or without END after them. */
  private constructor(
    source: Symbols,
    ranges: readonly Range[],
    { kind, end, origins }: { kind: ExampleKind; end: number; origins: readonly Range[] },
  ) {
    const width = Math.max(source.bytesPerSymbol, symbolWidth(end + 1)) as Symbols["bytesPerSymbol"];
    const most = ranges.reduce((sum, range) => sum + range.end - range.start + 1, 1);
    const writer = new SymbolWriter(
      width,
      Math.min(DEFAULT_SEGMENT_BYTES, 4 * Math.ceil((most * width) / 4)),
    );
    const piece = new Int32Array(SYMBOLS_AT_ONCE);
    const written = new Uint32Array(piece.buffer);
    const endOnly = Uint32Array.of(end);
    writer.append(endOnly);
    this.#ends = new Float64Array(ranges.length + 1);
    ranges.forEach((range, example) => {
      let last = -1;
      for (let { start } = range; start < range.end; start += SYMBOLS_AT_ONCE) {
        const count = Math.min(SYMBOLS_AT_ONCE, range.end - start);
        source.copyTo(piece, 0, start, start + count);
        writer.append(written.subarray(0, count));
        last = piece[count - 1];
      }
      if (last !== end) writer.append(endOnly);
      this.#ends[example + 1] = writer.length - 1;
    });
    this.symbols = writer.symbols();
    this.kind = kind;
    this.end = end;
    this.#origins = Float64Array.from(origins, ({ start }) => start);
    this.#originEnds = Float64Array.from(origins, (origin) => origin.end);
  }

  /**
   * The examples of a corpus. A line ends with its line feed, or with its file. The last line of a file gets END even if
   * it has no line feed. An empty line is an example, an empty file is none.
   */
  static of(corpus: Pick<Corpus, "symbols" | "ends">, kind: ExampleKind, end: number): ExampleText {
    const { symbols } = corpus;
    const files = [...new Set(corpus.ends)].filter((position) => position > 0);
    const borders = kind === "documents" ? files : lineEnds(symbols, files, end);
    const ranges = borders.map((border, example) => ({
      start: example === 0 ? 0 : borders[example - 1],
      end: border,
    }));
    return new ExampleText(symbols, ranges, { kind, end, origins: ranges });
  }

  /** The number of examples. */
  get count(): number {
    return this.#origins.length;
  }

  /** The position of END before an example. */
  endBefore(example: number): number {
    return this.#ends[example];
  }

  /** The number of symbols of an example, with END. */
  lengthOf(example: number): number {
    return this.#ends[example + 1] - this.#ends[example];
  }

  /** Some of the examples, by their numbers, as a text of these examples only. */
  pick(examples: readonly number[]): ExampleText {
    const { kind, end } = this;
    const ranges = examples.map((example) => ({
      start: this.#ends[example] + 1,
      end: this.#ends[example + 1] + 1,
    }));
    const all = this.origins();
    const origins = examples.map((example) => all[example]);
    return new ExampleText(this.symbols, ranges, { kind, end, origins });
  }

  /** The parts of the text that are characters: a line feed is one, the end of a document is none. */
  characters(): Range[] {
    if (this.kind === "lines") return [{ start: 1, end: this.symbols.length }];
    return Array.from(this.#origins, (_, example) => ({
      start: this.#ends[example] + 1,
      end: this.#ends[example + 1],
    }));
  }

  /** The number of characters. */
  get characterCount(): number {
    return this.symbols.length - 1 - (this.kind === "lines" ? 0 : this.count);
  }

  /** The parts of the corpus that the examples are. */
  origins(): Range[] {
    return Array.from(this.#origins, (start, example) => ({ start, end: this.#originEnds[example] }));
  }

  /** Maps a position in this text, from 1 on, to the position of the same symbol in the corpus. */
  originOf(position: number): number {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#ends[middle] < position) low = middle;
      else high = middle - 1;
    }
    return this.#origins[low] + position - this.#ends[low] - 1;
  }
}

/** The positions after the lines: after each line feed, and at the end of each file. */
function lineEnds(symbols: Symbols, files: readonly number[], lineFeed: number): number[] {
  const ends: number[] = [];
  const piece = new Int32Array(Math.min(SYMBOLS_AT_ONCE, symbols.length));
  let file = 0;
  for (let start = 0; start < symbols.length; start += SYMBOLS_AT_ONCE) {
    const count = Math.min(SYMBOLS_AT_ONCE, symbols.length - start);
    symbols.copyTo(piece, 0, start, start + count);
    for (let i = 0; i < count; i++) {
      const endsFile = start + i + 1 === files[file];
      if (endsFile) file += 1;
      if (endsFile || piece[i] === lineFeed) ends.push(start + i + 1);
    }
  }
  return ends;
}
