import { describe, expect, it } from "vitest";
import { type CodeForm } from "../../../src/inspection/structure/code.ts";
import { ifSpans } from "../../../src/inspection/structure/if-statements.ts";
import { depthIn, insideOf } from "../../../src/inspection/structure/spans.ts";
import { digitsOf, drawing } from "./drawing.ts";

function expectConditions(form: CodeForm, lines: string) {
  const { text, digits } = drawing(lines);
  expect(digitsOf(insideOf(ifSpans(text, form).conditions, text.length))).toBe(digits);
}

function expectBlocks(form: CodeForm, lines: string) {
  const { text, digits } = drawing(lines);
  expect(digitsOf(depthIn(ifSpans(text, form).blocks, text.length))).toBe(digits);
}

describe("if conditions", () => {
  it("stand in brackets", () => {
    expectConditions(
      "braces",
      `
      |if (f(a) < b) { c(d); } else if (e) g();
      |0001111111110000000000000000000011000000
    `,
    );
  });

  it("stand before { in languages without the brackets", () => {
    expectConditions(
      "braces",
      `
      |if a < f(b) { c }
      |00111111111100000
    `,
    );
  });

  it("need the word if alone", () => {
    expect(ifSpans("gif (a) { b } iffy (c) {} x.if (d) {}\n#if (E)\n# if F", "braces").conditions).toEqual(
      [],
    );
  });

  it("end at the colon that is outside of brackets in Python", () => {
    expectConditions(
      "indented",
      `
      |if a[1:2] == {3: 4}: b¶
      |00111111111111111110000
      |elif c: d = e if f else g¶
      |00001100000000000000000000
    `,
    );
  });
});

describe("if blocks", () => {
  it("hold all that is nested in them, and not the block after else", () => {
    expectBlocks(
      "braces",
      `
      |f { if (a) { for { b } if (c) { d } } else { e } }
      |00000000000111111111111111111122221100000000000000
    `,
    );
  });

  it("need braces", () => {
    expect(ifSpans("if (a) b();\n{ c }", "braces").blocks).toEqual([]);
  });

  it("are the lines that are indented more in Python", () => {
    expectBlocks(
      "indented",
      `
      |if a:¶
      |000001
      |  b¶
      |1111
      |¶
      |1
      |  if c:¶
      |11111112
      |    d(¶
      |2222222
      |e)¶
      |221
      |  f¶
      |1110
      |g¶
      |00
      |else:¶
      |000000
      |  h
      |000
    `,
    );
  });

  it("are absent if the statement is on the line of the condition", () => {
    expect(ifSpans("if a: b\n\nc\n", "indented").blocks).toEqual([]);
  });
});
