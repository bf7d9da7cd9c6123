import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../src/errors.ts";
import { EncodedTextDecoder, MOST_HELD_BACK } from "../../src/text/encoded-text.ts";

/** The text that comes in these pieces, and its length in UTF-8. */
function decode(encoding: string, pieces: readonly Uint8Array[]) {
  const decoder = new EncodedTextDecoder(encoding, "text.txt");
  let text = "";
  for (const piece of pieces) {
    const room = new Uint32Array(piece.length + MOST_HELD_BACK);
    text += String.fromCodePoint(...room.subarray(0, decoder.decode(piece, room)));
  }
  decoder.end();
  return { text, utf8Bytes: decoder.utf8Bytes };
}

/** Bytes of each encoding, by its table on encoding.spec.whatwg.org. */
const known: [string, number[], string][] = [
  ["windows-1252", [0x63, 0xe9, 0x80, 0x93, 0x81], "c\u00e9\u20ac\u201c\u0081"],
  ["windows-1251", [0xcf, 0xf0, 0xe8], "\u041f\u0440\u0438"],
  ["utf-16le", [0x61, 0x00, 0x3d, 0xd8, 0x00, 0xde, 0x62, 0x00], "a\u{1f600}b"],
  ["utf-16be", [0x00, 0x61, 0xd8, 0x3d, 0xde, 0x00, 0x00, 0x62], "a\u{1f600}b"],
  ["shift_jis", [0x93, 0xfa, 0x61, 0x96, 0x7b, 0xb1], "\u65e5a\u672c\uff71"],
  ["euc-jp", [0xc6, 0xfc, 0x8f, 0xb0, 0xa1, 0x61], "\u65e5\u4e02a"],
  ["gb18030", [0xc4, 0xe3, 0x94, 0x39, 0xda, 0x33, 0x61], "\u4f60\u{1f4a9}a"],
  ["euc-kr", [0xb0, 0xa1, 0x61], "\uac00a"],
  ["big5", [0xa7, 0x41, 0x61], "\u4f60a"],
];

describe("EncodedTextDecoder", () => {
  it.each(known)("reads %s, wherever it is cut", (encoding, bytes, text) => {
    const whole = Uint8Array.from(bytes);
    const expected = { text, utf8Bytes: Buffer.byteLength(text) };
    expect(decode(encoding, [whole])).toEqual(expected);
    expect(
      decode(
        encoding,
        bytes.map((byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(expected);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(decode(encoding, [whole.subarray(0, cut), whole.subarray(cut)])).toEqual(expected);
    }
  });

  it("reads any UTF-16, cut anywhere", () => {
    const cuts = fc.array(fc.nat(200), { maxLength: 6 });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), cuts, (text, at) => {
        if (text.startsWith("\ufffe")) return;
        const bytes = Buffer.from(text, "utf16le");
        const ends = [0, ...at.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
        expect(decode("utf-16le", pieces)).toEqual({ text, utf8Bytes: Buffer.byteLength(text) });
      }),
    );
  });

  it("keeps a byte order mark", () => {
    expect(decode("utf-16le", [Uint8Array.of(0xff, 0xfe, 0x61, 0x00)]).text).toBe("\ufeffa");
  });

  it.each([
    // 0xd2 stands for nothing in windows-1253.
    ["windows-1253", [0x61, 0x62, 0xd2, 0x63, 0x64, 0x65, 0x66], 2],
    ["windows-1253", [0x61, 0x62, 0xd2], 2],
    // A high surrogate without its low one, and half a code unit.
    ["utf-16le", [0x61, 0x00, 0x3d, 0xd8, 0x62, 0x00, 0x63, 0x00], 2],
    ["utf-16le", [0x61, 0x00, 0x3d, 0xd8], 2],
    ["utf-16be", [0x00, 0x61, 0x00], 2],
    // 0x82 begins a character that 0x20 cannot end.
    ["shift_jis", [0x61, 0x93, 0xfa, 0x82, 0x20, 0x61, 0x61, 0x61], 3],
    ["gb18030", [0x61, 0xc4], 1],
  ])("names the offset of the fault in %s: %j", (encoding, bytes, offset) => {
    for (const pieces of [[Uint8Array.from(bytes)], bytes.map((byte) => Uint8Array.of(byte))]) {
      expect(() => decode(encoding, pieces)).toThrow(CharrnnError);
      expect(() => decode(encoding, pieces)).toThrow(`text.txt is not ${encoding} at byte offset ${offset}:`);
    }
  });

  it("counts offsets over all pieces", () => {
    const pieces = [Buffer.from("ab"), Buffer.from("cde"), Uint8Array.of(0x66, 0xd2, 0x61, 0x61, 0x61)];
    expect(() => decode("windows-1253", pieces)).toThrow("at byte offset 6:");
  });

  it("names the other byte order if the byte order mark is reversed", () => {
    const marked = Buffer.from("\ufeffab", "utf16le");
    expect(() => decode("utf-16be", [marked])).toThrow(
      "text.txt begins with the byte order mark of utf-16le: give --encoding utf-16le",
    );
    expect(() => decode("utf-16le", [Buffer.from(marked).swap16()])).toThrow("give --encoding utf-16be");
  });
});
