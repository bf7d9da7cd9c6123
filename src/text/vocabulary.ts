import { CharrnnError, UsageError } from "../errors.ts";
import { Decoder, REPLACEMENT } from "./decoder.ts";
import { outsideVocabulary, placeOf } from "./place.ts";
import { type Unit, type VocabularySymbol } from "./symbol-table.ts";
import { type Symbols } from "./symbols.ts";
import { MOST_HELD_BACK } from "./encoded-text.ts";
import { openDecoder, parseEncoding, refuseForBytes, UTF_8 } from "./encoding.ts";
import { AS_IT_IS, formFromJson, formToJson, inForm, type TextForm, type TextFormJson } from "./text-form.ts";
import { formThatFits, type NormalForm } from "./unicode-form.ts";
import { utf8Length } from "./utf8.ts";

/** A vocabulary in a checkpoint: the symbols in the order of their indices. The unknown symbol is null. */
export type VocabularyJson = TextFormJson &
  (
    | { readonly unit: "char"; readonly symbols: readonly (string | null)[] }
    | { readonly unit: "byte"; readonly symbols: readonly (number | null)[] }
  );

/** What to do with a symbol outside a vocabulary that has no unknown symbol. */
export const unknownRules = ["error", "skip"] as const;
export type OnUnknown = (typeof unknownRules)[number];

/** A sequence that is read by position: an Int32Array or `Symbols`, for example. */
export interface Sequence {
  readonly length: number;
  at(index: number): number | undefined;
}

const BYTE_ORDER_MARK = 0xfeff;

/** How many symbols are converted to bytes at once. */
const SYMBOLS_AT_ONCE = 2 ** 16;

/**
 * The symbols that a model knows, in order of code points (or bytes). A symbol's index is its number in the model. The
 * unknown symbol, if there is one, is null and comes last.
 */
export class Vocabulary {
  readonly unit: Unit;
  readonly symbols: readonly VocabularySymbol[];
  readonly size: number;
  /** The index of the unknown symbol. */
  readonly unknown: number | undefined;
  /** What is done to a text before its symbols are looked up. */
  readonly form: TextForm;
  readonly #indices = new Map<number, number>();

  /** `codes` are distinct code points or bytes in ascending order. */
  private constructor(unit: Unit, codes: readonly number[], hasUnknown: boolean, form = AS_IT_IS) {
    this.form = form;
    const symbols: VocabularySymbol[] =
      unit === "char" ? codes.map((code) => String.fromCodePoint(code)) : [...codes];
    this.unknown = hasUnknown ? symbols.push(null) - 1 : undefined;
    this.unit = unit;
    this.symbols = symbols;
    this.size = symbols.length;
    codes.forEach((code, index) => this.#indices.set(code, index));
  }

  /**
   * The vocabulary of a corpus. `counts` says how often each code point or byte occurs. Symbols that occur fewer than
   * `minCount` times become the unknown symbol. If no symbol is so rare, the vocabulary has no unknown symbol.
   * @throws UsageError if `minCount` leaves no symbol
   */
  static fromCounts(unit: Unit, counts: ReadonlyMap<number, number>, minCount = 1): Vocabulary {
    const kept = [...counts].filter(([, count]) => count >= minCount).map(([code]) => code);
    if (kept.length === 0) {
      throw new UsageError(`--min-count ${minCount} leaves no symbol of the corpus; give a smaller number`);
    }
    return new Vocabulary(
      unit,
      kept.sort((a, b) => a - b),
      kept.length < counts.size,
    );
  }

  /**
   * Reads the JSON form of a vocabulary.
   * @throws CharrnnError if `json` is not a valid vocabulary; the message says why
   */
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
        `symbol ${index} is not ${expected}${symbol === null ? ", and null may only be the last symbol" : ""}`,
      );
    });
    if (codes.length === 0) throw invalid("it has no symbols");
    const misplaced = codes.findIndex((code, index) => index > 0 && code <= codes[index - 1]);
    if (misplaced !== -1) throw invalid(`symbol ${misplaced} is repeated or out of order`);
    return new Vocabulary(unit, codes, hasUnknown, formFromJson(json as Record<string, unknown>));
  }

  /** The vocabulary with another form for its texts. */
  inForm(form: TextForm): Vocabulary {
    if (form.newlines === this.form.newlines && form.normalize === this.form.normalize) return this;
    return new Vocabulary(this.unit, [...this.#indices.keys()], this.unknown !== undefined, form);
  }

  /** The Unicode form in which these code points would be known, at least in part, although they are not as they are. */
  formOf(outside: Iterable<number>): NormalForm | undefined {
    if (this.unit === "byte") return undefined;
    return formThatFits(outside, (code) => this.#indices.has(code), this.#indices.keys());
  }

  /**
   * The vocabulary with more symbols, all in order of code points. Codes that the vocabulary has already change
   * nothing.
   */
  grownBy(codes: Iterable<number>): Vocabulary {
    const all = new Set([...this.#indices.keys(), ...codes]);
    return new Vocabulary(
      this.unit,
      [...all].sort((a, b) => a - b),
      this.unknown !== undefined,
      this.form,
    );
  }

  /**
   * For each symbol of this vocabulary: its index in another one of the same unit, or undefined if the other one lacks
   * the symbol.
   */
  indicesIn(other: Vocabulary): (number | undefined)[] {
    const indices: (number | undefined)[] = [...this.#indices.keys()].map((code) => other.indexOf(code));
    return this.unknown === undefined ? indices : [...indices, other.unknown];
  }

  toJSON(): VocabularyJson {
    return { unit: this.unit, symbols: this.symbols, ...formToJson(this.form) } as VocabularyJson;
  }

  /** The index of a code point (in a byte model: of a byte), or undefined if it is outside the vocabulary. */
  indexOf(codePointOrByte: number): number | undefined {
    return this.#indices.get(codePointOrByte);
  }

  /**
   * The indices of a short text (a prime, for example). Bytes are read strictly in `encoding`, except in a byte model. A
   * symbol outside the vocabulary becomes the unknown symbol. If there is no unknown symbol, "error" throws and "skip"
   * leaves the symbol out. `source` is the name of the text in error messages.
   * @throws UsageError if the encoding does not exist, or is not UTF-8 for a byte model
   * @throws CharrnnError if bytes are not in the encoding
   * @throws CharrnnError that names all symbols outside the vocabulary, and the place of the first
   */
  encode(text: string | Uint8Array, onUnknown: OnUnknown, source = "the text", encoding = UTF_8): Int32Array {
    const codes = this.#codesOf(text, source, encoding);
    const indices = new Int32Array(codes.length);
    const outside = new Map<number, number>();
    let length = 0;
    let beforeFirst = 0;
    for (const code of codes) {
      const index = this.indexOf(code) ?? this.unknown;
      if (index !== undefined) {
        indices[length++] = index;
      } else {
        if (outside.size === 0) beforeFirst = length;
        outside.set(code, (outside.get(code) ?? 0) + 1);
      }
    }
    if (outside.size > 0 && onUnknown === "error") {
      const place = placeOf(indices, 0, beforeFirst, this.indexOf(0x0a));
      throw outsideVocabulary(this.unit, outside, place, source, false, this.formOf(outside.keys()));
    }
    return indices.slice(0, length);
  }

  /**
   * How often each symbol outside the vocabulary occurs in a short text, by its code. The text is read as by `encode`.
   */
  outsideIn(text: string | Uint8Array, source = "the text", encoding = UTF_8): Map<number, number> {
    const counts = new Map<number, number>();
    for (const code of this.#codesOf(text, source, encoding)) {
      if (this.indexOf(code) === undefined) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    return counts;
  }

  #codesOf(text: string | Uint8Array, source: string, encoding: string): Uint32Array | Uint8Array {
    const parsed = parseEncoding(encoding, "the encoding");
    if (this.unit === "char") return inForm(codePointsOf(text, source, parsed), this.form);
    refuseForBytes(parsed);
    return bytesOf(text);
  }

  /** The text of a sequence of indices, as a `Decoder` writes it. */
  decode(indices: Iterable<number>): string {
    const decoder = new Decoder(this);
    let text = "";
    for (const index of indices) text += decoder.push(index);
    return text + decoder.end();
  }

  /** The index of the line feed, if the vocabulary has it. */
  get lineFeed(): number | undefined {
    return this.indexOf(0x0a);
  }

  /** How many characters these indices stand for (bytes, in a byte model). */
  characterLength(indices: Sequence): number {
    return indices.length;
  }

  /** How many bytes of UTF-8 these indices stand for. The unknown symbol has none, except in a byte model. */
  byteLength(indices: Sequence): number {
    if (this.unit === "byte") return indices.length;
    const lengths = this.symbols.map(utf8LengthOf);
    let bytes = 0;
    for (let i = 0; i < indices.length; i++) bytes += lengths[indices.at(i) ?? 0];
    return bytes;
  }

  /**
   * The bytes of a text, in pieces: its UTF-8 or, in a byte model, the bytes themselves. The original of the unknown
   * symbol is lost: it becomes U+FFFD or, in a byte model, the smallest byte outside the vocabulary.
   */
  *bytes(text: Symbols): Generator<Uint8Array> {
    const encoder = new TextEncoder();
    const indices = new Int32Array(Math.min(SYMBOLS_AT_ONCE, text.length));
    let unknownByte = 0;
    while (this.indexOf(unknownByte) !== undefined) unknownByte++;
    for (let start = 0; start < text.length; start += SYMBOLS_AT_ONCE) {
      const end = Math.min(start + SYMBOLS_AT_ONCE, text.length);
      text.copyTo(indices, 0, start, end);
      const symbols = Array.from(indices.subarray(0, end - start), (index) => this.symbols[index]);
      yield this.unit === "byte"
        ? Uint8Array.from(symbols, (symbol) => Number(symbol ?? unknownByte))
        : encoder.encode(symbols.map((symbol) => symbol ?? REPLACEMENT).join(""));
    }
  }
}

/** The bytes of a symbol in UTF-8; 0 for the unknown symbol. */
function utf8LengthOf(symbol: VocabularySymbol): number {
  return typeof symbol === "string" ? utf8Length(symbol.codePointAt(0) ?? 0) : 0;
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

/**
 * The code points of a short text. Bytes are read strictly in `encoding`, and `source` is the name of the bytes in
 * errors.
 * @throws CharrnnError if bytes are not in the encoding
 */
export function codePointsOf(text: string | Uint8Array, source: string, encoding: string): Uint32Array {
  if (typeof text === "string") {
    return Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
  }
  const codePoints = new Uint32Array(text.length + MOST_HELD_BACK);
  const decoder = openDecoder(encoding, source);
  const count = decoder.decode(text, codePoints);
  decoder.end();
  // Bytes come from a file, and its byte order mark is not part of the text.
  return codePoints.subarray(codePoints[0] === BYTE_ORDER_MARK ? 1 : 0, count);
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? new TextEncoder().encode(text) : text;
}

function invalid(reason: string): CharrnnError {
  return new CharrnnError(
    `the vocabulary is invalid: ${reason}; it must list each symbol once, in order of code points`,
  );
}
