import { describe, expect, it } from "vitest";
import { blocks } from "../../../src/evaluation/baselines/blocks.ts";

async function collect(
  generator: AsyncIterable<readonly [number, number]>,
): Promise<(readonly [number, number])[]> {
  const pairs = [];
  for await (const pair of generator) pairs.push(pair);
  return pairs;
}

describe("blocks", () => {
  it("covers a range in order, the last block shorter", async () => {
    expect(await collect(blocks(2, 9, 3))).toEqual([
      [2, 5],
      [5, 8],
      [8, 9],
    ]);
  });

  it("yields nothing for an empty range", async () => {
    expect(await collect(blocks(4, 4, 3))).toEqual([]);
  });

  it("lets the event loop turn between blocks", async () => {
    let turned = false;
    setImmediate(() => (turned = true));
    const seen = [];
    for await (const [start] of blocks(0, 2, 1)) seen.push([start, turned]);
    expect(seen).toEqual([
      [0, false],
      [1, true],
    ]);
  });
});
