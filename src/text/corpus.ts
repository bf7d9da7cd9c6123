import { CharrnnError, UsageError } from "../errors.ts";
import { refuseForBytes, UTF_8 } from "./encoding.ts";
import { Numbering } from "./numbering.ts";
import { outsideVocabulary, placeOf, type Place } from "./place.ts";
import { type Skipped } from "./skipped.ts";
import { some } from "./sources.ts";
import { SymbolWriter } from "./symbol-writer.ts";
import { symbolWidth, type Symbols } from "./symbols.ts";
import { type Unit } from "./symbol-table.ts";
import { AS_IT_IS } from "./text-form.ts";
import { readFiles, type ReadFiles, type TextOptions, type TextSink } from "./text-reader.ts";
import { Vocabulary, type OnUnknown } from "./vocabulary.ts";

/** How to read a corpus. */
export interface CorpusOptions extends TextOptions {
  readonly unit: Unit;
  /** Rarer symbols become the unknown symbol (default 1: no symbol is so rare). Ignored with `vocabulary`. */
  readonly minCount?: number;
  /**
   * The vocabulary to use; its unit must be `unit`. Without it, a vocabulary is built from the corpus. The text is read
   * in the form of the vocabulary, unless there is a `form`.
   */
  readonly vocabulary?: Vocabulary;
  /**
   * What to do with symbols outside `vocabulary` if it has no unknown symbol (default: an error). "grow" adds the
   * symbols to the vocabulary, even if the vocabulary has the unknown symbol.
   */
  readonly unknown?: OnUnknown | "grow";
  /** Whether the error message also offers --unknown grow. */
  readonly mayGrow?: boolean;
}

/** A text as symbols, and where it comes from. */
export interface Corpus<Own = Vocabulary> extends Omit<ReadFiles, "textBytes"> {
  readonly vocabulary: Own;
  readonly symbols: Symbols;
  /** How many bytes of UTF-8 (or raw bytes) `symbols` stands for: all except byte order marks and skipped symbols. */
  readonly bytes: number;
  /** How many of `symbols` are the unknown symbol. */
  readonly unknown: number;
  /** Where symbols outside the vocabulary were left out. */
  readonly skipped: Skipped;
}

export const LINE_FEED = 0x0a;

/**
 * Reads files, folders and standard input ("-") into one sequence of symbols, in one pass and in pieces. This takes the
 * memory of the symbols (1, 2 or 4 bytes each, depending on the vocabulary) plus a few megabytes.
 * @throws UsageError if `paths` is no list, is empty or names "-" twice
 * @throws UsageError if `vocabulary` has another unit, `minCount` leaves no symbol, or an encoding is given for bytes
 * @throws CharrnnError if the input is missing, unreadable, empty or not in the encoding
 * @throws CharrnnError if the input has a symbol outside `vocabulary`
 */
export async function readCorpus(paths: readonly string[], options: CorpusOptions): Promise<Corpus> {
  const { unit, vocabulary: given, minCount = 1, form = given?.form ?? AS_IT_IS } = options;
  if (given !== undefined && given.unit !== unit) {
    throw new UsageError(`the vocabulary's unit is ${given.unit}; read the text with --unit ${given.unit}`);
  }
  if (unit === "byte") refuseForBytes(options.encoding ?? UTF_8);
  const symbols = new SymbolSink({ ...options, form });
  const { textBytes, ...read } = await readFiles(paths, unit, { ...options, form }, symbols);
  return { ...read, ...symbols.finish(read.files, textBytes, minCount) };
}

/** Turns the code points (or bytes) of a corpus into symbols. */
class SymbolSink implements TextSink {
  readonly #numbering: Numbering;
  readonly #writer: SymbolWriter;
  readonly #options: CorpusOptions;
  /** The file that is being read, and where it begins. */
  #name = "";
  #start = 0;
  /** Where the first symbol is that was left out, and in which source. */
  #firstSkipped: { readonly name: string; readonly place: Place } | undefined;

  constructor(options: CorpusOptions) {
    const { unit, unknown, vocabulary } = options;
    this.#options = options;
    // A vocabulary that grows is known only at the end.
    this.#numbering = new Numbering(unit, unknown === "grow" ? undefined : vocabulary);
    this.#writer = new SymbolWriter(symbolWidth(this.#numbering.size));
  }

  get length(): number {
    return this.#writer.length;
  }

  begin(name: string): void {
    this.#name = name;
    this.#start = this.length;
  }

  take(codes: Uint32Array): void {
    const kept = this.#numbering.apply(codes);
    this.#writer.widen(symbolWidth(this.#numbering.size));
    this.#writer.append(codes.subarray(0, kept));
    const { skipped } = this.#numbering;
    if (skipped.count === 0 || this.#firstSkipped !== undefined) return;
    const newline = this.#options.vocabulary?.lineFeed;
    const place = placeOf(this.#writer.symbols(), this.#start, skipped.first, newline);
    this.#firstSkipped = { name: this.#name, place };
  }

  end(): void {
    // The symbols of a file may go on in the next one.
  }

  /** The corpus of the files with these names, which has `textBytes` bytes with the skipped symbols. */
  finish(files: readonly string[], textBytes: number, minCount: number) {
    const { unit, unknown, mayGrow = false, vocabulary: given, form } = this.#options;
    const { skipped, skippedBytes, skippedCounts } = this.#numbering;
    if (given !== undefined && this.#firstSkipped !== undefined && unknown !== "skip") {
      const { name, place } = this.#firstSkipped;
      throw outsideVocabulary(unit, skippedCounts, place, name, mayGrow, given.formOf(skippedCounts.keys()));
    }
    if (this.length === 0) throw nothingRead(files, skipped.count);
    let vocabulary = given;
    if (!vocabulary || unknown === "grow") {
      const counts = this.#numbering.countsByCode();
      vocabulary = vocabulary?.grownBy(counts.keys()) ?? Vocabulary.fromCounts(unit, counts, minCount);
      this.#writer.widen(symbolWidth(vocabulary.size));
      this.#writer.renumber(this.#numbering.renumberingTo(vocabulary), symbolWidth(vocabulary.size));
    }
    return {
      vocabulary: vocabulary.inForm(form ?? AS_IT_IS),
      symbols: this.#writer.symbols(),
      bytes: textBytes - skippedBytes,
      unknown: this.#numbering.unknownIn(vocabulary),
      skipped,
    };
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
