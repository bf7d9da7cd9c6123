/** Milliseconds for which long work may block the event loop, and with it signals and the status line. */
const LONGEST_TURN = 50;

/** Tells long work on the main thread when to pause, and pauses it, so that the event loop can run. */
export class Turns {
  #last = performance.now();

  /** Whether the work has blocked the event loop for so long that it should pause. */
  get areDue(): boolean {
    return performance.now() - this.#last >= LONGEST_TURN;
  }

  /** Pauses the work until the event loop has run what is waiting there. */
  async give(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#last = performance.now();
  }
}

/** Cuts [from, to) into blocks of `size` and yields them as [start, end). The event loop can run between blocks. */
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
