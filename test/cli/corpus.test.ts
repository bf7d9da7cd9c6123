import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { corpus, floorsOf } from "../../src/cli/corpus.ts";
import { floor, generate, grammars } from "../../src/text/grammar/index.ts";
import { fakeTerminal } from "./fake-terminal.ts";

const text = [...generate(grammars.tales, 150_000, 3)].join("");

describe("corpus", () => {
  it("writes so many characters of the grammar's text for the seed", async () => {
    const { stdout } = await written("tales", { size: 150_000, seed: 3 });
    expect(stdout).toBe(text);
  });

  it("states floors for the whole and the default splits, as a table or as one object", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "charrnn-")), "tales.txt");
    writeFileSync(file, text.slice(0, 2000));
    const { stdout } = await written("tales", { floor: file, json: true });
    expect(JSON.parse(stdout)).toEqual(floorsOf(grammars.tales, text.slice(0, 2000)));
    const lines = (await written("tales", { floor: file })).stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ["part", "characters"],
      ["whole", "2,000"],
      ["train", "1,800"],
      ["val", "100"],
      ["test", "100"],
    ]);
  });

  it("names a text that cannot be read", async () => {
    await expect(written("tales", { floor: "no/such" })).rejects.toThrow(/^cannot read no\/such: /);
  });
});

async function written(grammar: string, flags: Partial<Parameters<typeof corpus>[1]>) {
  const terminal = fakeTerminal();
  await corpus(grammar, { size: 1e6, seed: 1, ...flags }, terminal);
  return { stdout: terminal.stdout.text };
}

describe("floorsOf", () => {
  it("is the grammar's floor of each stretch, given all before it", () => {
    const part = text.slice(0, 3001); // val and test: floor(150.05) = 150 each
    const floors = floorsOf(grammars.tales, part);
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

  it("has no floor for a split without characters", () => {
    expect(floorsOf(grammars.tales, text.slice(0, 10)).test).toEqual({
      characters: 0,
      bitsPerCharacter: null,
    });
  });
});
