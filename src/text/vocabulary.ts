import { CharrnnError, UsageError } from "../errors.ts";
import { Decoder } from "./decoder.ts";
import { outsideVocabulary, placeOf } from "./place.ts";
import { type Unit, type VocabularySymbol } from "./symbol-table.ts";
import { Utf8Decoder } from "./utf8.ts";

/** The vocabulary as a checkpoint holds it: symbols in order of their index, and null for the unknown symbol. */
export type VocabularyJson =
  | { readonly unit: "char"; readonly symbols: readonly (string | null)[] }
  | { readonly unit: "byte"; readonly symbols: readonly (number | null)[] };

/** What to do with a symbol outside a vocabulary that has no unknown symbol. */
export const unknownRules = ["error", "skip"] as const;
export type OnUnknown = (typeof unknownRules)[number];

/** Anything read by position, such as an Int32Array or `Symbols`. */
interface Sequence {
  readonly length: number;
  at(index: number): number | undefined;
}

const byteOrderMark = 0xfeff;

/**
 * The symbols a model knows, in order of code points (or bytes), each named by its index; the unknown symbol,
 * if there is one, is null and stands last.
 */
export class Vocabulary {
  readonly unit: Unit;
  readonly symbols: readonly VocabularySymbol[];
  readonly size: number;
  /** The index of the unknown symbol. */
  readonly unknown: number | undefined;
  private readonly indices = new Map<number, number>();

  /** `codes` are distinct code points or bytes in ascending order. */
  private constructor(unit: Unit, codes: readonly number[], hasUnknown: boolean) {
    const symbols: VocabularySymbol[] =
      unit === "char" ? codes.map((code) => String.fromCodePoint(code)) : [...codes];
    this.unknown = hasUnknown ? symbols.push(null) - 1 : undefined;
    this.unit = unit;
    this.symbols = symbols;
    this.size = symbols.length;
    codes.forEach((code, index) => this.indices.set(code, index));
  }

  /**
   * The vocabulary of a corpus in which each code point or byte occurs so many times. Those under `minCount`
   * become the unknown symbol, which exists only if there are such; a UsageError if nothing else is left.
   */
  static fromCounts(unit: Unit, counts: ReadonlyMap<number, number>, minCount = 1): Vocabulary {
    const kept = [...counts].filter(([, count]) => count >= minCount).map(([code]) => code);
    if (kept.length === 0) {
      throw new UsageError(`--min-count ${minCount} leaves no symbol of the corpus; take a lower one`);
    }
    return new Vocabulary(
      unit,
      kept.sort((a, b) => a - b),
      kept.length < counts.size,
    );
  }

  /** Reads the JSON form back. Whatever is not exactly a vocabulary is a CharrnnError that says where. */
  static fromJson(json: unknown): Vocabulary {
    const { unit, symbols } = (json ?? {}) as { unit?: unknown; symbols?: unknown };
    if (unit !== "char" && unit !== "byte") throw invalid('its unit is neither "char" nor "byte"');
    if (!Array.isArray(symbols)) throw invalid("its symbols are not an array");
    const hasUnknown = symbols.length > 0 && symbols[symbols.length - 1] === null;
    const codes = (hasUnknown ? symbols.slice(0, -1) : symbols).map((symbol: unknown, index) => {
      const code = unit === "char" ? codePointOf(symbol) : byteOf(symbol);
      if (code !== undefined) return code;
      const expected = unit === "char" ? "one character" : "a byte";
      throw invalid(
        `symbol ${index} is not ${expected}${symbol === null ? ", null may only stand last" : ""}`,
      );
    });
    if (codes.length === 0) throw invalid("it has no symbols");
    const misplaced = codes.findIndex((code, index) => index > 0 && code <= codes[index - 1]);
    if (misplaced !== -1) throw invalid(`symbol ${misplaced} is repeated or out of order`);
    return new Vocabulary(unit, codes, hasUnknown);
  }

  toJSON(): VocabularyJson {
    return { unit: this.unit, symbols: this.symbols } as VocabularyJson;
  }

  /** The index of a code point (of a byte in a byte model), or undefined if it is outside the vocabulary. */
  indexOf(codePointOrByte: number): number | undefined {
    return this.indices.get(codePointOrByte);
  }

  /**
   * The indices of a short text, such as a prime; bytes are read as strict UTF-8 unless this is a byte model.
   * A symbol outside the vocabulary becomes the unknown symbol; where there is none it is a CharrnnError that
   * names the symbol and its place in `source`, which is what the text is called, or is left out.
   */
  encode(text: string | Uint8Array, onUnknown: OnUnknown, source = "the text"): Int32Array {
    const codes = this.unit === "char" ? codePointsOf(text, source) : bytesOf(text);
    const indices = new Int32Array(codes.length);
    let length = 0;
    for (const code of codes) {
      const index = this.indexOf(code) ?? this.unknown;
      if (index !== undefined) {
        indices[length++] = index;
      } else if (onUnknown === "error") {
        const place = placeOf(indices, 0, length, this.indexOf(0x0a));
        throw outsideVocabulary(this.unit, code, place, source, true);
      }
    }
    return indices.slice(0, length);
  }

  /** The text of a sequence of indices, as a `Decoder` gives it. */
  decode(indices: Iterable<number>): string {
    const decoder = new Decoder(this);
    let text = "";
    for (const index of indices) text += decoder.push(index);
    return text + decoder.end();
  }

  /**
   * The bytes in UTF-8 of the text that these indices stand for, without the `unmeasured` characters that became the
   * unknown symbol, of which it is not known what they were. An unknown byte is a byte all the same.
   */
  byteLength(indices: Sequence): { bytes: number; unmeasured: number } {
    if (this.unit === "byte") return { bytes: indices.length, unmeasured: 0 };
    const lengths = this.symbols.map((symbol) => Buffer.byteLength(String(symbol ?? "")));
    let [bytes, unmeasured] = [0, 0];
    for (let i = 0; i < indices.length; i++) {
      const index = indices.at(i) ?? 0;
      bytes += lengths[index];
      unmeasured += Number(index === this.unknown);
    }
    return { bytes, unmeasured };
  }
}

function codePointOf(symbol: unknown): number | undefined {
  if (typeof symbol !== "string") return undefined;
  const code = symbol.codePointAt(0);
  if (code === undefined || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return String.fromCodePoint(code) === symbol ? code : undefined;
}

function byteOf(symbol: unknown): number | undefined {
  return typeof symbol === "number" && Number.isInteger(symbol) && symbol >= 0 && symbol <= 255
    ? symbol
    : undefined;
}

function codePointsOf(text: string | Uint8Array, source: string): Uint32Array {
  if (typeof text === "string") {
    return Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
  }
  const codePoints = new Uint32Array(text.length);
  const decoder = new Utf8Decoder(source);
  const count = decoder.decode(text, codePoints);
  decoder.end();
  // What comes as bytes comes from a file, whose byte order mark is no part of its text.
  return codePoints.subarray(codePoints[0] === byteOrderMark ? 1 : 0, count);
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text, "utf8") : text;
}

function invalid(reason: string): CharrnnError {
  return new CharrnnError(
    `the vocabulary is invalid: ${reason}; it must list each symbol once, in order of code points`,
  );
}
