/** Milliseconds after which signals and the status line have their turn. */
const LONGEST_TURN = 50;

/** The turns that long work on the main thread and everything else there take. */
export class Turns {
  #last = performance.now();

  /** Whether the work has gone on for so long that the others are to have their turn. */
  get areDue(): boolean {
    return performance.now() - this.#last >= LONGEST_TURN;
  }

  /** Lets everything else that waits on the event loop have its turn. */
  async give(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#last = performance.now();
  }
}

/** Cuts [from, to) into blocks of `size`, between which others have their turn. Yields [start, end) pairs in order. */
export async function* blocks(
  from: number,
  to: number,
  size = 1 << 15,
): AsyncGenerator<readonly [start: number, end: number]> {
  const turns = new Turns();
  for (let start = from; start < to; start += size) {
    yield [start, Math.min(start + size, to)];
    if (turns.areDue) await turns.give();
  }
}
