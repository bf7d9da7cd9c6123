import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { allColumns, lineEnd, pieceLengths, rowsOf, tablesOf } from "./in-memory.ts";

describe("a TSV table", () => {
  it("gives the requested columns in the order of the request", async () => {
    const content = "id\tname\tnation\n1\tKhoury\tArabic\n2\tAdam\tIrish\n";
    expect(await rowsOf("names.tsv", content, ["nation", "name"])).toEqual([
      [2, "Arabic", "Khoury"],
      [3, "Irish", "Adam"],
    ]);
  });

  it("has no header if all columns are numbers", async () => {
    expect(await rowsOf("names.tsv", "Arabic\tKhoury\n", ["2", "1"])).toEqual([[1, "Khoury", "Arabic"]]);
  });

  it("has a header if the request says so", async () => {
    const request = { columns: ["2"], header: true };
    expect(await rowsOf("names.tsv", "nation\tname\nArabic\tKhoury\n", request)).toEqual([[2, "Khoury"]]);
  });

  it("takes digits for a name if the header has exactly this name", async () => {
    const content = "2\t1\t01\na\tb\tc\n";
    const request = { columns: ["1", "2", "3", "01"], header: true };
    expect(await rowsOf("years.tsv", content, request)).toEqual([[2, "b", "a", "c", "c"]]);
  });

  it("may end its lines in CRLF, begin with a byte order mark and lack the last line end", async () => {
    expect(await rowsOf("names.tsv", "\ufeffname\tn\r\nKhoury\t1\r\nAdam\t2", ["name", "n"])).toEqual([
      [2, "Khoury", "1"],
      [3, "Adam", "2"],
    ]);
  });

  it("has no rows where lines are blank", async () => {
    expect(await rowsOf("names.tsv", "\n\na\tb\n\r\n\nc\td\n\n\n", ["1", "2"])).toEqual([
      [3, "a", "b"],
      [6, "c", "d"],
    ]);
  });

  it("knows no quotes, escapes or spaces, and any character but LF and tab", async () => {
    const values = ['"a', "\\t", " b ", "", "\0", "c\rd", "\u2028", "😀\ufeff"];
    expect(await rowsOf("odd.tsv", values.join("\t"), allColumns(8))).toEqual([[1, ...values]]);
  });

  it("may lack optional columns, named or numbered", async () => {
    const named = { columns: ["label", "text"], optionalColumns: ["label"] };
    expect(await rowsOf("a.tsv", "text\nhello\n", named)).toEqual([[2, "", "hello"]]);
    const numbered = { columns: ["1", "2"], optionalColumns: ["2"] };
    expect(await rowsOf("a.tsv", "hello\n", numbered)).toEqual([[1, "hello", ""]]);
  });

  it("may be empty if it needs no header", async () => {
    expect(await rowsOf("empty.tsv", "", ["1"])).toEqual([]);
    expect(await rowsOf("empty.tsv", "a\n", ["a"])).toEqual([]);
  });

  const manyNames = Array.from({ length: 22 }, (_, i) => `c${i}`);

  it.each([
    ["a\tb\n", ["1", "3"], undefined, "x.tsv has no column 3; it has 2 columns, numbered from 1"],
    ["a\n", ["0"], undefined, "x.tsv has no column 0; it has 1 column"],
    ["a\tb\n", ["3"], true, 'x.tsv has no column "3"; it has "a", "b"'],
    ["name\tnation\n", ["nane"], undefined, 'x.tsv has no column "nane"; it has "name", "nation"'],
    [
      manyNames.join("\t"),
      ["d"],
      undefined,
      `x.tsv has no column "d"; it has ${manyNames
        .slice(0, 20)
        .map((name) => `"${name}"`)
        .join(", ")} and 2 more`,
    ],
    ["a\tb\ta\n", ["a"], undefined, 'x.tsv has two columns named "a"; take one by its number, 1 or 3'],
    [
      "a\tb\n",
      ["name"],
      false,
      'x.tsv is read without column names; instead of "name", give the column\'s number (it has 2 columns, numbered from 1)',
    ],
  ])("%j cannot give columns %j (header: %s)", async (content, columns, header, message) => {
    await expect(rowsOf("x.tsv", content, { columns, header })).rejects.toThrow(new UsageError(message));
  });

  it.each([
    [
      "a\tb\n1\t2\n\n1\t2\t3\n",
      ["a"],
      "x.tsv, line 4 has 3 fields, but the header has 2; write one tab between two values, and none within a value",
    ],
    [
      "\n1\t2\n1\n",
      ["1"],
      "x.tsv, line 3 has 1 field, but line 2 has 2; write one tab between two values, and none within a value",
    ],
    ["", ["a"], "x.tsv is empty; its first line must name the columns"],
    ["\ufeff\n\n", ["a"], "x.tsv is empty; its first line must name the columns"],
  ])("%j is no table", async (content, columns, message) => {
    await expect(rowsOf("x.tsv", content, columns)).rejects.toThrow(new CharrnnError(message));
  });

  it("is read as it was written, in pieces of any length", async () => {
    const cell = fc
      .string({ unit: "binary", maxLength: 5 })
      .map((text) => text.replace(/[\t\n\r\ufeff]/g, "_"));
    await fc.assert(
      fc.asyncProperty(
        tablesOf(cell),
        lineEnd,
        pieceLengths,
        fc.boolean(),
        async (table, end, length, last) => {
          const rows = table.filter((row) => row.join("\t") !== "");
          const content = rows.map((row) => row.join("\t")).join(end) + (last ? end : "");
          const columns = allColumns(rows[0]?.length ?? 1);
          expect(await rowsOf("x.tsv", content, columns, length)).toEqual(
            rows.map((row, i) => [i + 1, ...row]),
          );
        },
      ),
    );
  });
});
