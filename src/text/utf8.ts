import { CharrnnError } from "../errors.ts";

/** How many bytes a code point takes in UTF-8. */
export function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/**
 * Decodes UTF-8 that comes in pieces; a piece may end inside a character. The decoder is strict: overlong forms,
 * surrogates, code points above U+10FFFF, stray bytes and missing bytes are errors. It is the state machine of the
 * WHATWG Encoding Standard. The result is code points, not a string, because a string cannot hold a gigabyte.
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
  /** Bounds of the next continuation byte. They exclude overlong forms, surrogates and code points above U+10FFFF. */
  #lower = 0x80;
  #upper = 0xbf;

  /**
   * `source` names the bytes in errors (a file, for example). `mayBeBytes`: whether errors offer to model raw bytes
   * instead.
   */
  constructor(source: string, { mayBeBytes = true } = {}) {
    this.#source = source;
    this.#mayBeBytes = mayBeBytes;
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
        else this.#begin(byte, this.#consumed + i);
        continue;
      }
      if (byte < this.#lower || byte > this.#upper) throw this.#invalid();
      this.#lower = 0x80;
      this.#upper = 0xbf;
      this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
      if (--this.#missing === 0) codePoints[count++] = this.#codePoint;
    }
    this.#consumed += bytes.length;
    return count;
  }

  /**
   * Ends the text.
   * @throws CharrnnError if the last character is incomplete
   */
  end(): void {
    if (this.#missing > 0) throw this.#invalid(", the text ends within a character");
  }

  #begin(byte: number, offset: number): void {
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
      throw this.#invalid();
    }
  }

  #invalid(detail = ""): CharrnnError {
    const byte = `0x${this.#lead.toString(16).padStart(2, "0")}`;
    // A byte order mark of UTF-16 begins with 0xff or 0xfe, depending on the byte order.
    const isUtf16 = this.#sequenceStart === 0 && (this.#lead === 0xff || this.#lead === 0xfe);
    const conversion = isUtf16
      ? "if the text is UTF-16, convert it (iconv -f UTF-16 -t UTF-8)"
      : "convert the text to UTF-8";
    return new CharrnnError(
      `${this.#source} is not UTF-8 at byte offset ${this.#sequenceStart} (${byte}${detail}); ${conversion}` +
        (this.#mayBeBytes ? ", or model raw bytes (train --unit byte)" : ""),
    );
  }
}
