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
    [0x07, "U+0007 (bell)"],
    [0x0a, "U+000A (newline)"],
    [0x0d, "U+000D (carriage return)"],
    [0x2028, "U+2028 (line separator)"],
    [0x301, "U+0301 (combining acute accent)"],
    [0x36f, "U+036F (combining latin small letter x)"],
    [0x483, "U+0483"],
    [0xd83e, "U+D83E"],
  ])("names code point %i as %s, and where it stands", (code, name) => {
    const error = outsideVocabulary("char", new Map([[code, 1]]), place, "a.txt", false);
    expect(error).toBeInstanceOf(CharrnnError);
    expect(error.message).toBe(
      `${name} at offset 12 (line 2, column 3) of a.txt is not in the model's vocabulary; remove it, or skip it with --unknown skip`,
    );
  });

  it("offers to add it to the vocabulary only if the user can", () => {
    expect(outsideVocabulary("char", new Map([[0xe9, 1]]), place, "a", true).message).toMatch(
      /; remove it, skip it with --unknown skip, or add it to the vocabulary with --unknown grow$/,
    );
  });

  it("names a byte by its value", () => {
    expect(outsideVocabulary("byte", new Map([[10, 1]]), place, "a", false).message).toContain(
      "byte 0x0a at offset 12",
    );
  });

  it("lists all of several, the most frequent first, with their counts", () => {
    const counts = new Map([
      [0x78, 1],
      [0xe9, 3],
    ]);
    expect(outsideVocabulary("char", counts, place, "a.txt", false).message).toBe(
      '4 characters are not in the model\'s vocabulary: "é" (U+00E9) 3 times, "x" (U+0078) once; ' +
        "the first is at offset 12 (line 2, column 3) of a.txt; remove them, or skip them with --unknown skip",
    );
  });

  it("lists twenty different ones at most", () => {
    const counts = new Map(Array.from({ length: 23 }, (_, i) => [0x4e00 + i, 1] as const));
    const { message } = outsideVocabulary("char", counts, place, "a.txt", false);
    expect(message.match(/ once/g)).toHaveLength(20);
    expect(message).toContain("once, and 3 others; the first is at");
  });
});
