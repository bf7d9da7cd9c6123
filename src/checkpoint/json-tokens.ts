import { CharrnnError } from "../errors.ts";
import { type ByteWindow } from "./byte-window.ts";
import { STRING_LIMIT } from "./format.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER_LIMIT = 64;
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * Reads the tokens of a JSON text one by one, from a window over its bytes (UTF-8). If the next token is not of the
 * kind that a method reads, the method throws a CharrnnError with the offset.
 */
export class JsonTokens {
  readonly #window: ByteWindow;
  // ignoreBOM keeps U+FEFF at the start of a string, where it is an ordinary character.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(window: ByteWindow) {
    this.#window = window;
  }

  /**
   * The first character of the next token, or "" at the end of the text. The character is not consumed.
   * @throws CharrnnError if the file has become shorter
   */
  peek(): string {
    const window = this.#window;
    do {
      for (; window.position < window.end; window.position++) {
        const byte = window.bytes[window.position];
        if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
          return String.fromCharCode(byte);
      }
    } while (window.fill());
    return "";
  }

  /**
   * Consumes one character of punctuation.
   * @throws CharrnnError if another character comes next
   */
  expect(character: string): void {
    if (this.peek() !== character) this.fail(`${character} is expected`);
    this.#window.position++;
  }

  /** Consumes the character if it comes next. Returns whether it did. */
  accept(character: string): boolean {
    if (this.peek() !== character) return false;
    this.#window.position++;
    return true;
  }

  /**
   * Reads a string.
   * @throws CharrnnError if the next token is not a valid string, or has more than STRING_LIMIT bytes
   */
  string(): string {
    this.expect('"');
    const window = this.#window;
    let length = 0;
    for (;;) {
      if (length > STRING_LIMIT) this.fail(`a string is longer than ${STRING_LIMIT} bytes`);
      if (window.position + length < window.end) {
        const byte = window.bytes[window.position + length];
        if (byte === QUOTE) break;
        length += byte === BACKSLASH ? 2 : 1;
      } else if (!window.fill()) {
        this.fail("the text ends inside a string");
      }
    }
    const written = window.bytes.subarray(window.position, window.position + length);
    try {
      const text = JSON.parse(`"${this.#decoder.decode(written)}"`) as string;
      window.position += length + 1;
      return text;
    } catch {
      return this.fail("a string is not valid");
    }
  }

  /**
   * Reads a number, a boolean or null.
   * @throws CharrnnError if the next token is of another kind, or a number is out of range
   */
  scalar(): number | boolean | null {
    const word = this.#word();
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    if (word.length > NUMBER_LIMIT || !jsonNumber.test(word)) this.fail("a value is expected");
    const number = Number(word);
    if (!Number.isFinite(number)) this.fail("a number is out of range");
    return number;
  }

  #word(): string {
    this.peek();
    const window = this.#window;
    let length = 0;
    while (length <= NUMBER_LIMIT) {
      if (window.position + length >= window.end && !window.fill()) break;
      if (!/[-+.\w]/.test(String.fromCharCode(window.bytes[window.position + length]))) break;
      length++;
    }
    const word = window.bytes.toString("latin1", window.position, window.position + length);
    window.position += length;
    return word;
  }

  /**
   * Decodes a string of base64 into `target` from `offset` on, piece by piece. Returns the offset after the last byte.
   * The string must have no escapes, and padding only at its end.
   * @throws CharrnnError if the string is not base64, or `target` is too small for the data
   */
  base64(target: Buffer, offset: number): number {
    this.expect('"');
    const window = this.#window;
    for (;;) {
      const length = window.bytes.subarray(window.position, window.end).indexOf(QUOTE);
      const closed = length >= 0;
      // The last four characters are decoded when the closing quote has come, because they may have padding.
      const whole = closed ? length : Math.max(0, Math.floor((window.end - window.position) / 4 - 1) * 4);
      const text = window.bytes.toString("latin1", window.position, window.position + whole);
      const padding = closed ? (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0) : 0;
      const count = (whole / 4) * 3 - padding;
      if (offset + count > target.length) this.fail("there is more data than the shape needs");
      // Node skips characters that are not base64, so too few decoded bytes reveal such characters.
      if (count > 0 && target.write(text, offset, "base64") !== count) this.fail("the data is not base64");
      offset += count;
      window.position += whole;
      if (closed) {
        window.position++;
        return offset;
      }
      if (!window.fill()) this.fail("the text ends inside a string");
    }
  }

  /** @throws CharrnnError with the problem and its offset */
  fail(problem: string): never {
    throw new CharrnnError(`${problem} at byte ${this.#window.offset}`);
  }
}
