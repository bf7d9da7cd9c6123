import { createHash } from "node:crypto";
import { type Readable } from "node:stream";
import { CharrnnError, UsageError } from "../errors.ts";
import { MOST_HELD_BACK } from "./encoded-text.ts";
import { openDecoder, refuseForBytes, UTF_8, type CodePointDecoder } from "./encoding.ts";
import { likelyUtf16 } from "./likely-encoding.ts";
import { Numbering } from "./numbering.ts";
import { outsideVocabulary, placeOf, type Place } from "./place.ts";
import { type Skipped } from "./skipped.ts";
import { findSources, PIECE_LENGTH, some, sourceName, type Source } from "./sources.ts";
import { SymbolWriter } from "./symbol-writer.ts";
import { symbolWidth, type Symbols } from "./symbols.ts";
import { type Unit } from "./symbol-table.ts";
import { Vocabulary, type OnUnknown } from "./vocabulary.ts";

/** How to read a corpus. */
export interface CorpusOptions {
  readonly unit: Unit;
  /** How characters are encoded, as `parseEncoding` names it (default utf-8). Bytes have no encoding. */
  readonly encoding?: string;
  /** Rarer symbols become the unknown symbol (default 1: no symbol is so rare). Ignored with `vocabulary`. */
  readonly minCount?: number;
  /** The vocabulary to use; its unit must be `unit`. Without this option, a vocabulary is built from the corpus. */
  readonly vocabulary?: Vocabulary;
  /**
   * What to do with symbols outside `vocabulary` if it has no unknown symbol (default: an error). "grow" adds the
   * symbols to the vocabulary, even if the vocabulary has the unknown symbol.
   */
  readonly unknown?: OnUnknown | "grow";
  /** Whether the error message also offers --unknown grow. */
  readonly mayGrow?: boolean;
  /** What "-" reads (default: the standard input of the process). */
  readonly stdin?: Readable | undefined;
  /** Called after each piece of the text. `bytesTotal` is undefined if the size is not known in advance. */
  readonly onProgress?: ((bytesRead: number, bytesTotal: number | undefined) => void) | undefined;
}

/** A text as symbols, and where it comes from. */
export interface Corpus<Own = Vocabulary> {
  readonly vocabulary: Own;
  readonly symbols: Symbols;
  /** The paths of the files in order, as given or found in folders; "-" is standard input. */
  readonly files: string[];
  /** For each file: how many symbols there are up to its end. */
  readonly ends: readonly number[];
  /** The sha256 of all bytes read, in order, in hexadecimal. */
  readonly sha256: string;
  /** How many bytes of UTF-8 (or raw bytes) `symbols` stands for: all except byte order marks and skipped symbols. */
  readonly bytes: number;
  /** Notes for the user, one line each. */
  readonly notes: string[];
  /** How many of `symbols` are the unknown symbol. */
  readonly unknown: number;
  /** Where symbols outside the vocabulary were left out. */
  readonly skipped: Skipped;
}

export const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads files, folders and standard input ("-") into one sequence of symbols, in one pass and in pieces. This takes the
 * memory of the symbols (1, 2 or 4 bytes each, depending on the vocabulary) plus a few megabytes.
 * @throws UsageError if `paths` is no list, is empty or names "-" twice
 * @throws UsageError if `vocabulary` has another unit, `minCount` leaves no symbol, or an encoding is given for bytes
 * @throws CharrnnError if the input is missing, unreadable, empty or not in the encoding
 * @throws CharrnnError if the input has a symbol outside `vocabulary`
 */
export async function readCorpus(paths: readonly string[], options: CorpusOptions): Promise<Corpus> {
  const { unit, vocabulary: given, minCount = 1, stdin = process.stdin, onProgress } = options;
  if (given !== undefined && given.unit !== unit) {
    throw new UsageError(`the vocabulary's unit is ${given.unit}; read the text with --unit ${given.unit}`);
  }
  if (unit === "byte") refuseForBytes(options.encoding ?? UTF_8);
  const { sources, notes } = await findSources(paths, stdin);
  const total = totalSize(sources);
  const reading = new Reading(options);
  for (const source of sources) {
    await reading.add(source, () => onProgress?.(reading.bytesRead, total));
  }
  const names = sources.map((source) => source.name);
  const corpus = reading.finish(names, minCount);
  return { ...corpus, notes: [...notes, ...corpus.notes] };
}

function totalSize(sources: readonly Source[]): number | undefined {
  let total = 0;
  for (const { size } of sources) {
    if (size === undefined) return undefined;
    total += size;
  }
  return total;
}

/** The state of reading one corpus. */
class Reading {
  bytesRead = 0;
  /** As `bytesRead`, in UTF-8. */
  #textBytes = 0;
  readonly #hash = createHash("sha256");
  readonly #codes = new Uint32Array(PIECE_LENGTH + MOST_HELD_BACK);
  readonly #numbering: Numbering;
  readonly #writer: SymbolWriter;
  readonly #ends: number[] = [];
  readonly #byteOrderMarks: string[] = [];
  readonly #emptyFiles: string[] = [];
  readonly #withLoneReturns: string[] = [];
  #loneReturns = 0;
  readonly #withNulls: string[] = [];
  /** The encoding that a text with NUL characters probably has. */
  #likelyEncoding: string | undefined;
  readonly #unit: Unit;
  readonly #encoding: string;
  readonly #vocabulary: Vocabulary | undefined;
  readonly #unknown: CorpusOptions["unknown"];
  readonly #mayGrow: boolean;
  /** The place of the first symbol that was left out, and the name of its source. */
  #firstSkipped: { readonly name: string; readonly place: Place } | undefined;

  constructor({ unit, encoding = UTF_8, vocabulary, unknown, mayGrow = false }: CorpusOptions) {
    this.#unit = unit;
    this.#encoding = encoding;
    this.#vocabulary = vocabulary;
    this.#unknown = unknown;
    this.#mayGrow = mayGrow;
    // A vocabulary that grows is known only at the end.
    this.#numbering = new Numbering(unit, unknown === "grow" ? undefined : vocabulary);
    this.#writer = new SymbolWriter(symbolWidth(this.#numbering.size));
  }

  async add(source: Source, afterPiece: () => void): Promise<void> {
    const start = this.#writer.length;
    const before = this.bytesRead;
    const name = sourceName(source.name);
    const decoder = this.#unit === "char" ? openDecoder(this.#encoding, name) : undefined;
    const returns = new LoneReturns();
    let atStart = true;
    let hasNull = false;
    for await (const piece of source.read()) {
      this.#hash.update(piece);
      this.bytesRead += piece.length;
      let codes = this.#codes.subarray(0, this.#decode(piece, decoder));
      if (atStart && codes.length > 0) {
        atStart = false;
        if (decoder && codes[0] === BYTE_ORDER_MARK) {
          this.#byteOrderMarks.push(name);
          codes = codes.subarray(1);
        }
      }
      if (decoder) returns.count(codes);
      if (!hasNull && decoder && codes.includes(0)) {
        hasNull = true;
        this.#likelyEncoding ??= likelyUtf16(piece, this.bytesRead - before - piece.length);
      }
      this.#append(codes, name, start);
      afterPiece();
    }
    decoder?.end();
    this.#ends.push(this.#writer.length);
    this.#textBytes += decoder?.utf8Bytes ?? this.bytesRead - before;
    if (this.bytesRead === before) this.#emptyFiles.push(name);
    if (returns.end() > 0) this.#withLoneReturns.push(name);
    this.#loneReturns += returns.total;
    if (hasNull) this.#withNulls.push(name);
  }

  #decode(piece: Uint8Array, decoder: CodePointDecoder | undefined): number {
    if (decoder) return decoder.decode(piece, this.#codes);
    this.#codes.set(piece);
    return piece.length;
  }

  #append(codes: Uint32Array, name: string, start: number): void {
    const kept = this.#numbering.apply(codes);
    this.#writer.widen(symbolWidth(this.#numbering.size));
    this.#writer.append(codes.subarray(0, kept));
    const { skipped } = this.#numbering;
    if (skipped.count > 0 && this.#firstSkipped === undefined) {
      const newline = this.#vocabulary?.indexOf(LINE_FEED);
      this.#firstSkipped = { name, place: placeOf(this.#writer.symbols(), start, skipped.first, newline) };
    }
  }

  finish(files: string[], minCount: number): Corpus {
    const { skipped, skippedBytes, skippedCounts } = this.#numbering;
    if (this.#firstSkipped !== undefined && this.#unknown !== "skip") {
      const { name, place } = this.#firstSkipped;
      throw outsideVocabulary(this.#unit, skippedCounts, place, name, this.#mayGrow);
    }
    if (this.#writer.length === 0) throw nothingRead(files, skipped.count);
    let vocabulary = this.#vocabulary;
    if (!vocabulary || this.#unknown === "grow") {
      const counts = this.#numbering.countsByCode();
      vocabulary = vocabulary?.grownBy(counts.keys()) ?? Vocabulary.fromCounts(this.#unit, counts, minCount);
      this.#writer.widen(symbolWidth(vocabulary.size));
      this.#writer.renumber(this.#numbering.renumberingTo(vocabulary), symbolWidth(vocabulary.size));
    }
    return {
      vocabulary,
      symbols: this.#writer.symbols(),
      files,
      ends: this.#ends,
      sha256: this.#hash.digest("hex"),
      bytes: this.#textBytes - 3 * this.#byteOrderMarks.length - skippedBytes,
      notes: this.#notes(),
      unknown: this.#numbering.unknownIn(vocabulary),
      skipped,
    };
  }

  #notes(): string[] {
    const notes: string[] = [];
    if (this.#byteOrderMarks.length > 0)
      notes.push(`dropped the byte order mark of ${some(this.#byteOrderMarks)}`);
    if (this.#emptyFiles.length > 0) notes.push(`there is no text in ${some(this.#emptyFiles)}`);
    if (this.#loneReturns > 0) {
      const ends = this.#loneReturns === 1 ? "1 lone CR line end" : `${this.#loneReturns} lone CR line ends`;
      notes.push(
        `${ends} in ${some(this.#withLoneReturns)}, kept as they are; convert them to LF if they end lines`,
      );
    }
    if (this.#withNulls.length > 0) {
      const likely =
        this.#likelyEncoding === undefined || this.#encoding !== UTF_8
          ? ""
          : `; it is probably ${this.#likelyEncoding}: give --encoding ${this.#likelyEncoding}`;
      notes.push(`NUL characters in ${some(this.#withNulls)}, kept as they are${likely}`);
    }
    return notes;
  }
}

/** Counts the lone carriage returns of one text: those with no line feed after them. */
class LoneReturns {
  total = 0;
  #afterReturn = false;

  count(codes: Uint32Array): void {
    if (!this.#afterReturn && !codes.includes(CARRIAGE_RETURN)) return;
    let total = this.total;
    let afterReturn = this.#afterReturn;
    for (let i = 0; i < codes.length; i++) {
      if (afterReturn && codes[i] !== LINE_FEED) total++;
      afterReturn = codes[i] === CARRIAGE_RETURN;
    }
    this.total = total;
    this.#afterReturn = afterReturn;
  }

  end(): number {
    if (this.#afterReturn) this.total++;
    return this.total;
  }
}

function nothingRead(files: readonly string[], skipped: number): CharrnnError {
  const what = some(files);
  if (skipped > 0) {
    return new CharrnnError(
      `none of the ${skipped} symbols of ${what} is in the model's vocabulary; choose another text`,
    );
  }
  return new CharrnnError(`${what} is empty; give a text to read`);
}
