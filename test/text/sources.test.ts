import { execFileSync } from "node:child_process";
import { linkSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../src/errors.ts";
import { findFile, findSources, missingFile, PIECE_LENGTH, type Source } from "../../src/text/sources.ts";
import { testsAll } from "../scope.ts";

const none = Readable.from([]);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "charrnn-sources-"));
  await chmod(folder, 0o755);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(path: string, content: string | Uint8Array = path): Promise<string> {
  const full = join(folder, path);
  await mkdir(join(full, ".."), { recursive: true });
  await writeFile(full, content);
  return full;
}

async function contents(source: Source): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source.read()) {
    expect(piece.length).toBeLessThanOrEqual(PIECE_LENGTH);
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

async function find(...paths: string[]): Promise<Source[]> {
  return (await findSources(paths, none)).sources;
}

describe("findSources", () => {
  it("takes the .txt files of a folder and of those below it, in byte order of their paths", async () => {
    // As bytes: "-" 2d, "." 2e, "/" 2f, "Z" 5a, "a" 61, "é" c3 a9, "～" ef bd 9e, the fox f0 9f a6 8a.
    const expected = [
      "Z.txt",
      "a-b.txt",
      "a.txt",
      "a/b.txt",
      "a/c/d.txt",
      "b.txt",
      "é.txt",
      "～.txt",
      "🦊.txt",
    ];
    for (const path of expected) await write(`tree/${path}`);
    for (const path of [".hidden.txt", ".git/x.txt", "a/notes.md", "txt", "x.txt.gz"])
      await write(`tree/${path}`);
    await symlink(join(folder, "tree/a.txt"), join(folder, "tree/link.txt"));
    const tree = join(folder, "tree");
    expect((await find(tree)).map(({ name }) => name)).toEqual(expected.map((path) => `${tree}/${path}`));
    expect((await find(`${tree}/`)).map(({ name }) => name)).toEqual(
      expected.map((path) => `${tree}/${path}`),
    );
  });

  it("tells how many texts a folder has, and what of it is left out", async () => {
    for (const path of ["a.txt", "b.txt", "B.TXT", "below/c.md", ".d.md"]) await write(`mixed/${path}`);
    const one = await write("mixed/one/e.txt");
    await symlink(one, join(folder, "mixed/one/f.txt"));
    await symlink(one, join(folder, "mixed/link.txt"));
    const mixed = join(folder, "mixed");
    expect((await findSources([mixed, join(mixed, "one"), one], none)).notes).toEqual([
      `${mixed} has 4 texts, read in order of their paths, without the links ${mixed}/link.txt, ${mixed}/one/f.txt, ` +
        `and without ${mixed}/below/c.md, which is not .txt`,
      `${mixed}/one has 1 text, without the link ${mixed}/one/f.txt`,
    ]);
  });

  it.runIf(testsAll)("takes a folder of more files than a stack has room for", async () => {
    const first = await write("many/below/0.txt", "");
    for (let i = 1; i < 20_000; i++) linkSync(first, join(folder, `many/below/${i}.txt`));
    // 150 KiB of stack hold 19,200 arguments of 8 bytes; the usual 984 KiB would take 130,000 files.
    const child = join(import.meta.dirname, "children/count-sources.ts");
    const argv = ["--stack-size=150", "--import", "tsx", child, join(folder, "many")];
    expect(execFileSync(process.execPath, argv, { encoding: "utf8" })).toBe("20000\n");
  });

  it("keeps the order given, and takes a named file whatever its name, through links too", async () => {
    const [second, first] = [await write("second.md", "22"), await write(".first", "1")];
    const link = join(folder, "linked");
    await symlink(second, link);
    const sources = await find(first, link, second, first);
    expect(sources.map(({ name, size }) => [name, size])).toEqual([
      [first, 1],
      [link, 2],
      [second, 2],
      [first, 1],
    ]);
  });

  it("reads a file whole, in pieces", async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 2 * PIECE_LENGTH + 17 }, (_, i) => (i * 7) % 251));
    const [source] = await find(await write("large", bytes));
    expect((await contents(source)).equals(bytes)).toBe(true);
  });

  it("reads standard input, whether it comes as bytes or as text, and cannot tell its size", async () => {
    const large = Buffer.alloc(PIECE_LENGTH + 5, 98);
    const [source] = (await findSources(["-"], Readable.from([Buffer.from("ab"), "cé", large]))).sources;
    expect([source.name, source.size]).toEqual(["-", undefined]);
    expect((await contents(source)).equals(Buffer.concat([Buffer.from("abcé"), large]))).toBe(true);
  });

  it("says that standard input failed", async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error("the pipe broke"));
      },
    });
    const [source] = (await findSources(["-"], broken)).sources;
    await expect(contents(source)).rejects.toThrow("cannot read standard input: the pipe broke");
  });

  it("refuses what cannot be read, in one line that names it", async () => {
    const file = await write("plain.txt");
    await mkdir(join(folder, "bare/deeper"), { recursive: true });
    const missing = join(folder, "missing.txt");
    for (const [path, message] of [
      [missing, `cannot read ${missing}: no such file or folder; check the path`],
      [join(folder, "bare"), `the folder ${folder}/bare has no .txt files`],
      [`${file}/inside`, `cannot read ${file}/inside: a part of the path is a file, not a folder`],
    ]) {
      await expect(find(path)).rejects.toThrow(CharrnnError);
      await expect(find(path)).rejects.toThrow(message);
      await expect(find(path)).rejects.toThrow(/^[^\n]+$/);
    }
  });

  it("names a folder or file that it has no permission to read", async () => {
    const locked = await write("locked/below/a.txt");
    await chmod(locked, 0o000);
    await asOrdinaryUser(async () => {
      const [source] = await find(locked);
      await expect(contents(source)).rejects.toThrow(
        `cannot read ${locked}: permission is denied; change the permissions`,
      );
    });
    const below = join(folder, "locked/below");
    await chmod(below, 0o000);
    await asOrdinaryUser(async () => {
      await expect(find(join(folder, "locked"))).rejects.toThrow(
        `cannot read ${below}: permission is denied; change the permissions`,
      );
    });
    await chmod(below, 0o755);
  });

  it("refuses to read standard input twice, or nothing", async () => {
    await expect(find("-", "-")).rejects.toThrow(UsageError);
    await expect(find()).rejects.toThrow(UsageError);
    const path = "a.txt" as unknown as string[];
    await expect(findSources(path, none)).rejects.toThrow(
      "the corpus must be a list of paths: write [path], not path",
    );
  });
});

/** Runs without root's right to read everything, if these tests run as root. */
async function asOrdinaryUser(run: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe("missingFile", () => {
  it("looks from the folder given, or the working directory, and names the first file that is not there", async () => {
    await write("trained/on.txt");
    expect(missingFile(["trained/on.txt", join(folder, "trained/on.txt")], folder)).toBeUndefined();
    expect(missingFile([join(folder, "trained/on.txt"), "trained/on.txt", "other.txt"])).toBe(
      "trained/on.txt",
    );
  });
});

describe("findFile", () => {
  it("finds one file", async () => {
    const path = await write("one/table.tsv", "a\tb\n");
    const source = await findFile(path, none);
    expect(source).toMatchObject({ name: path, size: 4 });
    expect((await contents(source)).toString()).toBe("a\tb\n");
  });

  it("finds standard input", async () => {
    const source = await findFile("-", Readable.from(["a", "b"]));
    expect(source).toMatchObject({ name: "-", size: undefined });
    expect((await contents(source)).toString()).toBe("ab");
  });

  it("finds no folder and nothing that is missing", async () => {
    await expect(findFile(folder, none)).rejects.toThrow(
      new CharrnnError(`${folder} is a folder, not a file; name a file in it`),
    );
    await expect(findFile(join(folder, "none.tsv"), none)).rejects.toThrow(
      new CharrnnError(`cannot read ${join(folder, "none.tsv")}: no such file or folder; check the path`),
    );
  });
});
