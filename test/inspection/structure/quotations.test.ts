import { describe, expect, it } from "vitest";
import { quotationSpans } from "../../../src/inspection/structure/quotations.ts";
import { insideOf } from "../../../src/inspection/structure/spans.ts";
import { digitsOf, drawing } from "./drawing.ts";

function expectQuotations(lines: string) {
  const { text, digits } = drawing(lines);
  expect(digitsOf(insideOf(quotationSpans(text), text.length))).toBe(digits);
}

describe("quotationSpans", () => {
  it("counts the opening mark as inside and the closing mark as outside", () => {
    expectQuotations(`
      |"Run!" he said. "Now," he said.
      |1111100000000000111110000000000
    `);
  });

  it("knows curly marks, low marks and guillemets", () => {
    expectQuotations(`
      |“a "b" c” d „e“ f «g» h
      |11111111000011000011000
    `);
  });

  it("goes on over a line end, and ends with its paragraph", () => {
    expectQuotations(`
      |He said "Run¶
      |0000000011111
      |now.¶
      |11110
      |¶
      |0
      |And "go" to.¶
      |0000111000000
    `);
  });

  it("ignores a closing mark without an opening one, such as that of an inch", () => {
    expectQuotations(`
      |of it." A 2" pipe, "he" said.
      |00000000000000000001110000000
    `);
  });

  it("stays inside if the next quotation begins before the first has ended", () => {
    expectQuotations(`
      |"Run, he said. "Now," he said.
      |111111111111111111110000000000
    `);
  });

  it("lets straight marks take turns if spaces are on both sides", () => {
    expectQuotations(`
      |" a " b " c " d
      |111100001111000
    `);
  });

  it("does not take apostrophes for marks", () => {
    expect(quotationSpans("It's the queen's, 'tis said.")).toEqual([]);
  });
});
