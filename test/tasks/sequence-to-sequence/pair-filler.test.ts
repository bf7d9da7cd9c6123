import { expect, it } from "vitest";
import { PairFiller } from "../../../src/tasks/sequence-to-sequence/pair-filler.ts";
import { pairsOf } from "./fixture.ts";

it("a batch of pairs is time-major, padded at the ends, and the decoder reads each output one step late", () => {
  const END = 9;
  const pairs = pairsOf([[1, 2, 3], [4]], [[5], [6, 7]]);
  const names = ["inputs", "previous", "targets", "reversal", "last", "ends", "lengths"];
  const longest = { encoder: 3, decoder: 3 };
  const filler = new PairFiller(pairs, END, { batchSize: 3, longest, names });
  // Rows: example 1, example 0, and no example. Targets: 6 7 end, and 5 end.
  expect(filler.fill(Int32Array.of(1, 0))).toBe(5);
  const values = Object.fromEntries(Object.entries(filler.values).map(([name, own]) => [name, [...own]]));
  expect(values).toEqual({
    inputs: [4, 1, 0, 0, 2, 0, 0, 3, 0],
    // Row 1 is read 3, 2, 1. Padding stays in its place.
    reversal: [0, 7, 2, 3, 4, 5, 6, 1, 8],
    last: [0, 7, 2],
    ends: [0, -1, -1, -1, -1, -1, -1, 1, -1],
    lengths: [1, 3, 0],
    previous: [END, END, END, 6, 5, END, 7, END, END],
    targets: [6, 5, -1, 7, END, -1, END, -1, -1],
  });
});
