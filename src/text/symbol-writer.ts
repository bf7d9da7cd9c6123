import {
  DEFAULT_SEGMENT_BYTES,
  symbolArray,
  Symbols,
  type SymbolArray,
  type SymbolWidth,
} from "./symbols.ts";

/**
 * Builds a `Symbols` piece by piece. The number of symbols and their width need not be known in advance. All segments
 * have the same number of bytes, so that the width can be changed in place. Copying the symbols to new segments would
 * need twice the memory, because the garbage collector may free the old segments late.
 */
export class SymbolWriter {
  readonly #segmentBytes: number;
  readonly #buffers: SharedArrayBuffer[] = [];
  #segments: SymbolArray[] = [];
  #width: SymbolWidth;
  #written = 0;

  /** `segmentBytes` is a multiple of 4. */
  constructor(width: SymbolWidth, segmentBytes = DEFAULT_SEGMENT_BYTES) {
    this.#width = width;
    this.#segmentBytes = segmentBytes;
  }

  /** The symbols written so far. */
  get length(): number {
    return this.#written;
  }

  /** Appends indices. Each index must fit the present width. */
  append(indices: Uint32Array): void {
    const segmentLength = this.#segmentBytes / this.#width;
    for (let start = 0; start < indices.length;) {
      const segment = this.#segmentAt(Math.floor(this.#written / segmentLength));
      const used = this.#written % segmentLength;
      const count = Math.min(indices.length - start, segmentLength - used);
      for (let i = 0; i < count; i++) segment[used + i] = indices[start + i];
      this.#written += count;
      start += count;
    }
  }

  /** Converts the symbols to a larger width. Does nothing if `width` is not larger. */
  widen(width: SymbolWidth): void {
    if (width <= this.#width) return;
    const narrow = this.#segments;
    const ratio = width / this.#width;
    const length = this.#segmentBytes / width;
    this.#width = width;
    this.#segments = [];
    // Goes from the last wide segment to the first. Wide segment j overwrites the buffer of narrow segment j. The
    // symbols in that buffer belong to wide segments after j, which are written already (or to segment 0 itself).
    for (let j = Math.ceil(this.#written / length) - 1; j >= 0; j--) {
      const target = this.#segmentAt(j);
      const source = narrow[Math.floor(j / ratio)];
      const base = (j % ratio) * length;
      for (let i = Math.min(length, this.#written - j * length) - 1; i >= 0; i--)
        target[i] = source[base + i];
    }
  }

  /**
   * Replaces every index i by `numbers[i]` and narrows to `width`. The width must hold all new indices and must not
   * exceed the present width.
   */
  renumber(numbers: Uint32Array, width: SymbolWidth): void {
    const wide = this.#segments;
    const ratio = this.#width / width;
    const length = this.#segmentBytes / this.#width;
    this.#width = width;
    this.#segments = [];
    for (let j = 0; j < wide.length; j++) {
      const target = this.#segmentAt(Math.floor(j / ratio));
      const source = wide[j];
      const base = (j % ratio) * length;
      const count = Math.min(length, this.#written - j * length);
      for (let i = 0; i < count; i++) target[base + i] = numbers[source[i]];
    }
    this.#buffers.length = this.#segments.length;
  }

  /** The symbols written so far. The result shares the writer's memory. */
  symbols(): Symbols {
    return new Symbols(this.#segments, this.#width, this.#segmentBytes / this.#width, 0, this.#written);
  }

  /** Segment j at the present width. Allocates the segment if it does not exist. */
  #segmentAt(j: number): SymbolArray {
    while (this.#buffers.length <= j) this.#buffers.push(new SharedArrayBuffer(this.#segmentBytes));
    this.#segments[j] ??= symbolArray(this.#buffers[j], this.#width);
    return this.#segments[j];
  }
}
