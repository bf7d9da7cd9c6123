import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { CharrnnError } from "../errors.ts";

/**
 * A window that slides over the first `length` bytes of an open file and takes their sha256 on the way. What is
 * unread lies in `bytes` from `position` to `end`; the reader moves `position` on and calls `fill` for more.
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

  /** `kept` is the most that stays unread over a `fill`, `chunk` the most that one `fill` reads, both in bytes. */
  constructor(file: number, length: number, kept: number, chunk: number) {
    this.#file = file;
    this.#length = length;
    this.#chunk = chunk;
    this.bytes = Buffer.allocUnsafe(kept + chunk);
  }

  /** The offset in the file of what is read next. */
  get offset(): number {
    return this.#taken - (this.end - this.position);
  }

  /** How many bytes of the file lie ahead, in the window and beyond it. */
  get ahead(): number {
    return this.#length - this.offset;
  }

  /** Moves the unread bytes to the front, `position` to 0, and reads more behind them; false at the end. */
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

  /** The sha256, in hexadecimal, of all the bytes, the ones not read yet included; the window is used up by it. */
  digest(): string {
    do this.position = this.end;
    while (this.fill());
    return this.#hash.digest("hex");
  }
}
