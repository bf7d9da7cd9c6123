import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWindow } from "../../src/checkpoint/byte-window.ts";
import { FORBIDDEN_KEYS, STRING_LIMIT, type Tree } from "../../src/checkpoint/format.ts";
import { TreeReader } from "../../src/checkpoint/tree-reader.ts";
import { messageFrom, temporaryFolder } from "./fixture.ts";

/** Reads texts that are an object without its closing brace. */
function treeReader(): (text: string, chunk?: number) => [string, Tree][] {
  const path = join(temporaryFolder(), "tree.json");
  return (text, chunk = 7) => {
    writeFileSync(path, text);
    const file = openSync(path, "r");
    try {
      return [
        ...new TreeReader(new ByteWindow(file, Buffer.byteLength(text), STRING_LIMIT + 256, chunk)).members(),
      ];
    } finally {
      closeSync(file);
    }
  };
}

const hasForbiddenKey = (json: string) =>
  [...FORBIDDEN_KEYS].some((key) => json.includes(JSON.stringify(key)));

describe("TreeReader", () => {
  it("reads any JSON as JSON.parse does", () => {
    const read = treeReader();
    const json = fc.json().filter((text) => !hasForbiddenKey(text));
    fc.assert(
      fc.property(json, fc.integer({ min: 1, max: 40 }), (text, chunk) => {
        expect(read(`{"x": ${text} , "y":1`, chunk)).toEqual([
          ["x", JSON.parse(text)],
          ["y", 1],
        ]);
      }),
      { numRuns: 200 },
    );
  });

  it("decodes tensors, in one string or several", () => {
    // 1.0f is 00 00 80 3f and the integer 2 is 02 00 00 00: AACAPw== and AgAAAA==.
    const read = treeReader();
    expect(
      read(
        '{"a":{"shape":[1],"dtype":"float32","data":"AACAPw=="},"b":[{"shape":[],"dtype":"int32","data":["AgAA","AA=="]}]',
      ),
    ).toEqual([
      ["a", { shape: [1], dtype: "float32", data: Float32Array.of(1) }],
      ["b", [{ shape: [], dtype: "int32", data: Int32Array.of(2) }]],
    ]);
    expect(read('{"a":{"shape":[0,4],"dtype":"float64","data":""}')).toEqual([
      ["a", { shape: [0, 4], dtype: "float64", data: new Float64Array(0) }],
    ]);
  });

  it("takes an object with a text called data for what it is", () => {
    expect(treeReader()('{"options":{"data":"corpus.txt","shape":1}')).toEqual([
      ["options", { data: "corpus.txt", shape: 1 }],
    ]);
  });

  it.each([
    ["a key twice", '{"a":{"b":1,"b":2}', 'the key "b" appears twice at byte 15'],
    ["a member twice", '{"a":1,"a":2', 'the key "a" appears twice'],
    ["a second checksum", '{"checksum":"x"', 'the key "checksum" appears twice'],
    ["__proto__", '{"a":{"__proto__":{"polluted":true}}', "the key __proto__ is not allowed"],
    ["an escaped __proto__", '{"a":{"__pr\\u006fto__":{}}', "the key __proto__ is not allowed"],
    ["constructor", '{"constructor":1', "the key constructor is not allowed"],
    ["a trailing comma", '{"a":[1,]', "a value is expected"],
    ["two values", '{"a":1 2', "a comma or the end is expected"],
    ["a closed object", '{"a":1}', "a comma or the end is expected"],
    ["no object", "[1]", "{ is expected"],
    ["an open array", '{"a":[1', "] is expected"],
    ["a missing colon", '{"a" 1', ": is expected"],
    ["nesting without end", `{"a":${"[".repeat(100_000)}`, "the nesting is too deep at byte"],
    ["values without end", `{"a":[${"0,".repeat(2 ** 22)}0]`, "there are too many values at byte"],
    ["an unknown dtype", '{"a":{"shape":[1],"dtype":"bfloat16","data":"AAA="}', "not one of float32"],
    ["an inherited dtype", '{"a":{"shape":[1],"dtype":"toString","data":"AAA="}', "not one of float32"],
    [
      "a shape with a fraction",
      '{"a":{"shape":[1.5],"dtype":"int32","data":"AAAA"}',
      "not a list of whole numbers",
    ],
    ["a negative shape", '{"a":{"shape":[-1],"dtype":"int32","data":"AAAA"}', "not a list of whole numbers"],
    [
      "a shape beyond the file",
      '{"a":{"shape":[1e9,1e9],"dtype":"int32","data":"AAAA"}',
      "less data than its shape",
    ],
    [
      "a shape of infinite size",
      `{"a":{"shape":[${Array(40).fill("1e15").join()}],"dtype":"int32","data":""}`,
      "less data",
    ],
    [
      "too little data",
      '{"a":{"shape":[2],"dtype":"int32","data":"AAAAAA=="}',
      '"a" has 4 bytes of data, but its shape needs 8',
    ],
    [
      "too much data",
      '{"a":{"shape":[1],"dtype":"int32","data":"AAAAAAAA"}',
      "more data than the shape needs",
    ],
    [
      "a tensor with more members",
      '{"a":{"shape":[1],"dtype":"int32","data":"AAAAAA==","x":1}',
      "} is expected",
    ],
    ["data that is a number", '{"a":{"shape":[0],"dtype":"int32","data":7}', '" is expected'],
  ])("refuses %s", (_, text, message) => {
    const read = treeReader();
    expect(messageFrom(() => read(text, 2 ** 16))).toContain(message);
  });

  it("leaves no trace of __proto__ in other objects", () => {
    const read = treeReader();
    messageFrom(() => read('{"a":{"__proto__":{"polluted":true}}'));
    expect("polluted" in {}).toBe(false);
  });
});
