/** The positions at which symbols were left out of a text. Neighbouring symbols form a run, stored as two numbers. */
export class Skipped {
  count = 0;
  /** For each run: how many symbols were kept before the run, and how many were left out up to the end of the run. */
  readonly #keptBefore: number[] = [];
  readonly #counts: number[] = [];

  /** Records that one more symbol was left out, after `kept` symbols that were kept. */
  add(kept: number): void {
    if (this.#keptBefore.at(-1) !== kept) this.#keptBefore.push(kept);
    this.#counts[this.#keptBefore.length - 1] = ++this.count;
  }

  /** How many symbols were kept before the first symbol that was left out. */
  get first(): number {
    return this.#keptBefore[0];
  }

  /** How many symbols were left out between the kept symbols at `start` and `end`; from the beginning if `start` is 0. */
  between(start: number, end: number): number {
    const before = (position: number) => this.offsetOf(position) - position;
    return before(end) - (start === 0 ? 0 : before(start));
  }

  /** The offset in the original text of the kept symbol at a position. */
  offsetOf(position: number): number {
    let [low, high] = [0, this.#counts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keptBefore[middle] <= position) low = middle + 1;
      else high = middle;
    }
    return position + (low === 0 ? 0 : this.#counts[low - 1]);
  }
}
