import fc from "fast-check";
import { TextDecoder } from "node:util";
import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../src/errors.ts";
import { utf8Length, Utf8Decoder } from "../../src/text/utf8.ts";

/** Decodes the pieces one after the other. */
function decode(pieces: readonly Uint8Array[]): number[] {
  const decoder = new Utf8Decoder("text.txt");
  const codePoints: number[] = [];
  for (const piece of pieces) {
    const room = new Uint32Array(piece.length);
    codePoints.push(...room.subarray(0, decoder.decode(piece, room)));
  }
  decoder.end();
  return codePoints;
}

/** What Node makes of the bytes, or undefined if they are not UTF-8. */
function nodeDecode(bytes: Uint8Array): number[] | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return Array.from(text, (character) => character.codePointAt(0) ?? -1);
  } catch {
    return undefined;
  }
}

function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const borders = [0, ...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
}

const character = fc
  .string({ unit: "binary", minLength: 1, maxLength: 1 })
  .map((text) => [...Buffer.from(text)]);
// The bytes at which the ranges of well-formed UTF-8 begin and end.
const borderByte = fc.constantFrom(
  0x7f,
  0x80,
  0x8f,
  0x90,
  0x9f,
  0xa0,
  0xbf,
  0xc0,
  0xc1,
  0xc2,
  0xdf,
  0xe0,
  0xe1,
  0xec,
  0xed,
  0xee,
  0xef,
  0xf0,
  0xf1,
  0xf3,
  0xf4,
  0xf5,
  0xff,
);
const wellFormed = fc
  .array(character, { maxLength: 30 })
  .map((characters) => Uint8Array.from(characters.flat()));
const arbitraryBytes = fc
  .array(fc.oneof(character, fc.tuple(borderByte), fc.tuple(fc.nat(255))), { maxLength: 12 })
  .map((bytes) => Uint8Array.from(bytes.flat()));
const cuts = fc.array(fc.nat(200), { maxLength: 6 });

describe("Utf8Decoder", () => {
  it("gives the code points of well-formed text, cut anywhere", () => {
    fc.assert(
      fc.property(wellFormed, cuts, (bytes, at) => {
        expect(decode(cut(bytes, at))).toEqual(nodeDecode(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it("accepts and refuses exactly what Node does, and names where the well-formed text ends", () => {
    fc.assert(
      fc.property(arbitraryBytes, cuts, (bytes, at) => {
        const expected = nodeDecode(bytes);
        if (expected) {
          expect(decode(cut(bytes, at))).toEqual(expected);
          return;
        }
        let wellFormedLength = bytes.length;
        while (!nodeDecode(bytes.subarray(0, wellFormedLength))) wellFormedLength--;
        expect(() => decode(cut(bytes, at))).toThrow(
          `text.txt is not UTF-8 at byte offset ${wellFormedLength} (`,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["a stray continuation byte", [0x61, 0x80], 1, "0x80"],
    ["an overlong slash", [0xc0, 0xaf], 0, "0xc0"],
    ["an overlong form of three bytes", [0x61, 0x62, 0xe0, 0x80, 0x80], 2, "0xe0"],
    ["a surrogate, U+D800", [0xed, 0xa0, 0x80], 0, "0xed"],
    ["U+110000", [0xf4, 0x90, 0x80, 0x80], 0, "0xf4"],
    ["a sequence that breaks off", [0xc3, 0xa9, 0xe2, 0x82, 0x61], 2, "0xe2"],
    ["Latin-1", [0x63, 0x61, 0x66, 0xe9], 3, "0xe9"],
  ])("refuses %s", (_, bytes, offset, byte) => {
    const decodeAll = (): number[] => decode([Uint8Array.from(bytes)]);
    expect(decodeAll).toThrow(CharrnnError);
    expect(decodeAll).toThrow(`text.txt is not UTF-8 at byte offset ${offset} (${byte}`);
    expect(decodeAll).toThrow("--unit byte");
  });

  it.each([
    ["little", [0xff, 0xfe, 0x61, 0x00]],
    ["big", [0xfe, 0xff, 0x00, 0x61]],
  ])("names UTF-16 by its byte order mark: %s-endian", (order, bytes) => {
    const encoding = `utf-16${order[0]}e`;
    expect(() => decode([Uint8Array.from(bytes)])).toThrow(
      `; it is probably ${encoding}: give --encoding ${encoding}, or model raw bytes (train --unit byte)`,
    );
    // Elsewhere these bytes are no mark: "ÿþ" or "þÿ".
    expect(() => decode([Uint8Array.from([0x61, ...bytes.slice(0, 2), 0x61])])).toThrow(
      `byte offset 1 (0x${bytes[0].toString(16)}); it is probably windows-1252`,
    );
  });

  it("names the likely encoding by the bytes of all pieces, at the end of the text too", () => {
    // "naïve café" in windows-1252.
    const text = [0x6e, 0x61, 0xef, 0x76, 0x65, 0x20, 0x63, 0x61, 0x66, 0xe9];
    for (const cut of [2, 3, 5, 9]) {
      const pieces = [Uint8Array.from(text.slice(0, cut)), Uint8Array.from(text.slice(cut))];
      expect(() => decode(pieces)).toThrow("byte offset 2 (0xef); it is probably windows-1252: give");
    }
    expect(() => decode([Buffer.from("caf"), Uint8Array.of(0xe9)])).toThrow(
      "(0xe9, the text ends within a character); it is probably windows-1252: give --encoding windows-1252",
    );
  });

  it("refuses a text that ends within a character, wherever it is cut", () => {
    const euro = [0xe2, 0x82];
    expect(() => decode([Uint8Array.from(euro)])).toThrow("the text ends within a character");
    expect(() => decode(euro.map((byte) => Uint8Array.of(byte)))).toThrow("byte offset 0 (0xe2");
  });

  it("counts offsets over all pieces", () => {
    expect(() => decode([Buffer.from("añb"), Buffer.from("c"), Uint8Array.of(0xff)])).toThrow(
      "byte offset 5 (0xff)",
    );
  });
});

describe("utf8Length", () => {
  it("is the bytes that encoding takes, at both ends of each length", () => {
    for (const code of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff]) {
      expect(utf8Length(code)).toBe(Buffer.byteLength(String.fromCodePoint(code)));
    }
  });
});
