import { CharrnnError } from "../errors.ts";

/** An incomplete character has at most this many bytes, in every encoding of TextDecoder. */
export const MOST_HELD_BACK = 3;

/** A code point above this one takes two units of a string. */
const LAST_OF_ONE_UNIT = 0xffff;

/** UTF-16 text in the other byte order begins with this noncharacter, which is the byte order mark reversed. */
const REVERSED_BYTE_ORDER_MARK = 0xfffe;

/**
 * The text of bytes in an encoding of TextDecoder, with its byte order mark; undefined if some bytes are invalid or the
 * last character is incomplete.
 */
export function decodeStrictly(bytes: Uint8Array, encoding: string): string | undefined {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  try {
    // Without `stream`, Node 20 reads windows-1252 as ISO 8859-1.
    return decoder.decode(bytes, { stream: true }) + decoder.decode();
  } catch {
    return undefined;
  }
}

/**
 * The longest part of `bytes`, from their start, that ends with a whole character, and the text of this part. The part
 * leaves out at most three bytes. Undefined if there is no such part, because some bytes are invalid.
 */
export function decodeStart(
  bytes: Uint8Array,
  encoding: string,
): { readonly text: string; readonly length: number } | undefined {
  for (let length = bytes.length; length >= Math.max(0, bytes.length - MOST_HELD_BACK); length--) {
    const text = decodeStrictly(bytes.subarray(0, length), encoding);
    if (text !== undefined) return { text, length };
  }
  return undefined;
}

/**
 * Strictly decodes text in an encoding of TextDecoder that comes in pieces, cut anywhere. A piece is decoded up to the
 * end of its last complete character, so that each piece starts with a character and the place of an error is known.
 */
export class EncodedTextDecoder {
  readonly #encoding: string;
  readonly #source: string;
  readonly #encoder = new TextEncoder();
  /** The start of a character whose other bytes come with the next piece. */
  #heldBack = new Uint8Array(0);
  /** The bytes of all characters so far. */
  #consumed = 0;
  /** The bytes that the text so far has in UTF-8. */
  utf8Bytes = 0;

  /** `encoding` is a name of TextDecoder. `source` names the bytes in errors (a file, for example). */
  constructor(encoding: string, source: string) {
    this.#encoding = encoding;
    this.#source = source;
  }

  /**
   * Writes the code points that end in `bytes` to `codePoints` and returns their number. `codePoints` needs one place
   * for each byte and `MOST_HELD_BACK` more.
   * @throws CharrnnError if the bytes are invalid; the error names the byte offset
   */
  decode(bytes: Uint8Array, codePoints: Uint32Array): number {
    const whole = this.#heldBack.length === 0 ? bytes : joined(this.#heldBack, bytes);
    const start = decodeStart(whole, this.#encoding);
    if (start === undefined) throw this.#invalid(whole);
    let count = 0;
    // Three times as fast as an iterator of characters.
    for (let i = 0; i < start.text.length; i++) {
      const codePoint = start.text.codePointAt(i) ?? 0;
      if (codePoint > LAST_OF_ONE_UNIT) i++;
      codePoints[count++] = codePoint;
    }
    this.utf8Bytes += this.#encoder.encode(start.text).length;
    if (this.#consumed === 0 && count > 0) this.#refuseReversed(codePoints[0]);
    this.#consumed += start.length;
    this.#heldBack = whole.slice(start.length);
    return count;
  }

  /**
   * Ends the text.
   * @throws CharrnnError if the last character is incomplete or invalid
   */
  end(): void {
    if (this.#heldBack.length > 0) throw this.#invalid(this.#heldBack);
  }

  #refuseReversed(first: number): void {
    if (first !== REVERSED_BYTE_ORDER_MARK || !this.#encoding.startsWith("utf-16")) return;
    const other = this.#encoding === "utf-16le" ? "utf-16be" : "utf-16le";
    throw new CharrnnError(
      `${this.#source} begins with the byte order mark of ${other}: give --encoding ${other}`,
    );
  }

  #invalid(bytes: Uint8Array): CharrnnError {
    const offset = this.#consumed + validLength(bytes, this.#encoding);
    return new CharrnnError(
      `${this.#source} is not ${this.#encoding} at byte offset ${offset}: give the --encoding that it has, or convert ` +
        "it to UTF-8",
    );
  }
}

/** How many bytes come before the first character that is invalid or incomplete. */
function validLength(bytes: Uint8Array, encoding: string): number {
  // Up to the length of the valid part (and three more bytes of an incomplete character) every start of the bytes
  // decodes. No longer start does, so the length is found by bisection.
  const decodes = (length: number) => decodeStart(bytes.subarray(0, length), encoding) !== undefined;
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (decodes(middle)) low = middle;
    else high = middle - 1;
  }
  return decodeStart(bytes.subarray(0, low), encoding)?.length ?? 0;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
