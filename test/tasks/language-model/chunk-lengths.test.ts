import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkLengths } from "../../../src/tasks/language-model/chunk-lengths.ts";

describe("the lengths of chunks", () => {
  it("are the full length and the rests of the examples", () => {
    // 3 + 0, 5 + 0 and 5 + 2 steps.
    const lengths = new ChunkLengths([3, 5, 7], 5);
    expect(lengths.all).toEqual([2, 3, 5]);
    expect([3, 5, 7].map((length) => lengths.padded(length))).toEqual([3, 5, 7]);
  });

  it("have no full length if every example is shorter", () => {
    expect(new ChunkLengths([3, 1], 50).all).toEqual([1, 3]);
  });

  it("are few, and padding never adds a chunk", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 60 }), (examples, most) => {
        const chunks = new ChunkLengths(examples, most);
        expect(chunks.all.length).toBeLessThanOrEqual(13);
        expect(chunks.all).toEqual(chunks.all.toSorted((one, other) => one - other));
        for (const length of examples) {
          const padded = chunks.padded(length);
          expect(padded).toBeGreaterThanOrEqual(length);
          expect(Math.ceil(padded / most)).toBe(Math.ceil(length / most));
          const rest = padded % most || most;
          expect(chunks.all).toContain(rest);
          if (padded > most) expect(chunks.all).toContain(most);
        }
      }),
    );
  });
});
