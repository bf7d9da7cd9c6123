import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { corpus, floorsOf } from "../../../src/cli/commands/corpus.ts";
import { readCorpus } from "../../../src/text/corpus.ts";
import { floor, generate, grammars, score } from "../../../src/text/grammar/index.ts";
import { generatedTables, generateTable } from "../../../src/text/tables/generated/index.ts";
import { fakeTerminal } from "../fake-terminal.ts";

const scoreTales = (text: Iterable<string>) => score(grammars.tales, text);
const text = [...generate(grammars.tales, 150_000, 3)].join("");

describe("corpus", () => {
  it("writes so many characters of the grammar's text for the seed", async () => {
    const { stdout } = await written("tales", { size: 150_000, seed: 3 });
    expect(stdout).toBe(text);
  });

  it("writes a megabyte of text if no size is given", async () => {
    expect((await written("code", { size: undefined })).stdout).toHaveLength(1_000_000);
  });

  it("writes so many examples of a table for the seed, below its header", async () => {
    const { stdout } = await written("blood-pressure", { length: 20, seed: 5 });
    expect(stdout).toBe([...generateTable(generatedTables["blood-pressure"], 20, 5)].join(""));
    expect(stdout.split("\n")).toHaveLength(1 + 20 + 1);
  });

  it("writes as many examples of a table as its file in corpora/ has, if no length is given", async () => {
    expect((await written("reviews", {})).stdout).toBe(readFileSync("corpora/reviews.tsv", "utf8"));
  });

  it("states floors for the whole and the default splits, as a table or as one object", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "charrnn-")), "tales.txt");
    writeFileSync(file, text.slice(0, 2000));
    const { stdout } = await written("tales", { floor: file, json: true });
    expect(JSON.parse(stdout)).toEqual(floorsOf(scoreTales, await corpusOf(text.slice(0, 2000))));
    const lines = (await written("tales", { floor: file })).stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ["part", "characters"],
      ["whole", "2,000"],
      ["train", "1,800"],
      ["val", "100"],
      ["test", "100"],
    ]);
  });

  it("states the floors of standard input", async () => {
    const { stdout } = await written("tales", { floor: "-", json: true }, text);
    expect(JSON.parse(stdout)).toEqual(floorsOf(scoreTales, await corpusOf(text)));
  });

  it("drops a byte order mark with a note", async () => {
    const { stdout, stderr } = await written(
      "tales",
      { floor: "-", json: true },
      `\ufeff${text.slice(0, 90)}`,
    );
    expect(JSON.parse(stdout)).toMatchObject({ whole: { characters: 90 } });
    expect(stderr).toBe("dropped the byte order mark of standard input\n");
  });

  it("names a text that cannot be read, or is not UTF-8", async () => {
    await expect(written("tales", { floor: "no/such" })).rejects.toThrow(/^cannot read no\/such: /);
    const file = join(mkdtempSync(join(tmpdir(), "charrnn-")), "latin.txt");
    writeFileSync(file, Uint8Array.of(79, 110, 233));
    await expect(written("tales", { floor: file })).rejects.toThrow(`${file} is not UTF-8 at byte offset 2`);
  });
});

async function written(grammar: string, flags: Partial<Parameters<typeof corpus>[1]>, stdin = "") {
  const terminal = fakeTerminal({ stdin });
  await corpus(grammar, { seed: 1, ...flags }, terminal);
  return { stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

function corpusOf(content: string) {
  return readCorpus(["-"], { unit: "char", stdin: Readable.from([content]) });
}

describe("floorsOf", () => {
  it("is the grammar's floor of each stretch, given all before it", async () => {
    const part = text.slice(0, 3001); // val and test: floor(150.05) = 150 each
    const floors = floorsOf(scoreTales, await corpusOf(part));
    for (const [name, start, end] of [
      ["whole", 0, 3001],
      ["train", 0, 2701],
      ["val", 2701, 2851],
      ["test", 2851, 3001],
    ] as const) {
      expect(floors[name].characters).toBe(end - start);
      expect(floors[name].bitsPerCharacter).toBeCloseTo(floor(grammars.tales, part, start, end), 10);
    }
  });

  it("takes a text of more than one piece for one", async () => {
    const { whole } = floorsOf(scoreTales, await corpusOf(text));
    expect(whole.characters).toBe(150_000);
    expect(whole.bitsPerCharacter).toBeCloseTo(floor(grammars.tales, text), 10);
  });

  it("cuts as training does, which takes a split of one character for none, and has no floor for none", async () => {
    // floor(30 * 0.05) = 1 each.
    const { train, val, test } = floorsOf(scoreTales, await corpusOf(text.slice(0, 30)));
    expect([train.characters, val.characters, test.characters]).toEqual([30, 0, 0]);
    expect([val.bitsPerCharacter, test.bitsPerCharacter]).toEqual([null, null]);
  });
});
