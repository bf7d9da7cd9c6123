import fc from "fast-check";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../src/errors.ts";
import { readCorpus, type Corpus, type CorpusOptions } from "../../src/text/corpus.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";
import { testsAll } from "../scope.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "charrnn-corpus-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The corpus of what standard input gives in these pieces. */
async function readPieces(
  pieces: readonly (string | Uint8Array)[],
  options?: Partial<CorpusOptions>,
): Promise<Corpus> {
  return readCorpus(["-"], { unit: "char", ...options, stdin: Readable.from(pieces) });
}

function indices({ symbols }: Corpus): number[] {
  return Array.from({ length: symbols.length }, (_, i) => symbols.at(i));
}

function textOf(corpus: Corpus): string {
  return corpus.vocabulary.decode(indices(corpus));
}

function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

describe("readCorpus", () => {
  it("reads a file as symbols in order of code points", async () => {
    const path = await write("hello.txt", "hello");
    const corpus = await readCorpus([path], { unit: "char" });
    expect(corpus.vocabulary.symbols).toEqual(["e", "h", "l", "o"]);
    expect(indices(corpus)).toEqual([1, 0, 2, 2, 3]);
    expect(corpus).toMatchObject({
      files: [path],
      bytes: 5,
      notes: [],
      skipped: { count: 0 },
      sha256: sha256("hello"),
    });
  });

  it("joins files and folders without separator, in order", async () => {
    await mkdir(join(folder, "parts"));
    const [b, a] = [await write("parts/b.txt", "2é"), await write("parts/a.txt", "1")];
    const last = await write("last.md", "3");
    const corpus = await readCorpus([join(folder, "parts"), "-", last], {
      unit: "char",
      stdin: Readable.from(["x"]),
    });
    expect(textOf(corpus)).toBe("12éx3");
    expect(corpus.files).toEqual([a, b, "-", last]);
    expect(corpus.ends).toEqual([1, 3, 4, 5]);
    expect(corpus.sha256).toBe(sha256("12éx3"));
    expect(corpus.bytes).toBe(6);
  });

  it("gives back any text, in the smallest type, whatever the pieces it comes in", async () => {
    const text = fc
      .string({ unit: "binary", minLength: 1, maxLength: 400 })
      .filter((t) => !t.startsWith("\ufeff"));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 50 }), async (expected, size) => {
        const bytes = Buffer.from(expected);
        const pieces: Uint8Array[] = [];
        for (let i = 0; i < bytes.length; i += size) pieces.push(bytes.subarray(i, i + size));
        const corpus = await readPieces(pieces);
        expect(textOf(corpus)).toBe(expected);
        const distinct = [...new Set(expected)].sort(
          (a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0),
        );
        expect(corpus.vocabulary.symbols).toEqual(distinct);
        expect(corpus.symbols.bytesPerSymbol).toBe(distinct.length <= 256 ? 1 : 2);
        expect([corpus.bytes, corpus.sha256]).toEqual([bytes.length, sha256(bytes)]);
      }),
    );
  });

  it.each([
    [256, 1],
    [257, 2],
    [65_536, 2],
    [65_537, 4],
  ])("keeps a text of %i different characters at %i bytes a symbol", async (size, bytesPerSymbol) => {
    // From U+10000 on there are no surrogates in the way; descending, so that order of sight is not the order.
    const text = Array.from({ length: size }, (_, i) => String.fromCodePoint(0x10000 + size - 1 - i)).join(
      "",
    );
    const corpus = await readPieces([text]);
    expect(corpus.symbols.bytesPerSymbol).toBe(bytesPerSymbol);
    expect(indices(corpus)).toEqual(Array.from({ length: size }, (_, i) => size - 1 - i));
  });

  it("counts over all files before it folds the seldom into the unknown symbol", async () => {
    const corpus = await readCorpus([await write("1.txt", "abx"), await write("2.txt", "bya")], {
      unit: "char",
      minCount: 2,
    });
    expect(corpus.vocabulary.symbols).toEqual(["a", "b", null]);
    expect(indices(corpus)).toEqual([0, 1, 2, 1, 2, 0]);
    expect(corpus).toMatchObject({ unknown: 2, bytes: 6 });
  });

  it("narrows the symbols again when the seldom ones were many", async () => {
    const seldom = Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
    const corpus = await readPieces(["abba", seldom, "ab"], { minCount: 2 });
    expect(corpus.symbols.bytesPerSymbol).toBe(1);
    expect(indices(corpus)).toEqual([0, 1, 1, 0, ...new Array<number>(300).fill(2), 0, 1]);
  });

  it("reads any bytes as they are in byte units", async () => {
    const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0xff, 0x0d, 0x00, 0xff);
    const corpus = await readPieces([bytes], { unit: "byte" });
    expect(corpus.vocabulary.symbols).toEqual([0x00, 0x0d, 0xbb, 0xbf, 0xef, 0xff]);
    expect(indices(corpus)).toEqual([4, 2, 3, 5, 1, 0, 5]);
    expect(corpus).toMatchObject({ bytes: 7, notes: [] });
  });

  it("drops the byte order mark at the start of each file, with a note, and keeps others", async () => {
    const [one, two] = [await write("bom1.txt", "\ufeffa\ufeff"), await write("bom2.txt", "\ufeffb")];
    const corpus = await readCorpus([one, two], { unit: "char" });
    expect(textOf(corpus)).toBe("a\ufeffb");
    expect(corpus.notes[0]).toBe(`dropped the byte order mark of ${one} and 1 more`);
    expect(corpus.bytes).toBe(1 + 3 + 1);
    expect(corpus.sha256).toBe(sha256("\ufeffa\ufeff\ufeffb"));
  });

  it("drops a byte order mark that arrives byte by byte", async () => {
    const corpus = await readPieces([...Buffer.from("\ufeffab")].map((byte) => Uint8Array.of(byte)));
    expect(textOf(corpus)).toBe("ab");
  });

  it("keeps one at the start of a later piece, which is the middle of the file", async () => {
    const corpus = await readPieces(["a", "\ufeffb", "\ufeff"]);
    expect(textOf(corpus)).toBe("a\ufeffb\ufeff");
    expect(corpus).toMatchObject({ bytes: 1 + 3 + 1 + 3, notes: [] });
  });

  it.each([
    ["a\rb\rc", 2],
    ["a\r\r\nb", 1],
    ["a\r", 1],
    ["a\r\nb\r\n", 0],
    ["\n\r", 1],
  ])("counts the lone CR line ends of %j, cut anywhere", async (text, count) => {
    for (const pieces of [[text], Array.from(text)]) {
      const { notes } = await readPieces(pieces);
      if (count === 0) expect(notes.join()).not.toContain("lone");
      else
        expect(notes.join()).toContain(
          `${count} lone CR line end${count === 1 ? "" : "s"} in standard input`,
        );
    }
  });

  it.each([
    ["a\nb\n", []],
    ["a\r\nb\r\n", ["2 CRLF line ends in standard input, kept as they are; --newlines lf reads all as LF"]],
    [
      "a\r\nb\nc\rd\n",
      [
        "1 CRLF line end in standard input and 1 lone CR line end in standard input, kept as they are, beside 2 LF; " +
          "--newlines lf reads all as LF",
      ],
    ],
  ])("tells which line ends %j has", async (text, notes) => {
    for (const pieces of [[text], Array.from(text)]) expect((await readPieces(pieces)).notes).toEqual(notes);
  });

  it("reads all line ends as LF with newlines: lf, cut anywhere", async () => {
    const text = "a\r\nb\nc\rd\r\r\ne\r";
    for (const pieces of [[text], Array.from(text)]) {
      const corpus = await readPieces(pieces, { form: { newlines: "lf", normalize: "none" } });
      expect(textOf(corpus)).toBe("a\nb\nc\nd\n\ne\n");
      expect(corpus.bytes).toBe(11);
      // The digest is that of the bytes as they are.
      expect(corpus.sha256).toBe(sha256(text));
      expect(corpus.notes).toEqual([
        "2 CRLF line ends in standard input and 3 lone CR line ends in standard input, read as LF (--newlines lf)",
      ]);
      expect(corpus.vocabulary.toJSON()).toMatchObject({ newlines: "lf" });
    }
  });

  it("tells letters in two Unicode forms, and makes them one with normalize", async () => {
    const [nfc, nfd] = ["é", "e\u0301"];
    const paths = [await write("nfc.txt", `${nfc}\n`), await write("nfd.txt", `${nfd}${nfd}x`)];
    const asIs = await readCorpus(paths, { unit: "char" });
    expect(asIs.vocabulary.symbols).toEqual(["\n", "e", "x", "é", "\u0301"].sort());
    expect(asIs.notes).toEqual([
      `the same letters in two Unicode forms: 1 letter in ${paths[0]} in NFC, 2 letters in ${paths[1]} in NFD; ` +
        "--normalize nfc makes them one",
    ]);
    const form = { newlines: "keep", normalize: "nfc" } as const;
    const one = await readCorpus(paths, { unit: "char", form });
    expect(textOf(one)).toBe("é\nééx");
    // é has 2 bytes of UTF-8.
    expect(one).toMatchObject({
      bytes: 2 + 1 + 4 + 1,
      notes: [`2 letters in ${paths[1]}, read in NFC (--normalize)`],
    });
    expect(textOf(await readCorpus(paths, { unit: "char", form: { ...form, normalize: "nfd" } }))).toBe(
      `${nfd}\n${nfd}${nfd}x`,
    );
    // A model that was trained so reads later texts so.
    const later = await readCorpus([paths[1]], { unit: "char", vocabulary: one.vocabulary });
    expect(textOf(later)).toBe("ééx");
  });

  it("puts the separator between the files of a split, and notices a missing line end without it", async () => {
    const paths = [await write("one.txt", "1"), await write("two.txt", "2"), await write("three.txt", "3")];
    const [one, two, three] = paths;
    const own = { unit: "char", val: [two], test: [three, one] } as const;
    const corpus = await readCorpus(paths, { ...own, separator: "--" });
    expect(textOf(corpus)).toBe("1--2--323--1");
    // A separator belongs to the file before it.
    expect(corpus).toMatchObject({
      files: paths,
      val: [two],
      test: [three, one],
      ends: [3, 6, 7, 8, 11, 12],
      sha256: sha256("123231"),
      digests: ["1", "2", "3", "2", "3", "1"].map((text) => sha256(text)),
      notes: [],
    });
    expect((await readCorpus([one, two, three], own)).notes).toEqual([
      `no line end at the end of ${one} and 2 more: the next file goes on in the same line, unless you give --separator`,
    ]);
    expect((await readCorpus([one, two], { unit: "char", areJoined: false })).notes).toEqual([]);
  });

  it("takes no standard input as a text of its own for a split", async () => {
    const path = await write("one.txt", "1");
    await expect(readCorpus([path], { unit: "char", val: ["-"] })).rejects.toThrow(
      new UsageError("--val and --test take files, not standard input (-): name a file"),
    );
  });

  it("notes NUL characters, which UTF-16 read as UTF-8 is full of", async () => {
    const utf16 = Buffer.from("hello", "utf16le");
    expect((await readPieces([utf16])).notes).toEqual([
      "NUL characters in standard input, kept as they are; it is probably utf-16le: give --encoding utf-16le",
    ]);
    const { notes } = await readPieces(["a", "\0b", "bbb\0"]);
    expect(notes).toEqual(["NUL characters in standard input, kept as they are"]);
  });

  it("notes what a folder holds", async () => {
    await mkdir(join(folder, "folder"));
    const path = await write("folder/a.txt", "a");
    expect((await readCorpus([join(path, "..")], { unit: "char" })).notes).toEqual([
      expect.stringMatching(/folder has 1 text$/),
    ]);
  });

  it("notes empty files among others", async () => {
    const [empty, full] = [await write("empty.txt", ""), await write("full.txt", "a")];
    const corpus = await readCorpus([empty, full], { unit: "char" });
    expect(corpus.notes).toEqual([`there is no text in ${empty}`]);
    expect(corpus.files).toEqual([empty, full]);
  });

  it("tells its progress, and the total where it can be known", async () => {
    const [one, two] = [await write("p1.txt", "abc"), await write("p2.txt", "de")];
    const calls: [number, number | undefined][] = [];
    const onProgress = (bytesRead: number, bytesTotal: number | undefined): void => {
      calls.push([bytesRead, bytesTotal]);
    };
    await readCorpus([one, two], { unit: "char", onProgress });
    expect(calls).toEqual([
      [3, 5],
      [5, 5],
    ]);
    calls.length = 0;
    await readCorpus([one, "-"], { unit: "char", onProgress, stdin: Readable.from(["f"]) });
    expect(calls).toEqual([
      [3, undefined],
      [4, undefined],
    ]);
  });
});

describe("readCorpus with an encoding", () => {
  // "é" is one byte of windows-1252 and two of UTF-8; "€" is one and three.
  const text = "caf\u00e9 3 \u20ac\n";
  const windows1252 = Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20, 0x33, 0x20, 0x80, 0x0a);

  it("reads the same text as from UTF-8, whose bytes it counts", async () => {
    const translated = await readPieces([text]);
    const corpus = await readPieces([windows1252], { encoding: "windows-1252" });
    expect(textOf(corpus)).toBe(text);
    expect(indices(corpus)).toEqual(indices(translated));
    expect(corpus.vocabulary.symbols).toEqual(translated.vocabulary.symbols);
    expect([corpus.bytes, translated.bytes]).toEqual([12, 12]);
    // The digest is that of the file as it lies.
    expect(corpus.sha256).toBe(sha256(windows1252));
  });

  it("drops the byte order mark of UTF-16 with a note, and keeps NUL characters without advice", async () => {
    const encoding = "utf-16le";
    const corpus = await readPieces([Buffer.from("\ufeffa\0\u00e9", "utf16le")], { encoding });
    expect(textOf(corpus)).toBe("a\0\u00e9");
    expect(corpus.bytes).toBe(4);
    expect(corpus.notes).toEqual([
      "dropped the byte order mark of standard input",
      "NUL characters in standard input, kept as they are",
    ]);
  });

  it("starts each file with its own character", async () => {
    // Both end with half a character.
    const half = Buffer.from("ab", "utf16le").subarray(0, 3);
    const [one, two] = [await write("1.txt", half), await write("2.txt", half)];
    await expect(readCorpus([one, two], { unit: "char", encoding: "utf-16le" })).rejects.toThrow(
      `${one} is not utf-16le at byte offset 2: give the --encoding that it has, or convert it to UTF-8`,
    );
  });

  it("refuses an encoding for bytes", async () => {
    await expect(readPieces([text], { unit: "byte", encoding: "windows-1252" })).rejects.toThrow(
      "--encoding windows-1252 is for characters, and the unit here is the byte: leave out --encoding",
    );
  });
});

describe("readCorpus with a vocabulary", () => {
  const abc = Vocabulary.fromJson({ unit: "char", symbols: ["\n", "a", "b", "c"] });

  it("keeps it, whatever the text", async () => {
    const corpus = await readPieces(["cab"], { vocabulary: abc });
    expect(corpus.vocabulary).toBe(abc);
    expect(indices(corpus)).toEqual([3, 1, 2]);
  });

  it("names a symbol outside it and its place in its file", async () => {
    const [good, bad] = [await write("good.txt", "a\nb\n"), await write("bad.txt", "\ufeffab\ncéa")];
    const reading = readCorpus([good, bad], { unit: "char", vocabulary: abc });
    await expect(reading).rejects.toThrow(CharrnnError);
    await expect(reading).rejects.toThrow(`"é" (U+00E9) at offset 4 (line 2, column 2) of ${bad} is not in`);
    await expect(reading).rejects.toThrow(/; remove it, or skip it with --unknown skip$/);
  });

  it("offers to let the vocabulary grow only where it may", async () => {
    await expect(readPieces(["é"], { vocabulary: abc, mayGrow: true })).rejects.toThrow(
      /; remove it, skip it with --unknown skip, or add it to the vocabulary with --unknown grow$/,
    );
  });

  it("grows it in order of code points where asked to, and keeps symbols that do not occur", async () => {
    const corpus = await readPieces(["céb", "Ac"], { vocabulary: abc, unknown: "grow" });
    expect(corpus.vocabulary.symbols).toEqual(["\n", "A", "a", "b", "c", "é"]);
    expect(indices(corpus)).toEqual([4, 5, 3, 1, 4]);
    expect(corpus).toMatchObject({ unknown: 0, skipped: { count: 0 }, bytes: 6 });
  });

  it("keeps the unknown symbol of a vocabulary that grows, and widens the symbols if it must", async () => {
    const many = Array.from({ length: 255 }, (_, i) => String.fromCodePoint(0x4e00 + i));
    const vocabulary = Vocabulary.fromJson({ unit: "char", symbols: [...many, null] });
    const corpus = await readPieces(["éx", many[254]], { vocabulary, unknown: "grow" });
    expect(corpus.vocabulary.symbols).toEqual(["x", "é", ...many, null]);
    expect(indices(corpus)).toEqual([1, 0, 256]);
    expect(corpus).toMatchObject({ unknown: 0, symbols: { bytesPerSymbol: 2 } });
  });

  it("lists all of them, from all files and pieces", async () => {
    const [one, other] = [await write("one.txt", "aé\n"), await write("other.txt", "xéb")];
    await expect(readCorpus([one, other], { unit: "char", vocabulary: abc })).rejects.toThrow(
      '3 characters are not in the model\'s vocabulary: "é" (U+00E9) 2 times, "x" (U+0078) once; ' +
        `the first is at offset 1 of ${one}; remove them`,
    );
  });

  it("counts that place over all pieces", async () => {
    await expect(readPieces(["ab\n", "b\n", "abé"], { vocabulary: abc })).rejects.toThrow(
      "offset 7 (line 3, column 3) of standard input",
    );
  });

  it("goes on without it where asked to", async () => {
    const corpus = await readPieces(["aéb", "xc"], { vocabulary: abc, unknown: "skip" });
    expect(indices(corpus)).toEqual([1, 2, 3]);
    expect([0, 1, 2].map((position) => corpus.skipped.offsetOf(position))).toEqual([0, 2, 4]);
    // 6 bytes were read, of which é and x had 3.
    expect(corpus).toMatchObject({ skipped: { count: 2 }, bytes: 3 });
  });

  it("maps it to the unknown symbol if there is one", async () => {
    const vocabulary = Vocabulary.fromJson({ unit: "char", symbols: ["a", null] });
    const corpus = await readPieces(["aéa"], { vocabulary });
    expect(indices(corpus)).toEqual([0, 1, 0]);
    expect(corpus).toMatchObject({ unknown: 1, skipped: { count: 0 }, bytes: 4 });
  });

  it("refuses another unit, and a text of which nothing is left", async () => {
    await expect(readPieces(["a"], { vocabulary: abc, unit: "byte" })).rejects.toThrow(UsageError);
    await expect(readPieces(["xyz"], { vocabulary: abc, unknown: "skip" })).rejects.toThrow(
      "none of the 3 symbols of standard input is in the model's vocabulary",
    );
  });
});

describe("readCorpus refuses", () => {
  it("an empty text", async () => {
    const path = await write("nothing.txt", "");
    await expect(readCorpus([path], { unit: "char" })).rejects.toThrow(
      `${path} is empty; give a text to read`,
    );
    await expect(readPieces([])).rejects.toThrow("standard input is empty");
    await expect(readPieces(["\ufeff"])).rejects.toThrow("standard input is empty");
  });

  it("what is not UTF-8, naming the file, the offset in it, and --unit byte", async () => {
    const [good, bad] = [
      await write("utf8.txt", "é"),
      await write("latin1.txt", Buffer.from("café", "latin1")),
    ];
    const reading = readCorpus([good, bad], { unit: "char" });
    await expect(reading).rejects.toThrow(CharrnnError);
    await expect(reading).rejects.toThrow(`${bad} is not UTF-8 at byte offset 3 (0xe9`);
    await expect(reading).rejects.toThrow("--unit byte");
  });

  it("a file that ends within a character, even if the next would complete it", async () => {
    const [half, rest] = [
      await write("half.txt", Uint8Array.of(0xc3)),
      await write("rest.txt", Uint8Array.of(0xa9)),
    ];
    await expect(readCorpus([half, rest], { unit: "char" })).rejects.toThrow(
      `${half} is not UTF-8 at byte offset 0`,
    );
  });

  it("a minCount that leaves nothing", async () => {
    await expect(readPieces(["abc"], { minCount: 2 })).rejects.toThrow(UsageError);
  });
});

describe("memory", () => {
  it.runIf(testsAll)(
    "stays under 2.5 times the symbols' size plus 200 MB while widths come and go",
    async () => {
      // 240 MB of ASCII, then 300 other characters, which widen the symbols, and which --min-count folds again.
      const program = `
      import { Readable } from "node:stream";
      const { readCorpus } = await import(process.argv[1]);
      const megabyte = Buffer.alloc(1e6, "The quick brown fox. ");
      function* text() {
        for (let i = 0; i < 240; i++) yield megabyte;
        yield Buffer.from(Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(""));
      }
      const { symbols } = await readCorpus(["-"], { unit: "char", minCount: 2, stdin: Readable.from(text()) });
      const { length, bytesPerSymbol } = symbols;
      console.log(JSON.stringify({ length, bytesPerSymbol, peak: process.resourceUsage().maxRSS * 1024 }));`;
      const corpusModule = new URL("../../src/text/corpus.ts", import.meta.url).href;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", program, corpusModule],
        { cwd: fileURLToPath(new URL("../..", import.meta.url)) },
      );
      const { length, bytesPerSymbol, peak } = JSON.parse(stdout) as Record<string, number>;
      expect([length, bytesPerSymbol]).toEqual([240e6 + 300, 1]);
      expect(peak).toBeLessThan(2.5 * length * bytesPerSymbol + 200e6);
    },
  );
});

const testData = process.env.CHARRNN_TEST_DATA;

describe("real text", () => {
  it.runIf(testData)("of Korean reviews is read as Node reads it (needs CHARRNN_TEST_DATA)", async () => {
    const path = join(testData ?? "", "korean_nsmc/nsmc_reviews.txt");
    const corpus = await readCorpus([path], { unit: "char" });
    const text = await readFile(path, "utf8");
    expect(textOf(corpus) === text).toBe(true);
    expect(corpus.vocabulary.size).toBe(new Set(text).size);
    expect(corpus.vocabulary.byteLength(corpus.symbols)).toBe(corpus.bytes);
  });
});
