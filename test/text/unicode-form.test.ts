import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../src/errors.ts";
import { FormCounts, Normalizer } from "../../src/text/unicode-form.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

function codesOf(text: string): Uint32Array {
  return Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function textOf(codes: Iterable<number>): string {
  return Array.from(codes, (code) => String.fromCodePoint(code)).join("");
}

/** Letters, marks, composed letters, Hangul syllables and their parts. */
const letters = fc.constantFrom(
  ...Array.from(
    "aeé\u0301\u0323\u0307ẛṩ\u1100\u1161\u11a8가각😀\u{1f1e6}\u0915\u093cक़가\u3099か\u{16d67}\u{16d63}",
  ),
);

describe("Normalizer", () => {
  it.each(["nfc", "nfd"] as const)("brings a text into %s, cut anywhere", (form) => {
    fc.assert(
      fc.property(fc.array(fc.array(letters, { maxLength: 5 }), { maxLength: 5 }), (pieces) => {
        const texts = pieces.map((piece) => piece.join(""));
        const normalizer = new Normalizer(form);
        const codes = texts.flatMap((text) => [...normalizer.apply(codesOf(text))]);
        expect(textOf([...codes, ...normalizer.end()])).toBe(texts.join("").normalize(form.toUpperCase()));
      }),
    );
  });
});

describe("FormCounts", () => {
  it.each([
    ["plain, 日本 and ж", [0, 0]],
    ["éa\u0301", [1, 1]],
    // No letter is an open o with an acute accent.
    ["\u0254\u0301", [0, 0]],
    // A syllable that NFD takes apart, and one that is apart already: its vowel composes.
    ["가 \u1100\u1161", [1, 1]],
  ])("of %j tells composed letters and marks that compose", (text, counts) => {
    const forms = new FormCounts();
    for (const code of codesOf(text)) forms.count(Uint32Array.of(code));
    expect([forms.composed, forms.decomposed]).toEqual(counts);
  });
});

describe("a text in another Unicode form than the model's", () => {
  const vocabularyOf = (text: string) =>
    Vocabulary.fromCounts("char", new Map(Array.from(codesOf(text), (code) => [code, 1])));

  it.each([
    [
      "aeé",
      "e\u0301",
      "U+0301 (combining acute accent)",
      "the text is in the Unicode form NFD, and the model knows NFC: convert the prime to NFC, or remove it",
    ],
    [
      "aeo\u0301",
      "aé",
      '"é" (U+00E9)',
      "the text is in the Unicode form NFC, and the model knows NFD: convert the prime to NFD, or remove it",
    ],
    ["ae", "aé", '"é" (U+00E9)', "is not in the model's vocabulary; remove it"],
  ])("is told as such: %j does not know %j", (known, text, name, reason) => {
    const encode = () => vocabularyOf(known).encode(text, "error", "the prime");
    expect(encode).toThrow(CharrnnError);
    expect(encode).toThrow(name);
    expect(encode).toThrow(reason);
  });

  it("is brought into it, if the vocabulary says so", () => {
    const vocabulary = vocabularyOf("aé\n").inForm({ newlines: "lf", normalize: "nfc" });
    const read = Vocabulary.fromJson(JSON.parse(JSON.stringify(vocabulary)));
    expect(read.form).toEqual({ newlines: "lf", normalize: "nfc" });
    expect(read.decode(read.encode("e\u0301\r\na\r", "error"))).toBe("é\na\n");
    expect(() => Vocabulary.fromJson({ unit: "char", symbols: ["a"], normalize: "nfkc" })).toThrow(
      CharrnnError,
    );
  });
});
