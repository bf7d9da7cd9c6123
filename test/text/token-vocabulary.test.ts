import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../src/errors.ts";
import { Symbols } from "../../src/text/symbols.ts";
import { inOrder, TokenVocabulary } from "../../src/text/token-vocabulary.ts";

const counts = new Map([
  ["the", 3],
  ["cat", 1],
  ["sat", 2],
]);

function tokens(...symbols: (string | null)[]): TokenVocabulary {
  return TokenVocabulary.fromJson({ symbols });
}

describe("TokenVocabulary.fromCounts", () => {
  it("has the tokens in order, and no unknown token if none is rare", () => {
    const vocabulary = TokenVocabulary.fromCounts(counts, 1);
    expect(vocabulary.symbols).toEqual(["cat", "sat", "the"]);
    expect(vocabulary.size).toBe(3);
    expect(vocabulary.unknown).toBeUndefined();
    expect(vocabulary.indexOf("the")).toBe(2);
    expect(vocabulary.indexOf("dog")).toBeUndefined();
  });

  it("makes tokens that occur fewer than minCount times the unknown token, which comes last", () => {
    const vocabulary = TokenVocabulary.fromCounts(counts, 2);
    expect(vocabulary.symbols).toEqual(["sat", "the", null]);
    expect(vocabulary.size).toBe(3);
    expect(vocabulary.unknown).toBe(2);
    expect(vocabulary.indexOf("cat")).toBeUndefined();
  });

  it("refuses a minCount that leaves no token", () => {
    const create = () => TokenVocabulary.fromCounts(counts, 4);
    expect(create).toThrow(UsageError);
    expect(create).toThrow("--min-count 4 leaves no token of the data; give a smaller number");
  });
});

describe("TokenVocabulary.fromJson", () => {
  it.each([[["b", "a"]], [["a", null]], [["a", "constructor", "é", "null"]]])(
    "gives back what JSON.stringify wrote: %j",
    (symbols) => {
      const vocabulary = tokens(...symbols);
      expect(JSON.parse(JSON.stringify(vocabulary))).toEqual({ unit: "token", symbols });
      expect(vocabulary.unknown).toBe(symbols.includes(null) ? symbols.length - 1 : undefined);
      symbols.forEach((symbol, index) => {
        if (symbol !== null) expect(vocabulary.indexOf(symbol)).toBe(index);
      });
    },
  );

  it.each([
    [undefined],
    ["ab"],
    [{ 0: "a" }],
    [[]],
    [[null]],
    [["a", "a"]],
    [["a", 1]],
    [[null, "a"]],
    [["a", null, null]],
    [["a", ["b"]]],
  ])("refuses %j", (symbols: unknown) => {
    const read = () => TokenVocabulary.fromJson({ symbols });
    expect(read).toThrow(CharrnnError);
    expect(read).toThrow(
      "the vocabulary is invalid: it must list each token once, and null only as the last",
    );
  });
});

describe("a grown vocabulary of tokens", () => {
  it("has all tokens in order, and says where the old ones were", () => {
    const old = tokens("b", "d");
    const grown = old.grownBy(["c", "b", "a", "c"]);
    expect(grown.symbols).toEqual(["a", "b", "c", "d"]);
    expect(grown.indicesIn(old)).toEqual([undefined, 0, undefined, 1]);
    expect(old.symbols).toEqual(["b", "d"]);
  });

  it("keeps its unknown token, as the last", () => {
    const old = tokens("b", null);
    const grown = old.grownBy(["c", "a"]);
    expect(grown.symbols).toEqual(["a", "b", "c", null]);
    expect(grown.unknown).toBe(3);
    expect(grown.indicesIn(old)).toEqual([undefined, 0, undefined, 1]);
  });

  it("has the indices of an old one whose tokens were in another order", () => {
    const old = tokens("b", "a");
    expect(old.grownBy([]).symbols).toEqual(["a", "b"]);
    expect(old.grownBy([]).indicesIn(old)).toEqual([1, 0]);
  });

  it("has no place for the unknown token in a vocabulary without one", () => {
    expect(tokens("a", null).indicesIn(tokens("a"))).toEqual([0, undefined]);
  });
});

describe("inOrder", () => {
  it("sorts by code units, whatever the language of the machine", () => {
    // U+0042 B, U+0061 a, U+00E9 é, U+D83E (the first half of the fox), U+FF5E. A prefix comes first.
    expect(inOrder(["～", "é", "🦊", "a", "B", "ab", ""])).toEqual(["", "B", "a", "ab", "é", "🦊", "～"]);
  });

  it("agrees with the sort of JavaScript, which has this order too", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        expect(inOrder(texts)).toEqual([...texts].sort());
      }),
    );
  });
});

describe("the text of tokens", () => {
  const vocabulary = tokens("\n", "a", "f\u00f6x", null);

  it("has one space between tokens, and none beside a line end", () => {
    expect(vocabulary.decode([1, 2, 0, 0, 1, 3, 1, 0])).toBe("a f\u00f6x\n\na \ufffd a\n");
    // The end of a document has an index after the vocabulary, and is written as nothing.
    expect(vocabulary.decode([4, 1, 2, 4, 1])).toBe("a f\u00f6xa");
  });

  it("has its characters and its bytes counted with the spaces", () => {
    // "a föx\n" is 6 characters and 7 bytes.
    expect(vocabulary.characterLength([1, 2, 0])).toBe(6);
    expect(vocabulary.byteLength([1, 2, 0])).toBe(7);
    const bytes = Buffer.concat([...vocabulary.bytes(Symbols.from([1, 2, 0], 4))]);
    expect(bytes.toString()).toBe("a f\u00f6x\n");
  });
});
