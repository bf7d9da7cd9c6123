import { paddedLength, paddedLengths } from "../examples/batches.ts";

/**
 * The lengths of the chunks in which examples of unequal length are read: T steps, and fewer at the end of an example.
 * The program of a network is written once for each length. So the last chunk of each example is padded to one of a few
 * lengths. Padding never adds a chunk.
 */
export class ChunkLengths {
  readonly #most: number;
  /** The lengths of last chunks. */
  readonly #last: readonly number[];
  /** All lengths, in ascending order. */
  readonly all: readonly number[];

  /** `lengths`: the number of steps of each example, at least 1. `most` is T. */
  constructor(lengths: ArrayLike<number>, most: number) {
    this.#most = most;
    const counts = new Uint32Array(most + 1);
    let longest = 0;
    for (let example = 0; example < lengths.length; example++) {
      counts[lengths[example] - this.#before(lengths[example])] += 1;
      longest = Math.max(longest, lengths[example]);
    }
    this.#last = paddedLengths(counts);
    const isFull = longest <= most || this.#last[this.#last.length - 1] === most;
    this.all = isFull ? this.#last : [...this.#last, most];
  }

  /** The number of steps that an example is padded to. */
  padded(length: number): number {
    const before = this.#before(length);
    return before + paddedLength(length - before, this.#last);
  }

  /** The steps of an example before its last chunk. */
  #before(length: number): number {
    return (Math.ceil(length / this.#most) - 1) * this.#most;
  }
}
