import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decoder } from "../../src/text/decoder.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

const bytes = Vocabulary.fromJson({ unit: "byte", symbols: Array.from({ length: 256 }, (_, byte) => byte) });

function pushAll(vocabulary: Vocabulary, indices: readonly number[]): string[] {
  const decoder = new Decoder(vocabulary);
  return [...indices.map((index) => decoder.push(index)), decoder.end()];
}

describe("Decoder", () => {
  it("gives each character of a character model at once, and U+FFFD for the unknown symbol", () => {
    const vocabulary = Vocabulary.fromJson({ unit: "char", symbols: ["a", "é", "🦊", null] });
    expect(pushAll(vocabulary, [2, 0, 3, 1])).toEqual(["🦊", "a", "\ufffd", "é", ""]);
  });

  it("gives a byte model's characters when their last byte has come", () => {
    // é is c3 a9, the fox f0 9f a6 8a.
    expect(pushAll(bytes, [0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0xa6, 0x8a])).toEqual([
      "a",
      "",
      "é",
      "",
      "",
      "",
      "🦊",
      "",
    ]);
  });

  it("gives U+FFFD for bytes that are no UTF-8, at the end too", () => {
    expect(pushAll(bytes, [0xff, 0x61, 0xc3]).join("")).toBe("\ufffda\ufffd");
    // The broken sequence is one U+FFFD, and the byte that broke it stands for itself.
    expect(pushAll(bytes, [0xe2, 0x82, 0x61]).join("")).toBe("\ufffda");
  });

  it("ends a broken character at the unknown symbol of a byte model", () => {
    const vocabulary = Vocabulary.fromJson({ unit: "byte", symbols: [0x61, 0xc3, null] });
    // What the lead byte held back comes with the unknown symbol, not with the a behind it.
    expect(pushAll(vocabulary, [1, 2, 0])).toEqual(["", "\ufffd\ufffd", "a", ""]);
  });

  it("keeps a byte order mark, which a model may draw like any other character", () => {
    expect(pushAll(bytes, [0xef, 0xbb, 0xbf, 0x61]).join("")).toBe("\ufeffa");
  });

  it("gives back any text that was encoded to bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(pushAll(bytes, [...Buffer.from(text)]).join("")).toBe(text);
      }),
    );
  });
});
