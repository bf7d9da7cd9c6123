import { describe, expect, it } from "vitest";
import { LINE_AFTER_BLANK, sentenceSpans, WORD } from "../../../src/inspection/structure/prose.ts";
import { insideOf, positionIn, spansOf } from "../../../src/inspection/structure/spans.ts";
import { digitsOf, drawing } from "./drawing.ts";

describe("words", () => {
  it("are letters and digits, with the apostrophes between them", () => {
    const { text, digits } = drawing(`
      |It's 'tis; naïve x2!
      |12340012300123450120
    `);
    expect(digitsOf(positionIn(spansOf(text, WORD), text.length))).toBe(digits);
  });
});

describe("lines after a blank line", () => {
  it("begin with the end of the blank line", () => {
    const { text, digits } = drawing(`
      |a¶
      |00
      | ¶
      |01
      |b¶
      |10
      |c¶
      |00
      |¶
      |0
      |¶
      |1
      |d
      |1
    `);
    expect(digitsOf(insideOf(spansOf(text, LINE_AFTER_BLANK), text.length))).toBe(digits);
  });
});

describe("sentenceSpans", () => {
  it("end at a mark before a space, unless a small letter follows", () => {
    const { text, digits } = drawing(`
      |I go. "Run!" he said. At 2.5.
      |12345012345678911111101234567
    `);
    const positions = positionIn(sentenceSpans(text), text.length).map((position) =>
      position > 9 ? 1 : position,
    );
    expect(digitsOf(positions)).toBe(digits);
  });

  it("end at a blank line", () => {
    expect(sentenceSpans("One\n\nTwo")).toEqual([
      { start: 0, end: 3 },
      { start: 5, end: 8 },
    ]);
  });

  it("take linear time for many marks", () => {
    expect(sentenceSpans(".".repeat(100_000))).toEqual([]);
  });

  it("are absent in a text where no sentence ends", () => {
    expect(sentenceSpans("anna\nberta\ncarla\n")).toEqual([]);
  });
});
