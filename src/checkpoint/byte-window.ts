import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { CharrnnError } from "../errors.ts";

/**
 * A window that slides over the first `length` bytes of an open file and computes the sha256 of these bytes. The unread
 * bytes are in `bytes` from `position` to `end`. The reader advances `position` and calls `fill` for more.
 */
export class ByteWindow {
  readonly bytes: Buffer;
  position = 0;
  end = 0;
  readonly #file: number;
  readonly #chunk: number;
  readonly #length: number;
  readonly #hash = createHash("sha256");
  #taken = 0;

  /** At most `kept` bytes may be unread when `fill` is called. One `fill` reads at most `chunk` bytes. */
  constructor(file: number, length: number, kept: number, chunk: number) {
    this.#file = file;
    this.#length = length;
    this.#chunk = chunk;
    this.bytes = Buffer.allocUnsafe(kept + chunk);
  }

  /** The offset in the file of the next unread byte. */
  get offset(): number {
    return this.#taken - (this.end - this.position);
  }

  /** How many bytes of the file are unread, inside the window and after it. */
  get ahead(): number {
    return this.#length - this.offset;
  }

  /**
   * Moves the unread bytes to the front (`position` becomes 0) and reads more bytes behind the unread ones. Returns
   * false if there are no more bytes.
   * @throws CharrnnError if the file has become shorter
   */
  fill(): boolean {
    this.bytes.copyWithin(0, this.position, this.end);
    this.end -= this.position;
    this.position = 0;
    const wanted = Math.min(this.#chunk, this.#length - this.#taken, this.bytes.length - this.end);
    if (wanted === 0) return false;
    const count = readSync(this.#file, this.bytes, this.end, wanted, this.#taken);
    if (count === 0) throw new CharrnnError("it became shorter while it was read");
    this.#hash.update(this.bytes.subarray(this.end, this.end + count));
    this.end += count;
    this.#taken += count;
    return true;
  }

  /**
   * The sha256 of all bytes in hexadecimal. Skips the bytes that are still unread, so nothing can be read afterwards.
   * @throws CharrnnError if the file has become shorter
   */
  digest(): string {
    do this.position = this.end;
    while (this.fill());
    return this.#hash.digest("hex");
  }
}
