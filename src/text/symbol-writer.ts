import type { SymbolArray, SymbolWidth } from "./symbols.ts";
import { defaultSegmentBytes, symbolArray, Symbols } from "./symbols.ts";

/**
 * Grows a `Symbols` piece by piece, without knowing beforehand how many symbols there will be or how wide. All
 * segments have the same number of bytes, so that widening and narrowing work in place: buffers that were
 * dropped are freed when the collector pleases, and a second copy of a large corpus would count in full.
 */
export class SymbolWriter {
  private readonly segmentBytes: number;
  private readonly buffers: SharedArrayBuffer[] = [];
  private segments: SymbolArray[] = [];
  private width: SymbolWidth;
  private written = 0;

  /** `segmentBytes` is a multiple of 4. */
  constructor(width: SymbolWidth, segmentBytes = defaultSegmentBytes) {
    this.width = width;
    this.segmentBytes = segmentBytes;
  }

  /** The symbols written so far. */
  get length(): number {
    return this.written;
  }

  /** Appends indices, each of which must fit the present width. */
  append(indices: Uint32Array): void {
    const segmentLength = this.segmentBytes / this.width;
    for (let start = 0; start < indices.length;) {
      const segment = this.segmentAt(Math.floor(this.written / segmentLength));
      const used = this.written % segmentLength;
      const count = Math.min(indices.length - start, segmentLength - used);
      for (let i = 0; i < count; i++) segment[used + i] = indices[start + i];
      this.written += count;
      start += count;
    }
  }

  /** Makes room for wider indices; a width that is not wider changes nothing. */
  widen(width: SymbolWidth): void {
    if (width <= this.width) return;
    const narrow = this.segments;
    const ratio = width / this.width;
    const length = this.segmentBytes / width;
    this.width = width;
    this.segments = [];
    // From the end, for the wide segment j overwrites the narrow one, which wide segments after j came from.
    for (let j = Math.ceil(this.written / length) - 1; j >= 0; j--) {
      const target = this.segmentAt(j);
      const source = narrow[Math.floor(j / ratio)];
      const base = (j % ratio) * length;
      for (let i = Math.min(length, this.written - j * length) - 1; i >= 0; i--) target[i] = source[base + i];
    }
  }

  /**
   * Replaces every index i by `numbers[i]` and narrows to `width`, which must hold all the new indices and be
   * no wider than the present one.
   */
  renumber(numbers: Uint32Array, width: SymbolWidth): void {
    const wide = this.segments;
    const ratio = this.width / width;
    const length = this.segmentBytes / this.width;
    this.width = width;
    this.segments = [];
    for (let j = 0; j < wide.length; j++) {
      const target = this.segmentAt(Math.floor(j / ratio));
      const source = wide[j];
      const base = (j % ratio) * length;
      const count = Math.min(length, this.written - j * length);
      for (let i = 0; i < count; i++) target[base + i] = numbers[source[i]];
    }
    this.buffers.length = this.segments.length;
  }

  /** What has been written so far, sharing the writer's memory. */
  symbols(): Symbols {
    return new Symbols(this.segments, this.width, this.segmentBytes / this.width, 0, this.written);
  }

  /** The segment j at the present width, made if it is not there yet. */
  private segmentAt(j: number): SymbolArray {
    while (this.buffers.length <= j) this.buffers.push(new SharedArrayBuffer(this.segmentBytes));
    this.segments[j] ??= symbolArray(this.buffers[j], this.width);
    return this.segments[j];
  }
}
