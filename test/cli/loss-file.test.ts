import { exec, execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openLosses } from "../../src/cli/loss-file.ts";
import { isSameFile } from "../../src/cli/same-file.ts";
import { UsageError } from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));

/** Writes so many losses to a file. */
function write(path: string, count: number): void {
  const losses = openLosses(path, []);
  for (let offset = 1; offset <= count; offset++) losses?.add(offset, "é", 0.5);
  losses?.flush();
  losses?.close();
}

const line = (offset: number) => `{"offset":${offset},"symbol":"é","loss":0.5}\n`;

describe("the file of losses", () => {
  it("has a JSON line for each, however many there are, in the place of what it held", () => {
    const path = join(folder, "losses.jsonl");
    write(path, 5000);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(5000);
    expect(`${lines[4999]}\n`).toBe(line(5000));
    write(path, 1);
    expect(readFileSync(path, "utf8")).toBe(line(1));
  });

  it.each([
    ["that takes them all", "cat", 20_000],
    ["whose reader leaves after the first", "head -n 1", 1],
  ])("may be a pipe %s", async (_which, reader, lines) => {
    const [pipe, read] = [join(folder, `${reader}.pipe`), join(folder, `${reader}.jsonl`)];
    execFileSync("mkfifo", [pipe]);
    const reading = promisify(exec)(`${reader} < "${pipe}" > "${read}"`);
    // 20,000 lines are more than a pipe holds.
    write(pipe, 20_000);
    await reading;
    const expected = Array.from({ length: lines }, (_, i) => line(i + 1)).join("");
    expect(readFileSync(read, "utf8")).toBe(expected);
  });

  it("is none of the files that are not to be lost, be it by a link, nor standard output by -", () => {
    const [text, own] = ["text.txt", "own.txt"].map((name) => join(folder, name));
    for (const path of [text, own]) writeFileSync(path, "kept");
    const [symbolic, hard] = [join(folder, "symbolic"), join(folder, "hard")];
    symlinkSync(text, symbolic);
    linkSync(own, hard);
    for (const [path, lost] of [
      [text, text],
      [symbolic, text],
      [hard, own],
    ]) {
      const message = `--per-char ${path} would overwrite ${lost}: name another file`;
      expect(() => openLosses(path, [text, own])).toThrow(new UsageError(message));
      expect(readFileSync(lost, "utf8")).toBe("kept");
    }
    expect(() => openLosses("-", [])).toThrow(
      "--per-char takes a file, not -: write /dev/stdout for standard output",
    );
    expect(openLosses(undefined, [])).toBeUndefined();
  });

  it("goes again where it is new and nothing comes, and is left as it was where it is not", () => {
    const [fresh, kept] = [join(folder, "fresh.jsonl"), join(folder, "kept.jsonl")];
    writeFileSync(kept, "kept");
    for (const path of [fresh, kept]) openLosses(path, [])?.close();
    expect(existsSync(fresh)).toBe(false);
    expect(readFileSync(kept, "utf8")).toBe("kept");
  });
});

describe("isSameFile", () => {
  it("sees through links, and what is not there is nothing", () => {
    const [file, link, missing] = ["file", "link", "missing"].map((name) => join(folder, name));
    writeFileSync(file, "");
    symlinkSync(file, link);
    expect([isSameFile(file, link), isSameFile(file, folder), isSameFile(missing, missing)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
