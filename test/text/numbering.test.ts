import { describe, expect, it } from "vitest";
import { Numbering } from "../../src/text/numbering.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

function apply(numbering: Numbering, text: string): number[] {
  const codes = Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return [...codes.subarray(0, numbering.apply(codes))];
}

const ab = Vocabulary.fromJson({ unit: "char", symbols: ["a", "b"] });

describe("Numbering without a vocabulary", () => {
  it("numbers code points by first appearance, over all pieces, and counts them", () => {
    const numbering = new Numbering("char", undefined);
    expect(apply(numbering, "cab")).toEqual([0, 1, 2]);
    expect(apply(numbering, "ac🦊a")).toEqual([1, 0, 3, 1]);
    expect(numbering.size).toBe(4);
    expect([...numbering.countsByCode()]).toEqual([
      [0x63, 2],
      [0x61, 3],
      [0x62, 1],
      [0x1f98a, 1],
    ]);
  });

  it("gives for each number the index in the vocabulary made of it", () => {
    const numbering = new Numbering("char", undefined);
    apply(numbering, "bab");
    expect([...numbering.renumberingTo(ab)]).toEqual([1, 0]);
    const folded = Vocabulary.fromCounts("char", numbering.countsByCode(), 2);
    expect([...numbering.renumberingTo(folded)]).toEqual([0, 1]);
    expect([numbering.unknownIn(ab), numbering.unknownIn(folded)]).toEqual([0, 1]);
  });
});

describe("Numbering by a vocabulary", () => {
  it("gives the vocabulary's indices", () => {
    expect(apply(new Numbering("char", ab), "bba")).toEqual([1, 1, 0]);
  });

  it("skips what is outside it, and says how much and how often", () => {
    const numbering = new Numbering("char", ab);
    expect(apply(numbering, "éabxé")).toEqual([0, 1]);
    expect(numbering.skipped.count).toBe(3);
    // é has two bytes, x one.
    expect(numbering.skippedBytes).toBe(2 + 1 + 2);
    expect([...numbering.skippedCounts]).toEqual([
      [0xe9, 2],
      [0x78, 1],
    ]);
    expect(numbering.skipped.first).toBe(0);
  });

  it("gives the unknown symbol's index if there is one", () => {
    const numbering = new Numbering("char", Vocabulary.fromJson({ unit: "char", symbols: ["a", null] }));
    expect(apply(numbering, "axaé")).toEqual([0, 1, 0, 1]);
    expect(numbering.skipped.count).toBe(0);
  });
});
