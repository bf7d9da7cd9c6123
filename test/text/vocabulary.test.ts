import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../src/errors.ts";
import { type Unit } from "../../src/text/symbol-table.ts";
import { Symbols } from "../../src/text/symbols.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

function countsOf(text: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

function chars(...symbols: (string | null)[]): Vocabulary {
  return Vocabulary.fromJson({ unit: "char", symbols });
}

describe("Vocabulary.fromCounts", () => {
  it("orders characters by code point, not by UTF-16 unit", () => {
    // U+FF5E stands before U+1F98A, whose first UTF-16 unit is d83e.
    const vocabulary = Vocabulary.fromCounts("char", countsOf("🦊～baé\n"));
    expect(vocabulary.symbols).toEqual(["\n", "a", "b", "é", "～", "🦊"]);
    expect(vocabulary.size).toBe(6);
    expect(vocabulary.unknown).toBeUndefined();
    expect(vocabulary.indexOf(0x1f98a)).toBe(5);
    expect(vocabulary.indexOf(0x63)).toBeUndefined();
  });

  it("folds what occurs more seldom than minCount into an unknown symbol, which stands last", () => {
    const vocabulary = Vocabulary.fromCounts("char", countsOf("aaabbcccc"), 3);
    expect(vocabulary.symbols).toEqual(["a", "c", null]);
    expect(vocabulary.unknown).toBe(2);
    expect(vocabulary.size).toBe(3);
  });

  it("has no unknown symbol where nothing is seldom", () => {
    expect(Vocabulary.fromCounts("char", countsOf("aabb"), 2).symbols).toEqual(["a", "b"]);
  });

  it("holds bytes as integers", () => {
    const counts = new Map([
      [255, 1],
      [0, 2],
      [97, 1],
    ]);
    expect(Vocabulary.fromCounts("byte", counts).symbols).toEqual([0, 97, 255]);
    expect(Vocabulary.fromCounts("byte", counts, 2).symbols).toEqual([0, null]);
  });

  it("refuses a minCount that leaves nothing", () => {
    expect(() => Vocabulary.fromCounts("char", countsOf("abc"), 2)).toThrow(UsageError);
    expect(() => Vocabulary.fromCounts("char", countsOf("abc"), 2)).toThrow("--min-count 2 leaves no symbol");
  });
});

describe("Vocabulary.fromJson", () => {
  it.each<{ unit: Unit; symbols: (string | number | null)[] }>([
    { unit: "char", symbols: ["\n", "a", "é", "🦊"] },
    { unit: "char", symbols: ["a", null] },
    { unit: "byte", symbols: [0, 97, 255, null] },
  ])("gives back what JSON.stringify wrote: $symbols", (json) => {
    const vocabulary = Vocabulary.fromJson(json);
    expect(JSON.parse(JSON.stringify(vocabulary))).toEqual(json);
    expect(vocabulary.unknown).toBe(json.symbols.includes(null) ? json.symbols.length - 1 : undefined);
  });

  it.each<[unknown, string]>([
    [undefined, "unit"],
    [null, "unit"],
    ["char", "unit"],
    [{ unit: "word", symbols: ["a"] }, "unit"],
    [{ unit: "char" }, "not an array"],
    [{ unit: "char", symbols: { 0: "a" } }, "not an array"],
    [{ unit: "char", symbols: [] }, "no symbols"],
    [{ unit: "char", symbols: [null] }, "no symbols"],
    [{ unit: "char", symbols: ["a", "a"] }, "symbol 1 is repeated or out of order"],
    [{ unit: "char", symbols: ["b", "a"] }, "symbol 1 is repeated or out of order"],
    [{ unit: "char", symbols: ["a", ""] }, "symbol 1 is not one character"],
    [{ unit: "char", symbols: ["ab"] }, "symbol 0 is not one character"],
    [{ unit: "char", symbols: ["e\u0301"] }, "symbol 0 is not one character"],
    [{ unit: "char", symbols: ["a", "\ud83e"] }, "symbol 1 is not one character"],
    [{ unit: "char", symbols: ["\udd8a"] }, "symbol 0 is not one character"],
    [{ unit: "char", symbols: ["a", 98] }, "symbol 1 is not one character"],
    [
      { unit: "char", symbols: [null, "a"] },
      "symbol 0 is not one character, and null may only be the last symbol",
    ],
    [
      { unit: "char", symbols: ["a", null, null] },
      "symbol 1 is not one character, and null may only be the last symbol",
    ],
    [{ unit: "byte", symbols: [1, 256] }, "symbol 1 is not a byte"],
    [{ unit: "byte", symbols: [-1] }, "symbol 0 is not a byte"],
    [{ unit: "byte", symbols: [1.5] }, "symbol 0 is not a byte"],
    [{ unit: "byte", symbols: ["a"] }, "symbol 0 is not a byte"],
  ])("refuses %j", (json, reason) => {
    expect(() => Vocabulary.fromJson(json)).toThrow(CharrnnError);
    expect(() => Vocabulary.fromJson(json)).toThrow(reason);
  });

  it("refuses arbitrary JSON with a CharrnnError or takes it whole", () => {
    const symbols = fc.oneof(fc.array(fc.string({ maxLength: 2 })), fc.array(fc.integer()), fc.jsonValue());
    fc.assert(
      fc.property(fc.record({ unit: fc.constantFrom("char", "byte", "x"), symbols }), (json) => {
        let vocabulary: Vocabulary;
        try {
          vocabulary = Vocabulary.fromJson(json);
        } catch (error) {
          expect(error).toBeInstanceOf(CharrnnError);
          return;
        }
        expect({ ...vocabulary.toJSON() }).toEqual(json);
      }),
    );
  });
});

describe("Vocabulary.encode", () => {
  it("maps characters, not halves of surrogate pairs", () => {
    expect([...chars("a", "é", "🦊").encode("🦊aé🦊", "error")]).toEqual([2, 0, 1, 2]);
  });

  it("reads bytes as UTF-8 and drops their byte order mark", () => {
    expect([...chars("a", "é").encode(Buffer.from("\ufeffaé"), "error")]).toEqual([0, 1]);
    expect(() => chars("a").encode(Uint8Array.of(0x61, 0xff), "error")).toThrow("not UTF-8 at byte offset 1");
  });

  it("maps the bytes of a text in a byte model", () => {
    const vocabulary = Vocabulary.fromJson({ unit: "byte", symbols: [0x61, 0xa9, 0xc3] });
    expect([...vocabulary.encode("aé", "error")]).toEqual([0, 2, 1]);
    expect([...vocabulary.encode(Uint8Array.of(0xa9, 0xa9), "error")]).toEqual([1, 1]);
    expect(() => vocabulary.encode("b", "error")).toThrow("byte 0x62 at offset 0");
  });

  it("names a symbol outside the vocabulary and its place, in code points", () => {
    const encode = (): Int32Array => chars("\n", "a", "🦊").encode("a🦊\n🦊a\u{1f43a}a", "error");
    expect(encode).toThrow(CharrnnError);
    expect(encode).toThrow('"\u{1f43a}" (U+1F43A) at offset 5 (line 2, column 3) of the text');
    expect(() => chars("a").encode("xaxy", "error")).toThrow(
      '3 characters are not in the model\'s vocabulary: "x" (U+0078) 2 times, "y" (U+0079) once; the first is at offset 0',
    );
    expect(encode).toThrow("--unknown skip");
  });

  it("leaves symbols outside the vocabulary out where asked to", () => {
    expect([...chars("a", "b").encode("xaybz", "skip")]).toEqual([0, 1]);
  });

  it("maps them to the unknown symbol if the model has one", () => {
    expect([...chars("a", "b", null).encode("xab", "error")]).toEqual([2, 0, 1]);
    expect([...chars("a", "b", null).encode("xab", "skip")]).toEqual([2, 0, 1]);
  });

  it("treats half a surrogate pair as a symbol outside the vocabulary", () => {
    expect(() => chars("a").encode("a\ud83e", "error")).toThrow("U+D83E at offset 1");
  });
});

describe("Vocabulary.decode", () => {
  it("undoes encode, in both units", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        const characters = Vocabulary.fromCounts("char", countsOf(text));
        expect(characters.decode(characters.encode(text, "error"))).toBe(text);
        const bytes = Vocabulary.fromCounts("byte", new Map([...Buffer.from(text)].map((byte) => [byte, 1])));
        expect(bytes.decode(bytes.encode(text, "error"))).toBe(text);
      }),
    );
  });
});

describe("Vocabulary.outsideIn", () => {
  it("counts what is outside by its code, whether or not there is an unknown symbol", () => {
    const counts = [
      [0xe9, 2],
      [0x1f98a, 1],
    ];
    expect([...chars("a").outsideIn("éa🦊é")]).toEqual(counts);
    expect([...chars("a", null).outsideIn(Buffer.from("\ufeffaé🦊é"))]).toEqual(counts);
    expect([...chars("a").outsideIn(Uint8Array.of(97, 0xe9), "x", "latin1")]).toEqual([[0xe9, 1]]);
    const bytes = Vocabulary.fromJson({ unit: "byte", symbols: [97] });
    expect([...bytes.outsideIn("aé")]).toEqual([
      [0xc3, 1],
      [0xa9, 1],
    ]);
  });
});

describe("a vocabulary that grows", () => {
  it("has its own symbols and the new ones, in order of code points, and the unknown symbol last", () => {
    expect(chars("b", "d").grownBy([0x63, 0x62, 0x1f98a, 0x61]).symbols).toEqual(["a", "b", "c", "d", "🦊"]);
    expect(chars("b", null).grownBy([0x61]).symbols).toEqual(["a", "b", null]);
    expect(Vocabulary.fromJson({ unit: "byte", symbols: [7] }).grownBy([0]).symbols).toEqual([0, 7]);
  });

  it("knows which of its symbols the old one has, and where", () => {
    expect(chars("a", "b", "c", null).indicesIn(chars("b", "c", null))).toEqual([undefined, 0, 1, 2]);
    expect(chars("a", null).indicesIn(chars("a"))).toEqual([0, undefined]);
  });
});

describe("Vocabulary.byteLength", () => {
  it("is the UTF-8 length of the text the indices stand for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        const vocabulary = Vocabulary.fromCounts("char", countsOf(text));
        const bytes = Buffer.byteLength(text);
        expect(vocabulary.byteLength(vocabulary.encode(text, "error"))).toBe(bytes);
      }),
    );
  });

  it("leaves out the unknown characters, whose length is lost, but not unknown bytes", () => {
    expect(chars("a", null).byteLength([0, 1, 1])).toBe(1);
    const bytes = Vocabulary.fromJson({ unit: "byte", symbols: [200, null] });
    expect(bytes.byteLength([0, 1])).toBe(2);
  });
});

describe("Vocabulary.bytes", () => {
  const bytesOf = (vocabulary: Vocabulary, indices: readonly number[]) =>
    Buffer.concat([...vocabulary.bytes(Symbols.from(indices, vocabulary.size))]);

  it("is the UTF-8 of a text, however long", () => {
    const vocabulary = chars("a", "é", "🦊");
    expect(bytesOf(vocabulary, []).toString()).toBe("");
    const indices = Array.from({ length: 150_000 }, (_, i) => (i * i) % 3);
    expect(bytesOf(vocabulary, indices).toString() === vocabulary.decode(indices)).toBe(true);
  });

  it("writes U+FFFD for an unknown character", () => {
    expect(bytesOf(chars("a", null), [0, 1, 0]).toString()).toBe("a\ufffda");
  });

  it("gives the bytes of a byte model themselves, and the first byte outside it for an unknown one", () => {
    // 0 and 1 are taken: 2 is the first byte that this vocabulary does not hold.
    const vocabulary = Vocabulary.fromJson({ unit: "byte", symbols: [0, 1, 255, null] });
    expect([...bytesOf(vocabulary, [2, 3, 0, 1])]).toEqual([255, 2, 0, 1]);
  });
});
