import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { TokenVocabulary } from "../../src/text/token-vocabulary.ts";
import { readWords, type WordOptions } from "../../src/text/word-corpus.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";

function read(content: string, options: Partial<WordOptions> = {}) {
  return readWords(["-"], { ...options, stdin: Readable.from([content]) });
}

const vocabulary = TokenVocabulary.fromJson({ symbols: ["\n", "a", "fox"] });

describe("readWords", () => {
  it("reads words and line ends as symbols in order", async () => {
    const text = "a fox\na bee\n";
    const { symbols, vocabulary, ...corpus } = await read(text);
    expect(vocabulary.symbols).toEqual(["\n", "a", "bee", "fox"]);
    expect(Array.from({ length: symbols.length }, (_, i) => symbols.at(i))).toEqual([1, 3, 0, 1, 2, 0]);
    expect(corpus).toMatchObject({
      files: ["-"],
      ends: [6],
      bytes: text.length,
      sha256: createHash("sha256").update(text).digest("hex"),
      unknown: 0,
      notes: [],
    });
    expect(vocabulary.decode(symbols)).toBe(text);
  });

  it("ends a token with its file", async () => {
    const folder = temporaryFolder();
    const paths = ["a fo", "", "x"].map((content, index) => {
      const path = join(folder, `${index}.txt`);
      writeFileSync(path, content);
      return path;
    });
    const corpus = await readWords(paths, {});
    expect(corpus.vocabulary.symbols).toEqual(["a", "fo", "x"]);
    expect(corpus.ends).toEqual([2, 2, 3]);
    expect(corpus.notes).toEqual([
      `there is no text in ${paths[1]}`,
      `no line end at the end of ${paths[0]}: the next file goes on in the same line, unless you give --separator`,
    ]);
  });

  it("makes rare tokens the unknown token", async () => {
    const corpus = await read("a b a\nc a\n", { minCount: 2 });
    expect(corpus.vocabulary.symbols).toEqual(["\n", "a", null]);
    expect(corpus.unknown).toBe(2);
    expect(corpus.vocabulary.decode(corpus.symbols)).toBe("a \ufffd a\n\ufffd a\n");
    await expect(read("a b", { minCount: 2 })).rejects.toThrow(/--min-count 2 leaves no token/);
  });

  it("names the first token that a vocabulary lacks, leaves such tokens out, or adds them", async () => {
    const text = "a\nbig red fox\n";
    await expect(read(text, { vocabulary })).rejects.toThrow(
      'the token "big" in line 2 of standard input is not in the model\'s vocabulary, like 1 other: ' +
        "skip such tokens with --unknown skip",
    );
    const skipping = await read(text, { vocabulary, unknown: "skip" });
    expect(skipping.vocabulary.decode(skipping.symbols)).toBe("a\nfox\n");
    expect([skipping.skipped.count, skipping.skipped.offsetOf(2)]).toEqual([2, 4]);
    const growing = await read(text, { vocabulary, unknown: "grow" });
    expect(growing.vocabulary.symbols).toEqual(["\n", "a", "big", "fox", "red"]);
    expect(growing.vocabulary.decode(growing.symbols)).toBe(text);
  });

  it("drops a byte order mark and reads other encodings", async () => {
    expect((await read("\ufeffa b")).vocabulary.symbols).toEqual(["a", "b"]);
    const stdin = Readable.from([Buffer.from("h\u00e9 a", "latin1")]);
    const corpus = await readWords(["-"], { stdin, encoding: "windows-1252" });
    expect(corpus.vocabulary.symbols).toEqual(["a", "h\u00e9"]);
    expect(corpus.bytes).toBe(5);
  });

  it("refuses a text without a token", async () => {
    await expect(read(" \t ")).rejects.toThrow("standard input has no token; give a text to read");
  });
});
