import { describe, expect, it } from "vitest";
import { unigramBaseline } from "../../../src/evaluation/baselines/unigram.ts";
import { Symbols } from "../../../src/text/symbols.ts";

describe("unigramBaseline", () => {
  it("scores every symbol but the first under the training frequencies plus one", async () => {
    // Counts of 0, 1, 2 in the training text are 3, 1, 0; plus one, over 4 + 3: 4/7, 2/7, 1/7.
    // The text 2 0 1 2 is scored on 0 1 2.
    const { bitsPerCharacter } = await unigramBaseline(
      Symbols.from([0, 0, 1, 0], 3),
      Symbols.from([2, 0, 1, 2], 3),
      3,
    );
    expect(bitsPerCharacter).toBeCloseTo((Math.log2(7 / 4) + Math.log2(7 / 2) + Math.log2(7)) / 3, 12);
  });

  it("is uniform without training text", async () => {
    expect(await unigramBaseline(Symbols.from([], 8), Symbols.from([0, 5, 3], 8), 8)).toEqual({
      bitsPerCharacter: 3,
    });
  });
});
