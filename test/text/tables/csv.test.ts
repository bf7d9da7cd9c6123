import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { allColumns, inMemory, lineEnd, pieceLengths, rowsAndError, rowsOf, tablesOf } from "./in-memory.ts";

describe("a CSV table", () => {
  it("gives the requested columns in the order of the request", async () => {
    const content = "id,name,nation\n1,Khoury,Arabic\n2, Adam ,Irish\n";
    expect(await rowsOf("names.csv", content, ["nation", "name"])).toEqual([
      [2, "Arabic", "Khoury"],
      [3, "Irish", " Adam "],
    ]);
  });

  it("has no header if all columns are numbers", async () => {
    expect(await rowsOf("names.csv", "Arabic,Khoury\n", ["2", "1"])).toEqual([[1, "Khoury", "Arabic"]]);
  });

  it("may have commas, quotes and line ends within quotes", async () => {
    const content = 'a,b\r\n"1,""2""","x\r\ny\n"\r\n"","\tz"';
    expect(await rowsOf("x.csv", content, ["a", "b"])).toEqual([
      [2, '1,"2"', "x\r\ny\n"],
      [5, "", "\tz"],
    ]);
  });

  it("says where rows begin, after blank lines and line ends within values", async () => {
    const content = '\n\na\r\n\r\n"\n\n\r\n\r"\n\nlast\n\n';
    expect(await rowsOf("x.csv", content, ["1"])).toEqual([
      [3, "a"],
      [5, "\n\n\r\n\r"],
      [10, "last"],
    ]);
  });

  it("begins with a byte order mark or not, even before a quote", async () => {
    expect(await rowsOf("x.csv", '\ufeff"a"\n"\ufeff1"\n', ["a"])).toEqual([[2, "\ufeff1"]]);
  });

  it("may lack optional columns and the last line end", async () => {
    const request = { columns: ["label", "text"], optionalColumns: ["label"] };
    expect(await rowsOf("x.csv", "text\nhello", request)).toEqual([[2, "", "hello"]]);
  });

  it("has a row where a value is empty within quotes, and none where a line is blank", async () => {
    expect(await rowsOf("x.csv", 'a\n""\n\n""', ["1"])).toEqual([
      [1, "a"],
      [2, ""],
      [4, ""],
    ]);
  });

  it("may be empty if it needs no header", async () => {
    expect(await rowsOf("x.csv", "", ["1"])).toEqual([]);
    await expect(rowsOf("x.csv", "\n", ["a"])).rejects.toThrow(
      new CharrnnError("x.csv is empty; its first line must name the columns"),
    );
  });

  it("names its columns if one is unknown", async () => {
    await expect(rowsOf("x.csv", 'a,"b c"\n', ["b"])).rejects.toThrow(
      new UsageError('x.csv has no column "b"; it has "a", "b c"'),
    );
  });

  it.each([
    [
      "a,b\n1,2,3\n",
      "x.csv, line 2 has 3 fields, but the header has 2; put a value that has commas in double quotes",
    ],
    [
      'a,b\n"\n\r\n",2\n1\n',
      "x.csv, line 5 has 1 field, but the header has 2; put a value that has commas in double quotes",
    ],
    [
      'a,b\n"\n",2\n\n1,say "hi"\n',
      'x.csv, line 5, column 2: a double quote stands within a value; put the whole value in double quotes and write "" for each one within',
    ],
    [
      'a,b\n1,"say "hi""\n',
      'x.csv, line 2, column 2: text follows the double quote that ends the value; write "" for a double quote within a value',
    ],
    [
      'a,b\n1,2\n"3,4\n5,6\n',
      'x.csv, line 3, column 1: the value begins with a double quote, and none ends it; add it, or write "" for a double quote within a value',
    ],
  ])("cannot be %j", async (content, message) => {
    for (const length of [1, 3, 100]) {
      await expect(rowsOf("x.csv", content, ["a"], length)).rejects.toThrow(new CharrnnError(message));
    }
  });

  it("gives the rows before a faulty one", async () => {
    const { rows, error } = await rowsAndError(inMemory("x.csv", 'a,b\n1,2\n3,4\n5,"6"7\n'), {
      columns: ["a"],
    });
    expect(rows.map(({ values }) => values)).toEqual([["1"], ["3"]]);
    expect(error).toBeInstanceOf(CharrnnError);
  });

  it("is read as it was written, in pieces of any length", async () => {
    const cell = fc.string({
      unit: fc.constantFrom("a", "é", "😀", '"', ",", "\n", "\r", " ", "\t", "\0"),
      maxLength: 5,
    });
    const quoted = fc.record({ value: cell, quote: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        tablesOf(quoted),
        lineEnd,
        pieceLengths,
        fc.boolean(),
        async (table, end, length, last) => {
          const lines = table.map((row) =>
            row.map(({ value, quote }) => written(value, quote || row.length === 1)).join(","),
          );
          const content = lines.join(end) + (last ? end : "");
          const columns = allColumns(table[0]?.length ?? 1);
          let line = 1;
          const rows = lines.map((text, i) => {
            const begin = line;
            line += text.split("\n").length;
            return [begin, ...table[i].map(({ value }) => value)];
          });
          expect(await rowsOf("x.csv", content, columns, length)).toEqual(rows);
        },
      ),
    );
  });
});

function written(value: string, quote: boolean): string {
  return quote || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
