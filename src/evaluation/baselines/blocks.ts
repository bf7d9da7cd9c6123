import { setImmediate } from "node:timers/promises";

/**
 * Cuts [from, to) into blocks of `size` and gives the event loop a turn after each, so that a signal or a
 * progress bar never waits for a computation over a whole corpus. Yields [start, end) pairs in order.
 */
export async function* blocks(
  from: number,
  to: number,
  size = 1 << 15,
): AsyncGenerator<readonly [start: number, end: number]> {
  for (let start = from; start < to; start += size) {
    yield [start, Math.min(start + size, to)];
    await setImmediate();
  }
}
