import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { findFile, type Source } from "../../../src/text/sources.ts";
import { MOST_ROW_BYTES } from "../../../src/text/tables/lines.ts";
import { readTable, tableFormatOf, tableFormats, tableRows } from "../../../src/text/tables/table.ts";
import { allOr } from "../../scope.ts";
import { inMemory, rowsAndError, rowsOf } from "./in-memory.ts";

const none = Readable.from([]);

describe("tableFormatOf", () => {
  it.each([
    ["a.tsv", "tsv"],
    ["a.tab", "tsv"],
    ["a.csv", "csv"],
    ["a.jsonl", "jsonl"],
    ["a.ndjson", "jsonl"],
    ["a.conll", "conll"],
    ["a.conllu", "conllu"],
    ["folder.csv/A.B.TSV", "tsv"],
    ["a.txt", undefined],
    ["tsv", undefined],
    [".csv", undefined],
    ["-", undefined],
  ])("of %s is %s", (path, format) => {
    expect(tableFormatOf(path)).toBe(format);
  });
});

describe("readTable", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "charrnn-tables-"));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it("reads a file, its size and its digest", async () => {
    const path = join(folder, "names.tsv");
    const content = "\ufeffname\r\nAdam\r\n";
    await writeFile(path, content);
    expect(await readTable(await findFile(path, none), { columns: ["name"] })).toEqual({
      name: path,
      bytes: 15, // the mark 3, the lines 6 each
      sha256: createHash("sha256").update(content).digest("hex"),
      rows: [{ line: 2, values: ["Adam"] }],
    });
  });

  it("reads standard input in the format of the request", async () => {
    const source = await findFile("-", Readable.from(["a,b\n", "c,", "d\n"]));
    expect(await readTable(source, { format: "csv", columns: ["2"] })).toMatchObject({
      name: "-",
      bytes: 8,
      rows: [
        { line: 1, values: ["b"] },
        { line: 2, values: ["d"] },
      ],
    });
  });

  it("takes the format of the request before that of the extension", async () => {
    const request = { format: "csv", columns: ["2"] } as const;
    expect(await rowsOf("x.tsv", "a,b\n", request)).toEqual([[1, "b"]]);
  });

  it.each([
    ["-", "standard input does not tell its table format; give --format (tsv, csv, jsonl, conll, conllu)"],
    ["a.txt", "a.txt does not tell its table format; give --format (tsv, csv, jsonl, conll, conllu)"],
  ])("cannot guess the format of %s", async (name, message) => {
    await expect(rowsOf(name, "a\n", ["1"])).rejects.toThrow(new UsageError(message));
  });

  it.each(tableFormats)("refuses what is not UTF-8 (%s)", async (format) => {
    const bytes = Buffer.from("ab\xe9\n", "latin1");
    for (const length of [1, 2, 100]) {
      await expect(rowsOf("x", bytes, { format, columns: ["1"] }, length)).rejects.toThrow(
        new CharrnnError("x is not UTF-8 at byte offset 2 (0xe9); convert it to UTF-8"),
      );
    }
  });

  it("refuses UTF-16 and a file that ends within its byte order mark", async () => {
    await expect(rowsOf("x.tsv", Buffer.from("\ufeffa\n", "utf16le"), ["1"])).rejects.toThrow(
      new CharrnnError(
        "x.tsv is not UTF-8 at byte offset 0 (0xff); if it is UTF-16, convert it (iconv -f UTF-16 -t UTF-8)",
      ),
    );
    await expect(rowsOf("x.tsv", Buffer.from([0xef, 0xbb]), ["1"], 1)).rejects.toThrow(
      new CharrnnError(
        "x.tsv is not UTF-8 at byte offset 0 (0xef, the text ends within a character); convert it to UTF-8",
      ),
    );
  });

  const tsv = ["tsv", "a", 1] as const;
  const csv = ["csv", '1\n"a', 2] as const;

  it.each(allOr<typeof tsv | typeof csv>([tsv], [tsv, csv]))(
    "refuses an endless row (%s)",
    async (format, start, line) => {
      const source: Source = {
        name: "x",
        size: undefined,
        // eslint-disable-next-line @typescript-eslint/require-await
        async *read() {
          yield Buffer.from(start);
          const piece = Buffer.alloc(2 ** 18, "a");
          for (let length = 0; length <= MOST_ROW_BYTES; length += piece.length) yield piece;
        },
      };
      await expect(readTable(source, { format, columns: ["1"] })).rejects.toThrow(
        new CharrnnError(
          `x, line ${line}: the row has more than 64 MB; check that the file is a table of this format`,
        ),
      );
    },
  );
});

describe("tableRows", () => {
  it("gives each row as soon as it is complete", async () => {
    const written: string[] = [];
    const source: Source = {
      name: "-",
      size: undefined,
      // eslint-disable-next-line @typescript-eslint/require-await
      async *read() {
        for (const piece of ["a", "\nb\n", "c\n"]) {
          written.push(piece);
          yield Buffer.from(piece);
        }
      },
    };
    const seen: unknown[] = [];
    for await (const { values } of tableRows(source, { format: "tsv", columns: ["1"] })) {
      seen.push([values[0], written.length]);
    }
    expect(seen).toEqual([
      ["a", 2],
      ["b", 2],
      ["c", 3],
    ]);
  });

  it.each([
    ["x.tsv", "a\tb\nc\td\ne\n"],
    ["x.csv", "a,b\nc,d\ne\n"],
    ["x.jsonl", '{"1": "a"}\n{"1": "c"}\n{}\n'],
    ["x.conll", "a b\n\nc d\n\ne f g\nh\n"],
  ])("gives the rows before a faulty one (%s)", async (name, content) => {
    const { rows, error } = await rowsAndError(inMemory(name, content), { columns: ["1"] });
    expect(rows.map(({ values }) => values.flat())).toEqual([["a"], ["c"]]);
    expect(error).toBeInstanceOf(CharrnnError);
  });

  it.each(["tsv", "csv"] as const)("stops reading when its caller stops (%s)", async (format) => {
    let closed = false;
    const source: Source = {
      name: "x",
      size: undefined,
      // eslint-disable-next-line @typescript-eslint/require-await
      async *read() {
        try {
          for (;;) yield Buffer.from("aaaa\nbbbb\n");
        } finally {
          closed = true;
        }
      },
    };
    for await (const row of tableRows(source, { format, columns: ["1"] })) if (row.line === 3) break;
    expect(closed).toBe(true);
  });
});

const testData = process.env.CHARRNN_TEST_DATA ?? "";

describe.runIf(testData)("real tables (need CHARRNN_TEST_DATA)", () => {
  function awk(program: string, path: string): string[] {
    const output = execFileSync("awk", ["-F", "\t", program, path], { encoding: "utf8", maxBuffer: 2 ** 28 });
    return output.split("\n").slice(0, -1);
  }

  it("of names are read as awk reads them", async () => {
    const path = join(testData, "names_nationality/names.tsv");
    const { rows, bytes } = await readTable(await findFile(path, none), { columns: ["2", "1"] });
    expect(rows.length).toBe(20_074);
    expect(bytes).toBe((await readFile(path)).length);
    expect(rows.map(({ line, values }) => [line, ...values].join("|"))).toEqual(
      awk('{ print NR "|" $2 "|" $1 }', path),
    );
  });

  it.each(allOr(["dev"], ["dev", "test", "train"]))(
    "of English sentences are read as awk reads them (%s)",
    async (part) => {
      const path = join(testData, `ud_english_ewt/en_ewt-ud-${part}.conllu`);
      const { rows } = await readTable(await findFile(path, none), { columns: ["form", "upos"] });
      const tokens = rows.flatMap(({ values: [forms, tags] }) => {
        expect(forms.length).toBe(tags.length);
        return Array.from(forms, (form, i) => `${form}|${tags[i]}`);
      });
      // One comparison: a difference of 200,000 lines would take minutes to print.
      expect(tokens.join("\n") === awk('$1 ~ /^[0-9]+$/ { print $2 "|" $4 }', path).join("\n")).toBe(true);
      expect(rows.length).toBe(awk("/^# sent_id/", path).length);
    },
  );
});
