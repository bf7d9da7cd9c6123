import { describe, expect, it } from "vitest";
import { likelyEncoding, likelyUtf16 } from "../../src/text/likely-encoding.ts";

/** The guess for a text whose first byte that is not ASCII is not UTF-8. */
function guess(bytes: Uint8Array, offset = 0): string | undefined {
  return likelyEncoding({ bytes, offset, invalid: bytes.findIndex((byte) => byte >= 0x80) });
}

/** Sentences in the bytes that Python 3 makes of them. */
const sentences = [
  ["Russian", "windows-1251", "c220ede0f7e0ebe520f1eef2e2eef0e8eb20c1eee320ede5e1ee20e820e7e5ecebfe2e"],
  ["Russian", "koi8-r", "f720cec1dec1ccc520d3cfd4d7cfd2c9cc20e2cfc720cec5c2cf20c920dac5cdccc02e"],
  [
    "Ukrainian",
    "windows-1251",
    "d3f1b320ebfee4e820ede0f0eee4e6f3fef2fcf1ff20e2b3ebfcede8ece820b320f0b3e2ede8ece82e",
  ],
  [
    "Greek",
    "windows-1253",
    "d3f4e7ed20e1f1f7de20ef20c8e5fcf220e4e7ece9effdf1e3e7f3e520f4efed20eff5f1e1edfc2e",
  ],
  [
    "French",
    "windows-1252",
    "4c6520636166e920ab20e02076656e697220bb206e92e97461697420706173207472e873206c6f696e2e204ff920ea7465732d766f757320616c6ce9732c20676172e76f6e73203f",
  ],
  ["German", "windows-1252", "84536368f66e932c20736167746520646572204dfc6c6c657220756e642061df204be473652e"],
  ["Spanish", "windows-1252", "bf44f36e646520657374e120656c206e69f16f3f20a14d61f1616e6120766f6c766572e121"],
  [
    "Italian",
    "windows-1252",
    "4c612063697474e020e8207069f92062656c6c61206469206ce02c207065726368e920636f73ec20e8206c612076697274f92e",
  ],
  [
    "Polish",
    "windows-1250",
    "47647a69652073b920bff3b374652067ea73693f20a3f3649f2070b3796e69652c206368b36f70696563209c70692e",
  ],
  ["Japanese", "shift_jis", "8ce1947982cd944c82c582a082e9814296bc914f82cd82dc82be96b382a28142"],
  ["Japanese", "euc-jp", "b8e3c7daa4cfc7ada4c7a4a2a4eba1a3ccbec1b0a4cfa4dea4c0ccb5a4a4a1a3"],
  [
    "Korean",
    "euc-kr",
    "b3aab4c220c7d0b1b3bfa120b0a9b4cfb4d92e20bfc0b4c3c0ba20b3afbebeb0a120c1c1bdc0b4cfb4d92e",
  ],
  ["Chinese", "gb18030", "ced2b2bbcac7d4dad5e2c0efb5c4c8cba3accbfbc3c7c0b4c1cba1a3"],
  ["Chinese", "big5", "a7daa4a3ac4fa662b36fb8ccaabaa448a141a54cadcca8d3a446a143"],
] as const;

describe("likelyEncoding", () => {
  it.each(sentences)("knows %s in %s", (_language, encoding, hex) => {
    expect(guess(Buffer.from(hex, "hex"))).toBe(encoding);
  });

  it("knows one accented letter", () => {
    expect(guess(Uint8Array.of(0x63, 0x61, 0x66, 0xe9))).toBe("windows-1252");
  });

  it("knows UTF-16 by its byte order mark, and by its zero bytes at any offset", () => {
    const littleEndian = Buffer.from("caf\u00e9 cr\u00e8me", "utf16le");
    const bigEndian = Buffer.from(littleEndian).swap16();
    expect([guess(littleEndian), guess(bigEndian)]).toEqual(["utf-16le", "utf-16be"]);
    // From an odd offset on, the first byte is the second one of a character.
    expect(guess(littleEndian.subarray(1), 1)).toBe("utf-16le");
    // U+4F60 U+597D have no zero byte.
    expect(guess(Uint8Array.of(0xff, 0xfe, 0x60, 0x4f, 0x7d, 0x59))).toBe("utf-16le");
    expect(guess(Uint8Array.of(0xfe, 0xff, 0x4f, 0x60, 0x59, 0x7d))).toBe("utf-16be");
  });

  it("makes no guess about bytes that are no text", () => {
    expect(guess(Uint8Array.from({ length: 256 }, (_, byte) => byte))).toBeUndefined();
    // 16-bit samples of a tone.
    const tone = Int16Array.from({ length: 2000 }, (_, i) => 12_000 * Math.sin(i / 9));
    expect(guess(new Uint8Array(tone.buffer))).toBeUndefined();
  });

  it("makes no guess about UTF-8 with a damaged byte", () => {
    const text = "\u00dcber den W\u00fcsten fliegen Gr\u00fc\u00dfe";
    expect(guess(Buffer.concat([Uint8Array.of(0xff), Buffer.from(text)]))).toBeUndefined();
  });
});

describe("likelyUtf16", () => {
  it("knows ASCII in UTF-16, and finds none in UTF-8", () => {
    expect(likelyUtf16(Buffer.from("hello", "utf16le"), 0)).toBe("utf-16le");
    expect(likelyUtf16(Buffer.from("hello", "utf16le").swap16(), 0)).toBe("utf-16be");
    expect(likelyUtf16(Buffer.from("hello"), 0)).toBeUndefined();
    expect(likelyUtf16(Buffer.from("a\0b\0\0c"), 0)).toBeUndefined();
  });
});
