import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { lineEnd, pieceLengths, rowsOf } from "./in-memory.ts";

/** A file of these lines. */
function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}

describe("a CoNLL table", () => {
  it("has a row for each sentence, and an array of tokens in each column", async () => {
    const content = lines("U.N. NNP B-ORG", "official NN O", "", "", "Ekeus NNP B-PER", "");
    expect(await rowsOf("x.conll", content, ["3", "1"])).toEqual([
      [1, ["B-ORG", "O"], ["U.N.", "official"]],
      [5, ["B-PER"], ["Ekeus"]],
    ]);
  });

  it("has tabs or any number of spaces between fields, line by line", async () => {
    const content = lines(" a   b ", "c\td", "New York\tB-LOC", "\te");
    expect(await rowsOf("x.conll", content, ["1", "2"])).toEqual([
      [1, ["a", "c", "New York", ""], ["b", "d", "B-LOC", "e"]],
    ]);
  });

  it("may have CRLF, a byte order mark, blank lines with spaces, and no last line end", async () => {
    expect(await rowsOf("x.conll", "\ufeffa b\r\n\t\r\nc d\r\n \r\n\r\ne f", ["2"])).toEqual([
      [1, ["b"]],
      [3, ["d"]],
      [6, ["f"]],
    ]);
  });

  it("may be empty", async () => {
    expect(await rowsOf("x.conll", "", ["1"])).toEqual([]);
    expect(await rowsOf("x.conll", "\n# nothing\n\n-DOCSTART- O\n", ["1"])).toEqual([]);
  });

  it("has document marks between sentences", async () => {
    const content = lines("-DOCSTART- -X- O", "a O", "-DOCSTART-", "b O", "#end document", "c O");
    expect(await rowsOf("x.conll", content, ["1"])).toEqual([
      [2, ["a"]],
      [4, ["b"]],
      [6, ["c"]],
    ]);
    const document = lines("#begin document (bc/cctv/00/cctv_0000); part 000", "a O", "", "#end document");
    expect(await rowsOf("x.conll", document, ["1"])).toEqual([[2, ["a"]]]);
  });

  it("has comments before a sentence", async () => {
    const content = lines("# id = 1", "#comment", "a O", "", "# text", "#", "b O");
    expect(await rowsOf("x.conll", content, ["1"])).toEqual([
      [3, ["a"]],
      [7, ["b"]],
    ]);
  });

  it("has tokens that begin with #", async () => {
    const content = lines("#win B-TAG", "# SYM", "#\tSYM", "# a comment", "#comment", "5 CD", "", "#\tSYM");
    expect(await rowsOf("x.conll", content, ["1"])).toEqual([
      [1, ["#win", "#", "#", "5"]],
      [8, ["#"]],
    ]);
  });

  it("has tokens that begin with # in its only column", async () => {
    const content = lines("# a comment", "#win", "#", "now", "#", "", "#again", "", "#a", "b", "# c", "#d");
    expect(await rowsOf("x.conll", content, ["1"])).toEqual([
      [2, ["#win", "#", "now", "#"]],
      [7, ["#again"]],
      [9, ["#a", "b", "#d"]],
    ]);
  });

  it("may lack optional columns in some sentences", async () => {
    const request = { columns: ["1", "2", "tag"], optionalColumns: ["2", "tag"] };
    expect(await rowsOf("x.conll", lines("a", "b", "", "c d"), request)).toEqual([
      [1, ["a", "b"], "", ""],
      [4, ["c"], ["d"], ""],
    ]);
  });

  it.each([
    ["a b\n", ["3"], "x.conll has no column 3; it has 2 columns, numbered from 1"],
    ["a b\n\nc\n", ["2"], "x.conll, line 3 has no column 2; it has 1 column"],
    [
      "a b\n",
      ["tag"],
      'x.conll is read without column names; instead of "tag", give the column\'s number (it has 2 columns, numbered from 1)',
    ],
  ])("%j has no column %j", async (content, columns, message) => {
    await expect(rowsOf("x.conll", content, columns)).rejects.toThrow(new UsageError(message));
  });

  it("has as many fields in each line of a sentence", async () => {
    await expect(rowsOf("x.conll", "a\n\nNew B\nYork City C\n", ["1"])).rejects.toThrow(
      new CharrnnError(
        "x.conll, line 4 has 3 fields, but the sentence's first line has 2; separate fields by tabs or spaces, and sentences by a blank line",
      ),
    );
  });

  it("is read as it was written, in pieces of any length", async () => {
    const field = fc.string({ unit: fc.constantFrom("a", "é", "😀", "-", "#"), minLength: 1, maxLength: 3 });
    const token = fc.tuple(field, field);
    const sentences = fc.array(fc.array(token, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    const separator = fc.constantFrom("\t", "   ");
    await fc.assert(
      fc.asyncProperty(sentences, separator, lineEnd, pieceLengths, async (table, between, end, length) => {
        // "# a" can be a comment.
        const tokens = table.map((sentence) => sentence.map(([a, b]) => [a === "#" ? "+" : a, b]));
        const content = tokens
          .map((sentence) => sentence.map((pair) => pair.join(between) + end).join(""))
          .join(end);
        let line = 1;
        const rows = tokens.map((sentence) => {
          const begin = line;
          line += sentence.length + 1;
          return [begin, sentence.map(([, b]) => b), sentence.map(([a]) => a)];
        });
        expect(await rowsOf("x.conll", content, ["2", "1"], length)).toEqual(rows);
      }),
    );
  });
});
