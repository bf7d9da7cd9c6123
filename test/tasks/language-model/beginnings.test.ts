import { describe, expect, it } from "vitest";
import { beginningsOf } from "../../../src/tasks/language-model/beginnings.ts";
import { Symbols } from "../../../src/text/symbols.ts";

/** The newline, and any other character. */
const [LF, X] = [0, 1];

/** A text of lines of so many characters, the newline included. */
function linesOf(length: number, count: number): Symbols {
  const line = Array.from({ length }, (_, i) => (i === length - 1 ? LF : X));
  return Symbols.from(Array.from({ length: count }, () => line).flat(), 2);
}

describe("the beginnings of a text", () => {
  it("are 64 stretches of 200 characters, each of which ends at a line's end", () => {
    const beginnings = beginningsOf(linesOf(10, 6400), LF);
    // The first part has its first line's end after 10 characters: fewer than 200 stand before it.
    expect(beginnings).toHaveLength(63);
    for (const beginning of beginnings) {
      expect(beginning).toHaveLength(200);
      expect(beginning.at(-1)).toBe(LF);
      expect(beginning.filter((symbol) => symbol === LF)).toHaveLength(20);
    }
  });

  it("are shorter if the text is", () => {
    // Eight lines of four characters: half of the 64 parts are empty, and the last line ends the text.
    const line = [X, X, X, LF];
    expect(beginningsOf(linesOf(4, 8), LF)).toEqual([Array.from({ length: 8 }, () => line).flat()]);
  });

  it("are none in a text without lines, or whose vocabulary has no newline", () => {
    expect(beginningsOf(Symbols.from([X, X, X], 2), LF)).toEqual([]);
    expect(beginningsOf(linesOf(4, 8), undefined)).toEqual([]);
    expect(beginningsOf(Symbols.from([], 2), LF)).toEqual([]);
  });
});
