import { describe, expect, it } from "vitest";
import { filesOfSplits, splitRanges, untrainedFiles } from "../../src/text/splits.ts";
import { Symbols } from "../../src/text/symbols.ts";

/** Files a, b, c with 10, 20 and 10 symbols, v with 5 and t with 7. */
const ends = [10, 30, 40, 45, 52];
const files = ["a", "b", "c"];
const all = { files, val: ["v"], test: ["t"], ends, symbols: Symbols.from(new Uint8Array(52), 2) };
const fractions = { valFrac: 0.25, testFrac: 0.2 };

describe("the splits of several files", () => {
  it("are cut from the end, in order, if no split has files of its own", () => {
    const corpus = { files, ends: [10, 30, 40], symbols: Symbols.from(new Uint8Array(40), 2) };
    // A fifth of 40 is 8, a quarter is 10.
    expect(splitRanges(corpus, corpus.symbols, fractions)).toEqual({
      train: { start: 0, end: 22 },
      val: { start: 22, end: 32 },
      test: { start: 32, end: 40 },
    });
    const parts = filesOfSplits(corpus, fractions);
    expect(parts).toEqual({
      train: [
        { file: "a", symbols: 10, of: 10 },
        { file: "b", symbols: 12, of: 20 },
      ],
      val: [
        { file: "b", symbols: 8, of: 20 },
        { file: "c", symbols: 2, of: 10 },
      ],
      test: [{ file: "c", symbols: 8, of: 10 }],
    });
    expect(untrainedFiles(parts)).toEqual(["c"]);
  });

  it("are their own files, and the fractions are those of all other files", () => {
    expect(splitRanges(all, all.symbols, fractions)).toEqual({
      train: { start: 0, end: 40 },
      val: { start: 40, end: 45 },
      test: { start: 45, end: 52 },
    });
    const { val, ...noTest } = { ...all, test: undefined, ends: ends.slice(0, 4) };
    // A fifth of the 40 symbols of a, b and c.
    expect(splitRanges({ ...noTest, val }, all.symbols.subsequence(0, 45), fractions)).toEqual({
      train: { start: 0, end: 32 },
      val: { start: 40, end: 45 },
      test: { start: 32, end: 40 },
    });
    expect(filesOfSplits(all, fractions).val).toEqual([{ file: "v", symbols: 5, of: 5 }]);
  });
});
