import { describe, expect, it } from "vitest";
import { bracketSpans } from "../../../src/inspection/structure/brackets.ts";
import { depthIn } from "../../../src/inspection/structure/spans.ts";
import { digitsOf, drawing } from "./drawing.ts";

function expectDepths(lines: string, options?: { withinParagraphs: boolean }) {
  const { text, digits } = drawing(lines);
  expect(digitsOf(depthIn(bracketSpans(text, options), text.length))).toBe(digits);
}

describe("bracketSpans", () => {
  it("count how deep a character is", () => {
    expectDepths(`
      |f(a[i], {b: (c)}) + d
      |011221112222332100000
    `);
  });

  it("ignore a closing bracket without an opening one", () => {
    expectDepths(`
      |a) b] (c} d) e
      |00000011111000
    `);
  });

  it("end the brackets that are open inside a pair", () => {
    expectDepths(`
      |{ ( [ a } b
      |11223333000
    `);
  });

  it("end with the text, or with the paragraph", () => {
    expectDepths(`
      |(a¶
      |111
      |¶
      |1
      |b
      |1
    `);
    expectDepths(
      `
      |(a¶
      |110
      |¶
      |0
      |b
      |0
    `,
      { withinParagraphs: true },
    );
  });

  it("take the same time for unclosed and unopened brackets", () => {
    const many = 100_000;
    expect(bracketSpans("(".repeat(many) + "]".repeat(many))).toHaveLength(many);
  });
});
