/** Where symbols were left out of a text as it was read: two numbers for each stretch of them. */
export class Skipped {
  count = 0;
  /** For each stretch, the symbols kept before it, and those left out up to its end. */
  private readonly keptBefore: number[] = [];
  private readonly counts: number[] = [];

  /** Notes a symbol left out after so many that were kept. */
  add(kept: number): void {
    if (this.keptBefore.at(-1) !== kept) this.keptBefore.push(kept);
    this.counts[this.keptBefore.length - 1] = ++this.count;
  }

  /** The offset that the kept symbol at a position has in the text as it was given. */
  offsetOf(position: number): number {
    let [low, high] = [0, this.counts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.keptBefore[middle] <= position) low = middle + 1;
      else high = middle;
    }
    return position + (low === 0 ? 0 : this.counts[low - 1]);
  }
}
