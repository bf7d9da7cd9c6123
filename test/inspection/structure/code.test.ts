import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeFormOf, codeParts, type CodeForm } from "../../../src/inspection/structure/code.ts";
import { insideOf } from "../../../src/inspection/structure/spans.ts";
import { digitsOf, drawing } from "./drawing.ts";

function expectParts(part: "comments" | "strings", form: CodeForm, lines: string) {
  const { text, digits } = drawing(lines);
  expect(digitsOf(insideOf(codeParts(text, form)[part], text.length))).toBe(digits);
}

describe("codeFormOf", () => {
  it("tells the forms of programs from prose", () => {
    expect(codeFormOf("int f(int x) {\n  return x; // twice\n}\n")).toBe("braces");
    expect(codeFormOf("def f(x):\n    return x\n")).toBe("indented");
    expect(codeFormOf("Once upon a time; there was\na king (of a land).\n")).toBeUndefined();
    expect(codeFormOf("He came for this:\n  a ring\n")).toBeUndefined();
    expect(codeFormOf("\\section{One}\nText.\n\\emph{Two}\n")).toBeUndefined();
    expect(codeFormOf("")).toBeUndefined();
  });

  it("knows the corpora", () => {
    const formOf = (name: string) => codeFormOf(readFileSync(`corpora/${name}`, "utf8"));
    expect(formOf("code.txt")).toBe("braces");
    expect(formOf("tales.txt")).toBeUndefined();
  });
});

describe("codeParts", () => {
  it("finds comments up to the line end, and between marks", () => {
    expectParts(
      "comments",
      "braces",
      `
      |a; // b¶
      |00001110
      |c /* d¶
      |0001111
      |e */ / f
      |11100000
    `,
    );
  });

  it("finds comments of Python", () => {
    expectParts(
      "comments",
      "indented",
      `
      |a = 7 // 2 # b¶
      |000000000001110
    `,
    );
  });

  it("finds strings, and takes the character after \\ for a part of them", () => {
    expectParts(
      "strings",
      "braces",
      String.raw`
      |f("a\"b", 'c', ~d¶
      |001111100011000111
      |e~) + "" + x
      |100000100000
    `.replaceAll("~", "`"),
    );
  });

  it("finds strings over several lines in Python", () => {
    expectParts(
      "strings",
      "indented",
      `
      |"""a "b"¶
      |001111111
      |c""" + 'd'
      |1110000110
    `,
    );
  });

  it("lets marks in comments and strings mean nothing", () => {
    const lines = (digits: string) => `
      |a("//"); // say "no¶
      |${digits.slice(0, 20)}
      |b('"'); /* ' */ c("/*");
      |${digits.slice(20)}
    `;
    expectParts("strings", "braces", lines("00111000000000000000" + "001100000000000000111000"));
    expectParts("comments", "braces", lines("00000000001111111110" + "000000000111110000000000"));
  });

  it("takes a mark without its partner on the line for no string", () => {
    expect(codeParts("fn f<'a>(x: &str) {\n  x;\n}", "braces").strings).toEqual([]);
    expect(codeParts("don't\ndon't", "braces").strings).toEqual([]);
  });

  it("leaves the text without them, as long as before", () => {
    expect(codeParts('f("a") // b\n/* c\n */ g', "braces").bare).toBe("f(   )     \n    \n    g");
  });
});
