import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../src/errors.ts";
import { outsideVocabulary, placeOf } from "../../src/text/place.ts";

describe("placeOf", () => {
  // Symbol 9 is the newline.
  const symbols = [1, 2, 9, 3, 9, 9, 4, 5];

  it.each([
    [0, { offset: 0, line: 1, column: 1 }],
    [2, { offset: 2, line: 1, column: 3 }],
    [3, { offset: 3, line: 2, column: 1 }],
    [5, { offset: 5, line: 3, column: 1 }],
    [8, { offset: 8, line: 4, column: 3 }],
  ])("of position %i counts lines and columns from 1", (end, place) => {
    expect(placeOf(symbols, 0, end, 9)).toEqual(place);
  });

  it("counts from the start of the file", () => {
    expect(placeOf(symbols, 3, 7, 9)).toEqual({ offset: 4, line: 3, column: 2 });
  });

  it("is on the first line where the vocabulary has no newline", () => {
    expect(placeOf(symbols, 0, 8, undefined)).toEqual({ offset: 8, line: 1, column: 9 });
  });
});

describe("outsideVocabulary", () => {
  const place = { offset: 12, line: 2, column: 3 };

  it.each([
    [0xe9, '"é" (U+00E9)'],
    [0x1f98a, '"🦊" (U+1F98A)'],
    [0x07, "U+0007"],
    [0x2028, "U+2028"],
    [0x301, "U+0301"],
    [0xd83e, "U+D83E"],
  ])("names code point %i as %s, and where it stands", (code, name) => {
    const error = outsideVocabulary("char", code, place, "a.txt", true);
    expect(error).toBeInstanceOf(CharrnnError);
    expect(error.message).toBe(
      `${name} at offset 12 (line 2, column 3) of a.txt is not in the model's vocabulary; take it out, or skip it with --unknown skip`,
    );
  });

  it("offers to skip it only if the user can", () => {
    expect(outsideVocabulary("char", 0xe9, place, "a", false).message).toMatch(/vocabulary; take it out$/);
  });

  it("names a byte by its value", () => {
    expect(outsideVocabulary("byte", 10, place, "a", true).message).toContain("byte 0x0a at offset 12");
  });
});
