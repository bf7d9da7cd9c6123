import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeTemporaries, temporaryPath, writeAtomically } from "../../src/checkpoint/atomic.ts";
import { CharrnnError } from "../../src/errors.ts";
import { temporaryFolder } from "./fixture.ts";

describe("writeAtomically", () => {
  it("puts the pieces one behind the other in place of the old file", async () => {
    const path = join(temporaryFolder(), "options.json");
    writeFileSync(path, "an old text that is longer");
    await writeAtomically(path, ["{", Uint8Array.of(0x7d), "\n"]);
    expect(readFileSync(path, "utf8")).toBe("{}\n");
  });

  it("syncs and closes the new file, whole, while the old one is still in its place", async () => {
    const path = join(temporaryFolder(), "options.json");
    writeFileSync(path, "old");
    const calls: string[][] = [];
    await writeAtomically(path, ["n", "ew"], async (temporary, flags) => {
      const file = await open(temporary, flags);
      const note = (call: string) =>
        calls.push([call, readFileSync(temporary, "utf8"), readFileSync(path, "utf8")]);
      return {
        writeFile: (piece) => file.writeFile(piece),
        sync: async () => {
          note("sync");
          await file.sync();
        },
        close: async () => {
          note("close");
          await file.close();
        },
      };
    });
    expect(calls).toEqual([
      ["sync", "new", "old"],
      ["close", "new", "old"],
    ]);
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("keeps the old file and removes the temporary one where the pieces fail", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "options.json");
    writeFileSync(path, "old");
    const pieces = function* () {
      yield "half";
      throw new CharrnnError("one line");
    };
    await expect(writeAtomically(path, pieces())).rejects.toThrow(new CharrnnError("one line"));
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["options.json"]);
  });

  it("says so where a folder stands in the way", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "options.json"));
    await expect(writeAtomically(join(folder, "options.json"), ["x"])).rejects.toThrow(
      /^cannot write .*it is a folder/,
    );
    expect(readdirSync(folder)).toEqual(["options.json"]);
  });

  it("lets two writers of one file not disturb each other", async () => {
    const path = join(temporaryFolder(), "options.json");
    const texts = ["a".repeat(100_000), "b".repeat(90_000)];
    await Promise.all(texts.map((text) => writeAtomically(path, [text.slice(0, 10), text.slice(10)])));
    expect(texts).toContain(readFileSync(path, "utf8"));
  });
});

describe("removeTemporaries", () => {
  it("removes what a killed writer left and nothing else", () => {
    const folder = temporaryFolder();
    const others = [".hidden", ".lock-1", "latest.json", "notes.tmp", "step-5.json"];
    for (const name of others) writeFileSync(join(folder, name), "");
    for (const name of ["latest.json", "metrics.jsonl", ".lock-1"])
      writeFileSync(temporaryPath(join(folder, name)), "");
    expect(readdirSync(folder)).toHaveLength(8);
    removeTemporaries(folder);
    expect(readdirSync(folder).sort()).toEqual(others);
  });

  it("takes a folder that is not there for one without any", () => {
    expect(() => {
      removeTemporaries(join(temporaryFolder(), "none"));
    }).not.toThrow();
  });
});
