import { CharrnnError } from "../errors.ts";
import { likelyEncoding, type Surroundings } from "./likely-encoding.ts";

/** How many bytes a code point takes in UTF-8. */
export function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** This many bytes of earlier pieces are kept, to guess the encoding of a text that is not UTF-8. */
const LOOK_BEHIND = 4096;

/**
 * Decodes UTF-8 that comes in pieces; a piece may end inside a character. The decoder is strict: overlong forms,
 * surrogates, code points above U+10FFFF, stray bytes and missing bytes are errors. The decoder is the state machine of
 * the WHATWG Encoding Standard. The result is code points, not a string, because a string cannot hold a gigabyte.
 */
export class Utf8Decoder {
  readonly #source: string;
  readonly #mayBeBytes: boolean;
  /** The bytes of all earlier pieces. */
  #consumed = 0;
  /** The offset and the first byte of the sequence (the bytes of one character) that is being read. */
  #sequenceStart = 0;
  #lead = 0;
  #codePoint = 0;
  #missing = 0;
  /**
   * Bounds of the next continuation byte. The bounds exclude overlong forms, surrogates and code points above U+10FFFF.
   */
  #lower = 0x80;
  #upper = 0xbf;

  /** The last bytes of earlier pieces, for guessing the encoding. */
  #before = new Uint8Array(0);

  /**
   * `source` names the bytes in errors (a file, for example). `mayBeBytes`: whether error messages offer another
   * encoding or raw bytes; otherwise the messages ask for UTF-8.
   */
  constructor(source: string, { mayBeBytes = true } = {}) {
    this.#source = source;
    this.#mayBeBytes = mayBeBytes;
  }

  /** The bytes that the text so far has. */
  get utf8Bytes(): number {
    return this.#consumed;
  }

  /**
   * Decodes the characters that end in `bytes`, writes their code points to `codePoints`, and returns their number.
   * `codePoints` must be at least as long as `bytes`.
   * @throws CharrnnError if the bytes are not UTF-8; the message names the byte offset of the faulty sequence
   */
  decode(bytes: Uint8Array, codePoints: Uint32Array): number {
    let count = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.#missing === 0) {
        if (byte < 0x80) codePoints[count++] = byte;
        else this.#begin(byte, this.#consumed + i, bytes);
        continue;
      }
      if (byte < this.#lower || byte > this.#upper) throw this.#invalid(bytes);
      this.#lower = 0x80;
      this.#upper = 0xbf;
      this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
      if (--this.#missing === 0) codePoints[count++] = this.#codePoint;
    }
    this.#consumed += bytes.length;
    this.#before = bytes.slice(-LOOK_BEHIND);
    return count;
  }

  /**
   * Ends the text.
   * @throws CharrnnError if the last character is incomplete
   */
  end(): void {
    if (this.#missing > 0) throw this.#invalid(new Uint8Array(0), ", the text ends within a character");
  }

  #begin(byte: number, offset: number, piece: Uint8Array): void {
    this.#sequenceStart = offset;
    this.#lead = byte;
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#missing = 1;
      this.#codePoint = byte & 0x1f;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      this.#missing = 2;
      this.#codePoint = byte & 0x0f;
      if (byte === 0xe0) this.#lower = 0xa0;
      if (byte === 0xed) this.#upper = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.#missing = 3;
      this.#codePoint = byte & 0x07;
      if (byte === 0xf0) this.#lower = 0x90;
      if (byte === 0xf4) this.#upper = 0x8f;
    } else {
      throw this.#invalid(piece);
    }
  }

  /** The error for the sequence that is being read. `piece` has the bytes after `#consumed`. */
  #invalid(piece: Uint8Array, detail = ""): CharrnnError {
    const byte = `0x${this.#lead.toString(16).padStart(2, "0")}`;
    const place = `${this.#source} is not UTF-8 at byte offset ${this.#sequenceStart} (${byte}${detail})`;
    return new CharrnnError(`${place}; ${this.#mayBeBytes ? this.#remedy(piece) : this.#conversion()}`);
  }

  #remedy(piece: Uint8Array): string {
    const likely = likelyEncoding(this.#surroundings(piece));
    const reading =
      likely === undefined
        ? "convert it to UTF-8, name its encoding (--encoding)"
        : `it is probably ${likely}: give --encoding ${likely}`;
    return `${reading}, or model raw bytes (train --unit byte)`;
  }

  #conversion(): string {
    // A byte order mark of UTF-16 begins with 0xff or 0xfe, depending on the byte order.
    const isUtf16 = this.#sequenceStart === 0 && (this.#lead === 0xff || this.#lead === 0xfe);
    return isUtf16 ? "if it is UTF-16, convert it (iconv -f UTF-16 -t UTF-8)" : "convert it to UTF-8";
  }

  #surroundings(piece: Uint8Array): Surroundings {
    const bytes = new Uint8Array(this.#before.length + piece.length);
    bytes.set(this.#before);
    bytes.set(piece, this.#before.length);
    const offset = this.#consumed - this.#before.length;
    return { bytes, offset, invalid: this.#sequenceStart - offset };
  }
}
