import { createHash } from "node:crypto";
import { CharrnnError } from "../errors.ts";
import { type Corpus, type CorpusOptions } from "./corpus.ts";
import { MOST_HELD_BACK } from "./encoded-text.ts";
import { openDecoder, UTF_8 } from "./encoding.ts";
import { Skipped } from "./skipped.ts";
import { findSources, PIECE_LENGTH, some, sourceName, type Source } from "./sources.ts";
import { SymbolWriter } from "./symbol-writer.ts";
import { symbolWidth } from "./symbols.ts";
import { LINE_END, Tokenizer } from "./tokens.ts";
import { TokenVocabulary } from "./token-vocabulary.ts";

/** How to read a corpus of tokens. The options are those for characters, except for the kind of vocabulary. */
export type WordOptions = Omit<CorpusOptions, "unit" | "vocabulary"> & {
  readonly vocabulary?: TokenVocabulary | undefined;
};

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads files, folders and standard input ("-") into one sequence of tokens, in one pass and in pieces. A token never
 * spans two files.
 * @throws UsageError if `paths` is no list, is empty or names "-" twice; or if `minCount` leaves no token
 * @throws CharrnnError if the input is missing, unreadable, empty or not in the encoding
 * @throws CharrnnError if the input has a token outside `vocabulary`
 */
export async function readWords(
  paths: readonly string[],
  options: WordOptions,
): Promise<Corpus<TokenVocabulary>> {
  const { minCount = 1, stdin = process.stdin, onProgress } = options;
  const { sources, notes } = await findSources(paths, stdin);
  const sizes = sources.map(({ size }) => size);
  const total = sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const reading = new WordReading(options);
  for (const source of sources) await reading.add(source, () => onProgress?.(reading.bytesRead, total));
  const corpus = reading.finish(
    sources.map(({ name }) => name),
    minCount,
  );
  return { ...corpus, notes: [...notes, ...corpus.notes] };
}

/** The state of reading one corpus of tokens. */
class WordReading {
  bytesRead = 0;
  readonly #hash = createHash("sha256");
  readonly #codes = new Uint32Array(PIECE_LENGTH + MOST_HELD_BACK);
  readonly #encoding: string;
  readonly #vocabulary: TokenVocabulary | undefined;
  readonly #rule: WordOptions["unknown"];
  readonly #mayGrow: boolean;
  /** The number of each token in the order of first occurrence, if the vocabulary is not known yet. */
  readonly #numbers = new Map<string, number>();
  readonly #counts: number[] = [];
  readonly #writer = new SymbolWriter(1);
  readonly #one = new Uint32Array(1);
  readonly #ends: number[] = [];
  readonly #notes: string[] = [];
  #textBytes = 0;
  #unknown = 0;
  readonly #skipped = new Skipped();
  readonly #skippedCounts = new Map<string, number>();
  /** The file and the line of the first token that was left out. */
  #firstSkipped = "";
  #line = 1;

  constructor({ encoding = UTF_8, vocabulary, unknown, mayGrow = false }: WordOptions) {
    this.#encoding = encoding;
    this.#vocabulary = vocabulary;
    this.#rule = unknown;
    this.#mayGrow = mayGrow;
    if (vocabulary !== undefined && unknown !== "grow") this.#writer.widen(symbolWidth(vocabulary.size));
  }

  async add(source: Source, afterPiece: () => void): Promise<void> {
    const name = sourceName(source.name);
    const decoder = openDecoder(this.#encoding, name);
    const before = this.bytesRead;
    this.#line = 1;
    const tokenizer = new Tokenizer((token) => {
      this.#take(token, name);
    });
    let atStart = true;
    for await (const piece of source.read()) {
      this.#hash.update(piece);
      this.bytesRead += piece.length;
      let codes = this.#codes.subarray(0, decoder.decode(piece, this.#codes));
      if (atStart && codes.length > 0) {
        atStart = false;
        if (codes[0] === BYTE_ORDER_MARK) {
          this.#notes.push(`dropped the byte order mark of ${name}`);
          codes = codes.subarray(1);
        }
      }
      tokenizer.read(codes);
      afterPiece();
    }
    decoder.end();
    tokenizer.end();
    this.#textBytes += decoder.utf8Bytes;
    this.#ends.push(this.#writer.length);
    if (this.bytesRead === before) this.#notes.push(`there is no text in ${name}`);
  }

  #take(token: string, name: string): void {
    const number = this.#numberOf(token);
    if (number === undefined) {
      if (this.#skipped.count === 0) this.#firstSkipped = `line ${this.#line} of ${name}`;
      this.#skipped.add(this.#writer.length);
      this.#skippedCounts.set(token, (this.#skippedCounts.get(token) ?? 0) + 1);
    } else {
      this.#one[0] = number;
      this.#writer.append(this.#one);
    }
    if (token === LINE_END) this.#line += 1;
  }

  #numberOf(token: string): number | undefined {
    if (this.#vocabulary !== undefined && this.#rule !== "grow") {
      const index = this.#vocabulary.indexOf(token);
      if (index === undefined && this.#vocabulary.unknown !== undefined) this.#unknown += 1;
      return index ?? this.#vocabulary.unknown;
    }
    let number = this.#numbers.get(token);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(token, number);
      this.#counts.push(0);
      this.#writer.widen(symbolWidth(this.#numbers.size));
    }
    this.#counts[number] += 1;
    return number;
  }

  finish(files: string[], minCount: number): Corpus<TokenVocabulary> {
    if (this.#skipped.count > 0 && this.#rule !== "skip") throw this.#outside();
    if (this.#writer.length === 0) throw new CharrnnError(`${some(files)} has no token; give a text to read`);
    let vocabulary = this.#vocabulary;
    if (!vocabulary || this.#rule === "grow") {
      const counts = new Map([...this.#numbers].map(([token, number]) => [token, this.#counts[number]]));
      const built = vocabulary?.grownBy(counts.keys()) ?? TokenVocabulary.fromCounts(counts, minCount);
      const numbers = Uint32Array.from(counts.keys(), (token) => built.indexOf(token) ?? built.unknown ?? 0);
      for (const [token, count] of counts) this.#unknown += built.indexOf(token) === undefined ? count : 0;
      this.#writer.widen(symbolWidth(built.size));
      this.#writer.renumber(numbers, symbolWidth(built.size));
      vocabulary = built;
    }
    return {
      vocabulary,
      symbols: this.#writer.symbols(),
      files,
      ends: this.#ends,
      sha256: this.#hash.digest("hex"),
      bytes: this.#textBytes,
      notes: this.#notes,
      unknown: this.#unknown,
      skipped: this.#skipped,
    };
  }

  #outside(): CharrnnError {
    const [first] = this.#skippedCounts.keys();
    const others = this.#skippedCounts.size - 1;
    const more = others === 0 ? "" : `, like ${others === 1 ? "1 other" : `${others} others`}`;
    const grow = this.#mayGrow ? ", or add them to the vocabulary with --unknown grow" : "";
    return new CharrnnError(
      `the token ${JSON.stringify(first)} in ${this.#firstSkipped} is not in the model's vocabulary${more}: ` +
        `skip such tokens with --unknown skip${grow}`,
    );
  }
}
