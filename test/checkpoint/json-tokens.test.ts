import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { ByteWindow } from "../../src/checkpoint/byte-window.ts";
import { STRING_LIMIT } from "../../src/checkpoint/format.ts";
import { JsonTokens } from "../../src/checkpoint/json-tokens.ts";
import { temporaryFolder } from "./fixture.ts";

/** A reader of tokens over one file after another. */
function tokenSource(): (text: string | Uint8Array, chunk?: number) => JsonTokens {
  const path = join(temporaryFolder(), "text.json");
  const files: number[] = [];
  onTestFinished(() => {
    files.forEach(closeSync);
  });
  return (text, chunk = 5) => {
    writeFileSync(path, text);
    const file = openSync(path, "r");
    files.push(file);
    return new JsonTokens(new ByteWindow(file, Buffer.byteLength(text), STRING_LIMIT + 256, chunk));
  };
}

describe("JsonTokens", () => {
  it("reads strings as JSON.parse does, wherever the window ends", () => {
    const tokensOf = tokenSource();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 9 }), (text, chunk) => {
        expect(tokensOf(JSON.stringify(text), chunk).string()).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it("reads finite numbers as JSON.parse does", () => {
    const tokensOf = tokenSource();
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(tokensOf(JSON.stringify(number)).scalar()).toBe(JSON.parse(JSON.stringify(number)));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps a byte order mark that starts a string", () => {
    expect(tokenSource()('"\ufeff"').string()).toBe("\ufeff");
  });

  it("reads words, and whitespace between tokens", () => {
    const tokens = tokenSource()(" \n true\t, null ,false\r\n");
    expect(tokens.scalar()).toBe(true);
    tokens.expect(",");
    expect(tokens.scalar()).toBeNull();
    expect(tokens.accept("]")).toBe(false);
    expect(tokens.accept(",")).toBe(true);
    expect(tokens.scalar()).toBe(false);
    expect(tokens.peek()).toBe("");
  });

  it.each(["01", "1.", ".5", "+1", "1e", "--1", "tru", "NaN", "Infinity", "1e999", "", "]", "9".repeat(100)])(
    "refuses %j as a value",
    (text) => {
      const tokensOf = tokenSource();
      expect(() => tokensOf(text).scalar()).toThrow(/ at byte \d+$/);
    },
  );

  it.each([
    ["an open string", '"abc'],
    ["an open escape", '"abc\\'],
    ["a raw line break", '"a\nb"'],
    ["an unknown escape", '"\\x41"'],
    ["no string", "abc"],
  ])("refuses %s", (_, text) => {
    const tokensOf = tokenSource();
    expect(() => tokensOf(text).string()).toThrow(/ at byte \d+$/);
  });

  it("refuses a string of bytes that are not UTF-8", () => {
    const tokensOf = tokenSource();
    expect(() => tokensOf(Uint8Array.of(0x22, 0xff, 0x22)).string()).toThrow(
      "a string is not valid at byte 1",
    );
  });

  it("ends a string that is too long", () => {
    const tokensOf = tokenSource();
    expect(() => tokensOf(`"${"x".repeat(STRING_LIMIT + 1)}"`, 2 ** 16).string()).toThrow(
      "longer than 1048576 bytes",
    );
  });
});

describe("JsonTokens.base64", () => {
  it("gives back the bytes that were encoded, wherever the window ends", () => {
    const tokensOf = tokenSource();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (bytes, chunk) => {
        const target = Buffer.alloc(bytes.length);
        const text = JSON.stringify(Buffer.from(bytes).toString("base64"));
        expect(tokensOf(text, chunk).base64(target, 0)).toBe(bytes.length);
        expect([...target]).toEqual([...bytes]);
      }),
      { numRuns: 300 },
    );
  });

  it("refuses foreign characters, odd lengths, misplaced padding and surplus data", () => {
    const tokensOf = tokenSource();
    const decode = (text: string, size = 6) => tokensOf(JSON.stringify(text)).base64(Buffer.alloc(size), 0);
    expect(decode("AAAAAAAA")).toBe(6);
    for (const text of ["AA*AAAAA", "AAA", "AAAAA", "AA==AAAA", "====", "A===", "AAAA\\AAA"]) {
      expect(() => decode(text)).toThrow(/is not base64|more data/);
    }
    expect(() => decode("AAAAAAAA", 5)).toThrow("there is more data than the shape needs");
    expect(() => tokensOf('"AAAA').base64(Buffer.alloc(6), 0)).toThrow("the text ends inside a string");
  });
});
