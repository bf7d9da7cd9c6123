import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { unescape, unescapeBytes } from "../../src/text/escapes.ts";

describe("unescape", () => {
  const source = "--stop";

  it.each([
    ["a\\nb\\tc\\r", "a\nb\tc\r"],
    ["\\\\n", "\\n"],
    ["\\x41\\xe9\\u{1F98A}", "Aé🦊"],
    ["plain", "plain"],
  ])("reads %j as %j", (text, read) => {
    expect(unescape(text, { source })).toBe(read);
    if (!text.includes("\\xe9")) expect(unescapeBytes(text, { source })).toEqual(Buffer.from(read));
  });

  it("reads \\n as the line end of the model", () => {
    expect(unescape("a\\nb\\\\n", { source, lineEnd: "\r\n" })).toBe("a\r\nb\\n");
  });

  it("reads \\xNN as a byte for bytes, and the rest as UTF-8", () => {
    expect(unescapeBytes("é\\xff\\\\x41\\n", { source })).toEqual(
      Buffer.from([0xc3, 0xa9, 0xff, 0x5c, 0x78, 0x34, 0x31, 0x0a]),
    );
  });

  it.each(["\\q", "\\x4", "\\u0041", "\\u{110000}", "\\u{d800}", "a\\"])("refuses %j", (text) => {
    expect(() => unescape(text, { source })).toThrow(UsageError);
    expect(() => unescape(text, { source })).toThrow(
      /^--escapes does not know \\.* in --stop: it reads \\n, /,
    );
  });
});
