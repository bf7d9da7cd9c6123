import { CharrnnError } from "../errors.ts";

/** The bytes of a code point in UTF-8. */
export function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/**
 * Decodes UTF-8 that arrives in pieces, cut anywhere, strictly: overlong forms, surrogates, code points above
 * U+10FFFF, stray and missing bytes are each a CharrnnError that names `source` (a file, or what else the
 * bytes are), the offset in bytes of the faulty sequence, and `--unit byte`. It is the state machine of the
 * WHATWG Encoding Standard's UTF-8 decoder; straight to code points, for a string of a gigabyte cannot be.
 */
export class Utf8Decoder {
  private readonly source: string;
  /** Bytes of earlier pieces. */
  private consumed = 0;
  /** The offset at which the sequence under way began, and its first byte. */
  private sequenceStart = 0;
  private lead = 0;
  private codePoint = 0;
  private missing = 0;
  /** The bounds of the next continuation byte, which exclude overlong forms, surrogates and the too large. */
  private lower = 0x80;
  private upper = 0xbf;

  constructor(source: string) {
    this.source = source;
  }

  /**
   * Writes the code points that end in `bytes` to `codePoints`, which needs room for as many as there are
   * bytes, and returns how many.
   */
  decode(bytes: Uint8Array, codePoints: Uint32Array): number {
    let count = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.missing === 0) {
        if (byte < 0x80) codePoints[count++] = byte;
        else this.begin(byte, this.consumed + i);
        continue;
      }
      if (byte < this.lower || byte > this.upper) throw this.invalid();
      this.lower = 0x80;
      this.upper = 0xbf;
      this.codePoint = (this.codePoint << 6) | (byte & 0x3f);
      if (--this.missing === 0) codePoints[count++] = this.codePoint;
    }
    this.consumed += bytes.length;
    return count;
  }

  /** Says that no bytes follow; throws if the last character is not whole. */
  end(): void {
    if (this.missing > 0) throw this.invalid(", the text ends within a character");
  }

  private begin(byte: number, offset: number): void {
    this.sequenceStart = offset;
    this.lead = byte;
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.missing = 1;
      this.codePoint = byte & 0x1f;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      this.missing = 2;
      this.codePoint = byte & 0x0f;
      if (byte === 0xe0) this.lower = 0xa0;
      if (byte === 0xed) this.upper = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.missing = 3;
      this.codePoint = byte & 0x07;
      if (byte === 0xf0) this.lower = 0x90;
      if (byte === 0xf4) this.upper = 0x8f;
    } else {
      throw this.invalid();
    }
  }

  private invalid(detail = ""): CharrnnError {
    const byte = `0x${this.lead.toString(16).padStart(2, "0")}`;
    // The two orders of UTF-16's byte order mark.
    const isUtf16 = this.sequenceStart === 0 && (this.lead === 0xff || this.lead === 0xfe);
    const conversion = isUtf16
      ? "if it is UTF-16, convert it (iconv -f UTF-16 -t UTF-8)"
      : "convert it to UTF-8";
    return new CharrnnError(
      `${this.source} is not UTF-8 at byte offset ${this.sequenceStart} (${byte}${detail}); ${conversion}, ` +
        "or model raw bytes (train --unit byte)",
    );
  }
}
