import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { openDecoder, parseEncoding } from "../../src/text/encoding.ts";
import { Utf8Decoder } from "../../src/text/utf8.ts";

describe("parseEncoding", () => {
  it.each([
    ["latin1", "windows-1252"],
    ["ISO-8859-1", "windows-1252"],
    ["UTF8", "utf-8"],
    ["utf-16", "utf-16le"],
    ["sjis", "shift_jis"],
    ["gb2312", "gbk"],
  ])("gives %s the name of its encoding on the web, %s", (label, encoding) => {
    expect(parseEncoding(label, "--encoding")).toBe(encoding);
  });

  it.each([
    [
      "latin-one",
      '--encoding takes a name that TextDecoder knows, such as utf-8, utf-16le, latin1, .* not "latin-one"$',
    ],
    ["", '--encoding takes a text, not ""'],
    [8, "--encoding takes a text, not 8"],
    ["iso-2022-jp", "^--encoding cannot be iso-2022-jp: convert the text to UTF-8$"],
  ])("refuses %j", (label, message) => {
    expect(() => parseEncoding(label, "--encoding")).toThrow(UsageError);
    expect(() => parseEncoding(label, "--encoding")).toThrow(new RegExp(message));
  });
});

it("reads UTF-8 with its own decoder", () => {
  expect(openDecoder(parseEncoding("utf8", "--encoding"), "text.txt")).toBeInstanceOf(Utf8Decoder);
});
