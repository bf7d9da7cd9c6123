import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { lineEnd, pieceLengths, rowsOf } from "./in-memory.ts";

describe("a table in JSON lines", () => {
  it("gives texts, numbers and booleans as texts, and arrays as tokens", async () => {
    const content = [
      '{"a": "x\\ty", "b": 1.50, "c": true, "d": ["to", "be", 2], "e": {}}',
      "",
      '  {"d": [], "c": false, "b": -1e3, "a": ""}  ',
    ].join("\r\n");
    expect(await rowsOf("x.jsonl", content, ["a", "b", "c", "d"])).toEqual([
      [1, "x\ty", "1.5", "true", ["to", "be", "2"]],
      [3, "", "-1000", "false", []],
    ]);
  });

  it("has keys, no numbers of columns", async () => {
    expect(await rowsOf("x.ndjson", '\ufeff{"b": "1st", "1": "named"}', ["1"])).toEqual([[1, "named"]]);
  });

  it("may lack optional keys, or have something else there", async () => {
    const content = '{"t": "a"}\n{"t": "b", "y": null}\n{"t": "c", "y": {}}\n{"t": "d", "y": "z"}\n';
    const request = { columns: ["t", "y"], optionalColumns: ["y"] };
    expect(await rowsOf("x.jsonl", content, request)).toEqual([
      [1, "a", ""],
      [2, "b", ""],
      [3, "c", ""],
      [4, "d", "z"],
    ]);
  });

  it("does not take what every object has for a key", async () => {
    const request = rowsOf("x.jsonl", '{"a": 1}\n', ["constructor"]);
    await expect(request).rejects.toThrow('no column "constructor"');
  });

  it("names the keys if the first object lacks a column", async () => {
    const request = rowsOf("x.jsonl", '\n{"text": 1, "y": 2}\n', ["label"]);
    await expect(request).rejects.toThrow(
      new UsageError('x.jsonl, line 2 has no column "label"; it has "text", "y"'),
    );
    await expect(rowsOf("x.jsonl", "{}", ["1"])).rejects.toThrow(
      new UsageError('x.jsonl, line 1 has no column "1"; it has no columns'),
    );
  });

  const values = "write a string, a number, true, false, or an array of strings and numbers";
  const half =
    '"a" has half of a surrogate pair, which is no character; write both halves, or the character itself';

  it.each([
    ['{"b": 1}', 'there is no "a"; give each object this key, or remove the line'],
    ['{"a": null}', `"a" is null; ${values}`],
    ['{"a": {"b": 1}}', `"a" is an object; ${values}`],
    ['{"a": ["b", null]}', `"a" is an array of other things; ${values}`],
    ['{"a": "\\ud83d!"}', half],
    ['{"a": ["b", "\\ude00"]}', half],
    ['{"a": 1', "this is not JSON; write one JSON object a line"],
    ["[", "this is not JSON; write one JSON object a line"],
    ['["a"]', 'this is an array, not an object; write one object a line, such as {"text": "..."}'],
    ["null", 'this is null, not an object; write one object a line, such as {"text": "..."}'],
    ["1", 'this is a number, not an object; write one object a line, such as {"text": "..."}'],
  ])("cannot have the line %s", async (line, message) => {
    await expect(rowsOf("x.jsonl", `{"a": 1}\n\n${line}\n`, ["a"])).rejects.toThrow(
      new CharrnnError(`x.jsonl, line 3: ${message}`),
    );
  });

  it("is read as it was written, in pieces of any length", async () => {
    const text = fc.string({ unit: "binary", maxLength: 5 });
    const row = fc.record({ a: text, "b c": fc.array(text, { maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 4 }), lineEnd, pieceLengths, async (rows, end, length) => {
        const content = rows.map((each) => JSON.stringify(each) + end).join("");
        expect(await rowsOf("x.jsonl", content, ["b c", "a"], length)).toEqual(
          rows.map((each, i) => [i + 1, each["b c"], each.a]),
        );
      }),
    );
  });
});
