import { describe, expect, it } from "vitest";
import { readPrime } from "../../src/sampling/prime.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

const characters = Vocabulary.fromJson({ unit: "char", symbols: ["a", "b", "\u00e9"] });
const bytes = Vocabulary.fromJson({ unit: "byte", symbols: [0x61, 0xbb, 0xbf, 0xc3, 0xef] });

describe("readPrime", () => {
  it("reads characters from a text, and from bytes in an encoding, without a byte order mark", () => {
    const expected = { indices: Int32Array.of(0, 2), text: "a\u00e9" };
    expect(readPrime(characters, { prime: "a\u00e9" }, "error")).toEqual(expected);
    expect(readPrime(characters, { prime: Buffer.from("\ufeffa\u00e9") }, "error")).toEqual(expected);
    const latin1 = { prime: Uint8Array.of(0x61, 0xe9), encoding: "latin1" };
    expect(readPrime(characters, latin1, "error")).toEqual(expected);
    const utf16 = { prime: Buffer.from("\ufeffa\u00e9", "utf16le"), encoding: "utf-16le" };
    expect(readPrime(characters, utf16, "error")).toEqual(expected);
  });

  it("takes bytes as they are for a byte model, a byte order mark included", () => {
    // EF BB BF is U+FEFF; the last C3 begins a character that is never completed.
    const prime = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xc3);
    expect(readPrime(bytes, { prime }, "error")).toEqual({
      indices: Int32Array.of(4, 1, 2, 0, 3),
      text: "\ufeffa\ufffd",
      bytes: prime,
    });
  });

  it("leaves out bytes that are skipped, and keeps those that become the unknown symbol", () => {
    const prime = Uint8Array.of(0x61, 0x00, 0x61);
    expect(readPrime(bytes, { prime }, "skip").bytes).toEqual(Uint8Array.of(0x61, 0x61));
    const withUnknown = Vocabulary.fromJson({ unit: "byte", symbols: [0x61, null] });
    expect(readPrime(withUnknown, { prime }, "error")).toMatchObject({
      indices: Int32Array.of(0, 1, 0),
      bytes: prime,
    });
  });

  it.each([
    [bytes, { prime: Uint8Array.of(0x61), encoding: "shift_jis" }, "--encoding shift_jis is for characters"],
    [characters, { prime: "a", encoding: "latin1" }, "--encoding windows-1252 is for a --prime-file"],
    [characters, { encoding: "utf-16be" }, "--encoding utf-16be is for a --prime-file"],
    [characters, { prime: "a", encoding: "nosuch" }, "the encoding takes a name that TextDecoder knows"],
    [
      characters,
      { prime: Uint8Array.of(0x61, 0xe9), primeSource: "prime.txt" },
      "prime.txt is not UTF-8 at byte offset 1 (0xe9, the text ends within a character); it is probably windows-1252",
    ],
  ])("refuses %#", (vocabulary, options, message) => {
    expect(() => readPrime(vocabulary, options, "error")).toThrow(message);
  });
});
