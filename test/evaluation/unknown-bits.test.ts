import { expect, it } from "vitest";
import { bitsOfUnknown, countOutside } from "../../src/evaluation/unknown-bits.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

it("characters outside a vocabulary are the Unicode scalar values that it lacks", () => {
  // 17 planes of 65,536 code points, of which U+D800 to U+DFFF are no characters.
  const all = 17 * 65_536 - 2048;
  expect(countOutside(Vocabulary.fromJson({ unit: "char", symbols: ["a", "b", null] }))).toBe(all - 2);
  expect(countOutside(Vocabulary.fromJson({ unit: "char", symbols: ["a", "b"] }))).toBe(all - 2);
  expect(countOutside(Vocabulary.fromJson({ unit: "byte", symbols: [0, 1, null] }))).toBe(254);
});

it("an unknown byte of 128 takes 7 bits, and one of none takes none", () => {
  const bytes = (length: number) =>
    Vocabulary.fromJson({ unit: "byte", symbols: [...Array.from({ length }, (_, byte) => byte), null] });
  expect([128, 255, 256].map((length) => bitsOfUnknown(bytes(length)))).toEqual([7, 0, 0]);
});
