import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { rowsOf } from "./in-memory.ts";

/** A line with this id, form and part of speech. */
function word(id: string, form: string, upos: string): string {
  return [id, form, "_", upos, "_", "_", "0", "_", "_", "_"].join("\t");
}

const content = [
  "# text = Can't we?",
  word("1-2", "Can't", "_"),
  word("1", "Ca", "AUX"),
  word("2", "n't", "PART"),
  "# not a word",
  word("3", "we", "PRON"),
  word("3.1", "go", "VERB"),
  word("4", "?", "PUNCT"),
  "",
  "# text = # New York",
  word("1", "#", "SYM"),
  word("2", "New York", "PROPN"),
].join("\n");

describe("a CoNLL-U table", () => {
  it("has a row for each sentence, without comments, ranges and empty words", async () => {
    expect(await rowsOf("x.conllu", content, ["upos", "form"])).toEqual([
      [3, ["AUX", "PART", "PRON", "PUNCT"], ["Ca", "n't", "we", "?"]],
      [11, ["SYM", "PROPN"], ["#", "New York"]],
    ]);
  });

  it("has the columns of the standard, by name or number", async () => {
    const names = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"];
    const line = names.map((name, i) => (i === 0 ? "1" : `a ${name}`)).join("\t");
    const numbers = names.map((_, i) => String(i + 1));
    const expected = [[1, ...names.map((name, i) => [i === 0 ? "1" : `a ${name}`])]];
    expect(await rowsOf("x.conllu", line, names)).toEqual(expected);
    expect(await rowsOf("x.conllu", line, numbers)).toEqual(expected);
  });

  it("may have CRLF, a byte order mark, any blank lines and no last line end", async () => {
    const written = `\ufeff\r\n${content.replaceAll("\n", "\r\n")}\r\n\r\n\r\n${word("1", "a", "X")}`;
    expect(await rowsOf("x.conllu", written, ["4"], 5)).toEqual([
      [4, ["AUX", "PART", "PRON", "PUNCT"]],
      [12, ["SYM", "PROPN"]],
      [16, ["X"]],
    ]);
  });

  it("names its columns if one is unknown", async () => {
    const known = '"id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"';
    await expect(rowsOf("x.conllu", content, ["UPOS"])).rejects.toThrow(
      new UsageError(`x.conllu has no column "UPOS"; it has ${known}`),
    );
    await expect(rowsOf("x.conllu", "", ["11"])).rejects.toThrow(
      new UsageError(`x.conllu has no column "11"; it has ${known}`),
    );
    const request = { columns: ["form", "tag"], optionalColumns: ["tag"] };
    expect(await rowsOf("x.conllu", word("1", "a", "X"), request)).toEqual([[1, ["a"], ""]]);
  });

  it.each([
    [
      "\n1\ta\n",
      "x.conllu, line 2 has 2 fields, but CoNLL-U has 10; write one tab between two fields, and _ for an empty one",
    ],
    [
      "1 a _ X _ _ 0 _ _ _\n",
      "x.conllu, line 1 has 1 field, but CoNLL-U has 10; write one tab between two fields, and _ for an empty one",
    ],
    [word("one", "a", "X"), 'x.conllu, line 1: the id "one" is no number; write ids such as 3, 3-4 or 8.1'],
    [word("", "a", "X"), 'x.conllu, line 1: the id "" is no number; write ids such as 3, 3-4 or 8.1'],
  ])("cannot have the line %j", async (line, message) => {
    await expect(rowsOf("x.conllu", line, ["form"])).rejects.toThrow(new CharrnnError(message));
  });
});
