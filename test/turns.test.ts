import { afterEach, describe, expect, it, vi } from "vitest";
import { Turns, blocks } from "../src/turns.ts";

afterEach(() => vi.useRealTimers());

it("turns are due after 50 ms, and anew once given, when all that waited has run", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const turns = new Turns();
  vi.advanceTimersByTime(49);
  expect(turns.areDue).toBe(false);
  vi.advanceTimersByTime(1);
  expect(turns.areDue).toBe(true);
  const waiting = vi.fn();
  setImmediate(waiting);
  await turns.give();
  expect(waiting).toHaveBeenCalledOnce();
  expect(turns.areDue).toBe(false);
});

async function collect(
  generator: AsyncIterable<readonly [number, number]>,
): Promise<(readonly [number, number])[]> {
  const pairs = [];
  for await (const pair of generator) pairs.push(pair);
  return pairs;
}

describe("blocks", () => {
  it("cover a range in order, the last one shorter", async () => {
    expect(await collect(blocks(2, 9, 3))).toEqual([
      [2, 5],
      [5, 8],
      [8, 9],
    ]);
  });

  it("are none of an empty range", async () => {
    expect(await collect(blocks(4, 4, 3))).toEqual([]);
  });

  it("let others have their turn once it is due", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    let turned = false;
    setImmediate(() => (turned = true));
    const seen = [];
    for await (const [start] of blocks(0, 3, 1)) {
      seen.push([start, turned]);
      if (start === 1) vi.advanceTimersByTime(50);
    }
    expect(seen).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ]);
  });
});
