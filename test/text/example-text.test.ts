import { describe, expect, it } from "vitest";
import { ExampleText, type ExampleKind } from "../../src/text/example-text.ts";
import { Symbols } from "../../src/text/symbols.ts";
import fc from "fast-check";

/** END of lines here: the letters are 1 to 26, and 0 is the line feed. */
const LINE_FEED = 0;
/** END of documents here. */
const END = 27;

const shown = "\n abcdefghijklmnopqrstuvwxyz|";
const indexOf = (character: string) => (character === "\n" ? 0 : shown.indexOf(character) - 1);

/** The examples of files with these contents. "|" stands for the end of a document. */
function examplesOf(files: readonly string[], kind: ExampleKind): ExampleText {
  const text = files.join("");
  const symbols = Symbols.from(Array.from(text, indexOf), 27);
  const ends = files.map((_, file) => files.slice(0, file + 1).join("").length);
  return ExampleText.of({ symbols, ends }, kind, kind === "lines" ? LINE_FEED : END);
}

function textOf({ symbols }: ExampleText): string {
  return Array.from({ length: symbols.length }, (_, i) => {
    const symbol = symbols.at(i);
    return symbol === 0 ? "\n" : shown[symbol + 1];
  }).join("");
}

function lengthsOf(text: ExampleText): number[] {
  return Array.from({ length: text.count }, (_, example) => text.lengthOf(example));
}

describe("the examples of a text", () => {
  it("are its lines, with a line feed before the first", () => {
    const text = examplesOf(["ab\n\nc\n"], "lines");
    expect(textOf(text)).toBe("\nab\n\nc\n");
    // The empty line is its line feed alone.
    expect(lengthsOf(text)).toEqual([3, 1, 2]);
    expect([0, 1, 2].map((example) => text.endBefore(example))).toEqual([0, 3, 4]);
    expect(text.characterCount).toBe(6);
    expect(text.characters()).toEqual([{ start: 1, end: 7 }]);
  });

  it("give the last line of each file a line feed if it has none", () => {
    const text = examplesOf(["ab", "", "c\nd", "\n"], "lines");
    expect(textOf(text)).toBe("\nab\nc\nd\n\n");
    expect(text.origins()).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 4 },
      { start: 4, end: 5 },
      { start: 5, end: 6 },
    ]);
  });

  it("are its files, except empty ones, with an end that is no character", () => {
    const text = examplesOf(["ab\nc", "", "d\n"], "documents");
    expect(textOf(text)).toBe("|ab\nc|d\n|");
    expect(lengthsOf(text)).toEqual([5, 3]);
    expect(text.characterCount).toBe(6);
    expect(text.characters()).toEqual([
      { start: 1, end: 5 },
      { start: 6, end: 8 },
    ]);
    expect(text.origins()).toEqual([
      { start: 0, end: 4 },
      { start: 4, end: 6 },
    ]);
  });

  it.each(["lines", "documents"] as const)("can be picked, and know where they came from: %s", (kind) => {
    const text = examplesOf(["ab\n", "c\n", "def\n"], kind);
    const picked = text.pick([0, 2]);
    const end = kind === "lines" ? "" : "|";
    expect(textOf(picked)).toBe(kind === "lines" ? "\nab\ndef\n" : `|ab\n${end}def\n${end}`);
    const origins = Array.from({ length: picked.symbols.length - 1 }, (_, i) => picked.originOf(i + 1));
    // "ab\n" is 0 to 2 and "def\n" is 5 to 8. The end of a document has the position after it.
    expect(origins).toEqual(kind === "lines" ? [0, 1, 2, 5, 6, 7, 8] : [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    expect(picked.origins()).toEqual([
      { start: 0, end: 3 },
      { start: 5, end: 9 },
    ]);
  });

  it("are the same characters as the files, in order", () => {
    const files = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 6 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(files, (contents) => {
        fc.pre(contents.some((content) => content !== ""));
        const lines = examplesOf(contents, "lines");
        const full = contents.filter((content) => content !== "");
        const ended = full.map((content) => (content.endsWith("\n") ? content : `${content}\n`)).join("");
        expect(textOf(lines)).toBe(`\n${ended}`);
        expect(lines.count).toBe(ended.split("\n").length - 1);
        expect(textOf(examplesOf(contents, "documents"))).toBe(`|${full.map((one) => `${one}|`).join("")}`);
      }),
    );
  });
});
