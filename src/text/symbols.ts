/** An array in memory that threads share: one segment of a `Symbols`. */
export type SymbolArray =
  Uint8Array<SharedArrayBuffer> | Uint16Array<SharedArrayBuffer> | Uint32Array<SharedArrayBuffer>;

/** How many bytes one symbol index takes. */
export type SymbolWidth = 1 | 2 | 4;

/** The bytes of a segment. A growing text adds one segment at a time. A buffer may have at most 4 GiB. */
export const DEFAULT_SEGMENT_BYTES = 2 ** 24;

/** The smallest width that holds the indices of a vocabulary of `size` symbols. */
export function symbolWidth(size: number): SymbolWidth {
  if (size <= 2 ** 8) return 1;
  return size <= 2 ** 16 ? 2 : 4;
}

/** Views a whole buffer as symbols of `width` bytes. */
export function symbolArray(buffer: SharedArrayBuffer, width: SymbolWidth): SymbolArray {
  if (width === 1) return new Uint8Array(buffer);
  return width === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

/**
 * A long read-only sequence of symbol indices in shared memory. The memory has segments of `segmentLength` symbols. The
 * sequence begins after the first `offset` symbols and has `length` symbols. A position outside [0, length) is a
 * RangeError, so that no split can read the text of the next split.
 */
export class Symbols {
  readonly length: number;
  readonly bytesPerSymbol: SymbolWidth;
  readonly #segments: readonly SymbolArray[];
  readonly #segmentLength: number;
  readonly #offset: number;

  constructor(
    segments: readonly SymbolArray[],
    width: SymbolWidth,
    segmentLength: number,
    offset: number,
    length: number,
  ) {
    this.#segments = segments;
    this.bytesPerSymbol = width;
    this.#segmentLength = segmentLength;
    this.#offset = offset;
    this.length = length;
  }

  /** A copy of `indices` in the smallest type that holds the vocabulary. Each index is below `vocabularySize`. */
  static from(indices: ArrayLike<number>, vocabularySize: number): Symbols {
    const width = symbolWidth(vocabularySize);
    const segment = symbolArray(new SharedArrayBuffer(width * indices.length), width);
    segment.set(indices);
    return new Symbols([segment], width, Math.max(1, indices.length), 0, indices.length);
  }

  /**
   * The symbol index at a position.
   * @throws RangeError if the position is outside [0, length)
   */
  at(index: number): number {
    if (!(index >= 0 && index < this.length)) throw new RangeError(`no symbol at position ${index}`);
    const position = this.#offset + index;
    const segment = Math.floor(position / this.#segmentLength);
    return this.#segments[segment][position - segment * this.#segmentLength];
  }

  /**
   * Copies the symbols [start, end) to `target`, from `targetOffset` on.
   * @throws RangeError if the range is not within [0, length]
   */
  copyTo(target: Int32Array, targetOffset: number, start: number, end: number): void {
    this.#checkRange(start, end);
    let segment = Math.floor((this.#offset + start) / this.#segmentLength);
    let from = this.#offset + start - segment * this.#segmentLength;
    let to = targetOffset;
    for (let left = end - start; left > 0; segment++) {
      const source = this.#segments[segment];
      const count = Math.min(left, this.#segmentLength - from);
      // A loop is faster here than set(subarray): a stream copies about 50 symbols at a time, and making a view takes
      // longer.
      for (let i = 0; i < count; i++) target[to + i] = source[from + i];
      to += count;
      left -= count;
      from = 0;
    }
  }

  /**
   * The symbols [start, end). The result shares the memory of this sequence.
   * @throws RangeError if the range is not within [0, length]
   */
  subsequence(start: number, end: number): Symbols {
    this.#checkRange(start, end);
    return new Symbols(
      this.#segments,
      this.bytesPerSymbol,
      this.#segmentLength,
      this.#offset + start,
      end - start,
    );
  }

  #checkRange(start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= this.length)) {
      throw new RangeError(`no symbols [${start}, ${end}) in a sequence of ${this.length}`);
    }
  }
}
