import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { CharrnnError, UsageError } from "../errors.ts";
import { Numbering } from "./numbering.ts";
import { outsideVocabulary, placeOf } from "./place.ts";
import type { Skipped } from "./skipped.ts";
import type { Source } from "./sources.ts";
import { findSources, pieceLength, some, sourceName } from "./sources.ts";
import { SymbolWriter } from "./symbol-writer.ts";
import type { Symbols } from "./symbols.ts";
import { symbolWidth } from "./symbols.ts";
import { Utf8Decoder } from "./utf8.ts";
import { type Unit } from "./symbol-table.ts";
import type { OnUnknown } from "./vocabulary.ts";
import { Vocabulary } from "./vocabulary.ts";

/** How to read a corpus. */
export interface CorpusOptions {
  readonly unit: Unit;
  /** Symbols that occur more seldom become the unknown symbol (default 1: none); not with `vocabulary`. */
  readonly minCount?: number;
  /** The vocabulary to keep, of the same unit; without one it is built from the corpus. */
  readonly vocabulary?: Vocabulary;
  /**
   * What to do with symbols outside `vocabulary` if it has no unknown symbol (default "error", which then does not
   * offer to skip them).
   */
  readonly unknown?: OnUnknown;
  /** What "-" reads (default the process's standard input). */
  readonly stdin?: Readable;
  /** Called after each piece read; `bytesTotal` is undefined when it cannot be known beforehand. */
  readonly onProgress?: (bytesRead: number, bytesTotal: number | undefined) => void;
}

/** A text as symbols, and where it came from. */
export interface Corpus {
  readonly vocabulary: Vocabulary;
  readonly symbols: Symbols;
  /** The files in order, as given or found; "-" is standard input. */
  readonly files: string[];
  /** The digest, in hexadecimal, of all bytes read, in order. */
  readonly sha256: string;
  /** The bytes of the text that `symbols` holds: without byte order marks and skipped symbols. */
  readonly bytes: number;
  /** What the reader should be told, one line each. */
  readonly notes: string[];
  /** The symbols outside the vocabulary that were left out. */
  readonly skipped: Skipped;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = 0xfeff;

/**
 * Reads files, folders and standard input ("-") into one sequence of symbols, in one pass and in pieces: the
 * memory needed is that of the symbols, of which the width grows with the vocabulary, plus a few megabytes.
 * Every fault of the input (missing, unreadable, empty, not UTF-8, outside the vocabulary) is a CharrnnError.
 */
export async function readCorpus(paths: readonly string[], options: CorpusOptions): Promise<Corpus> {
  const { unit, vocabulary: given, minCount = 1, stdin = process.stdin, onProgress } = options;
  if (given !== undefined && given.unit !== unit) {
    throw new UsageError(`the vocabulary's unit is ${given.unit}; read the text with --unit ${given.unit}`);
  }
  const { sources, notes } = await findSources(paths, stdin);
  const total = totalSize(sources);
  const reading = new Reading(unit, given, options.unknown);
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
  private readonly hash = createHash("sha256");
  private readonly codes = new Uint32Array(pieceLength);
  private readonly numbering: Numbering;
  private readonly writer: SymbolWriter;
  private readonly byteOrderMarks: string[] = [];
  private readonly emptyFiles: string[] = [];
  private readonly withLoneReturns: string[] = [];
  private loneReturns = 0;
  private readonly withNulls: string[] = [];
  private readonly unit: Unit;
  private readonly vocabulary: Vocabulary | undefined;
  private readonly unknown: OnUnknown | undefined;

  constructor(unit: Unit, vocabulary: Vocabulary | undefined, unknown: OnUnknown | undefined) {
    this.unit = unit;
    this.vocabulary = vocabulary;
    this.unknown = unknown;
    this.numbering = new Numbering(unit, vocabulary);
    this.writer = new SymbolWriter(symbolWidth(this.numbering.size));
  }

  async add(source: Source, afterPiece: () => void): Promise<void> {
    const start = this.writer.length;
    const before = this.bytesRead;
    const name = sourceName(source.name);
    const decoder = this.unit === "char" ? new Utf8Decoder(name) : undefined;
    const returns = new LoneReturns();
    let atStart = true;
    let hasNull = false;
    for await (const piece of source.read()) {
      this.hash.update(piece);
      this.bytesRead += piece.length;
      let codes = this.codes.subarray(0, this.decode(piece, decoder));
      if (atStart && codes.length > 0) {
        atStart = false;
        if (decoder && codes[0] === byteOrderMark) {
          this.byteOrderMarks.push(name);
          codes = codes.subarray(1);
        }
      }
      if (decoder) returns.count(codes);
      hasNull ||= decoder !== undefined && codes.includes(0);
      this.append(codes, name, start);
      afterPiece();
    }
    decoder?.end();
    if (this.bytesRead === before) this.emptyFiles.push(name);
    if (returns.end() > 0) this.withLoneReturns.push(name);
    this.loneReturns += returns.total;
    if (hasNull) this.withNulls.push(name);
  }

  private decode(piece: Uint8Array, decoder: Utf8Decoder | undefined): number {
    if (decoder) return decoder.decode(piece, this.codes);
    this.codes.set(piece);
    return piece.length;
  }

  private append(codes: Uint32Array, name: string, start: number): void {
    const stopAtSkipped = this.unknown !== "skip";
    const kept = this.numbering.apply(codes, stopAtSkipped);
    this.writer.widen(symbolWidth(this.numbering.size));
    this.writer.append(codes.subarray(0, kept));
    if (stopAtSkipped && this.numbering.firstSkipped !== undefined) {
      const newline = this.vocabulary?.indexOf(lineFeed);
      const place = placeOf(this.writer.symbols(), start, this.writer.length, newline);
      throw outsideVocabulary(
        this.unit,
        this.numbering.firstSkipped,
        place,
        name,
        this.unknown !== undefined,
      );
    }
  }

  finish(files: string[], minCount: number): Corpus {
    const { skipped, skippedBytes } = this.numbering;
    if (this.writer.length === 0) throw nothingRead(files, skipped.count);
    let vocabulary = this.vocabulary;
    if (!vocabulary) {
      vocabulary = Vocabulary.fromCounts(this.unit, this.numbering.countsByCode(), minCount);
      this.writer.renumber(this.numbering.renumberingTo(vocabulary), symbolWidth(vocabulary.size));
    }
    return {
      vocabulary,
      symbols: this.writer.symbols(),
      files,
      sha256: this.hash.digest("hex"),
      bytes: this.bytesRead - 3 * this.byteOrderMarks.length - skippedBytes,
      notes: this.notes(),
      skipped,
    };
  }

  private notes(): string[] {
    const notes: string[] = [];
    if (this.byteOrderMarks.length > 0)
      notes.push(`dropped the byte order mark of ${some(this.byteOrderMarks)}`);
    if (this.emptyFiles.length > 0) notes.push(`nothing in ${some(this.emptyFiles)}`);
    if (this.loneReturns > 0) {
      const ends = this.loneReturns === 1 ? "1 lone CR line end" : `${this.loneReturns} lone CR line ends`;
      notes.push(
        `${ends} in ${some(this.withLoneReturns)}, kept as they are; convert them to LF if they end lines`,
      );
    }
    if (this.withNulls.length > 0) {
      notes.push(
        `NUL characters in ${some(this.withNulls)}, kept as they are; if it is UTF-16, convert it to UTF-8`,
      );
    }
    return notes;
  }
}

/** Counts the carriage returns of one text that no line feed follows. */
class LoneReturns {
  total = 0;
  private afterReturn = false;

  count(codes: Uint32Array): void {
    if (!this.afterReturn && !codes.includes(carriageReturn)) return;
    let { total, afterReturn } = this;
    for (let i = 0; i < codes.length; i++) {
      if (afterReturn && codes[i] !== lineFeed) total++;
      afterReturn = codes[i] === carriageReturn;
    }
    this.total = total;
    this.afterReturn = afterReturn;
  }

  end(): number {
    if (this.afterReturn) this.total++;
    return this.total;
  }
}

function nothingRead(files: readonly string[], skipped: number): CharrnnError {
  const what = some(files);
  if (skipped > 0) {
    return new CharrnnError(
      `none of the ${skipped} symbols of ${what} is in the model's vocabulary; take another text`,
    );
  }
  return new CharrnnError(`${what} is empty; give a text to read`);
}
