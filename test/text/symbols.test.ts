import { describe, expect, it } from "vitest";
import { SymbolWriter } from "../../src/text/symbol-writer.ts";
import { Symbols, symbolWidth } from "../../src/text/symbols.ts";

/** The numbers 0 to n-1, each modulo 256, in segments of 4 symbols. */
function inSegments(n: number): Symbols {
  const writer = new SymbolWriter(1, 4);
  writer.append(Uint32Array.from({ length: n }, (_, i) => i % 256));
  return writer.symbols();
}

function copy(symbols: Symbols, start = 0, end = symbols.length): number[] {
  const target = new Int32Array(end - start);
  symbols.copyTo(target, 0, start, end);
  return [...target];
}

describe("symbolWidth", () => {
  it("is the smallest that holds the largest index", () => {
    expect([1, 256, 257, 65_536, 65_537].map(symbolWidth)).toEqual([1, 1, 2, 2, 4]);
  });
});

describe("Symbols", () => {
  it.each([
    [256, 1],
    [257, 2],
    [65_537, 4],
  ])("of a vocabulary of %i take %i bytes each", (size, bytes) => {
    const symbols = Symbols.from([0, 7, size - 1], size);
    expect(symbols.bytesPerSymbol).toBe(bytes);
    expect(copy(symbols)).toEqual([0, 7, size - 1]);
  });

  it("may be empty", () => {
    expect(Symbols.from([], 5).length).toBe(0);
    expect(copy(Symbols.from([], 5))).toEqual([]);
  });

  it("are read alike by position and by range, within and across segments", () => {
    const symbols = inSegments(11);
    for (let start = 0; start <= 11; start++) {
      for (let end = start; end <= 11; end++) {
        const expected = Array.from({ length: end - start }, (_, i) => start + i);
        expect(copy(symbols, start, end)).toEqual(expected);
        const part = symbols.subsequence(start, end);
        expect(part.length).toBe(end - start);
        expect(expected.map((_, i) => part.at(i))).toEqual(expected);
        expect(copy(part)).toEqual(expected);
      }
    }
  });

  it("copy to an offset of the target and leave the rest of it alone", () => {
    const target = new Int32Array(7).fill(-1);
    inSegments(11).copyTo(target, 2, 3, 6);
    expect([...target]).toEqual([-1, -1, 3, 4, 5, -1, -1]);
  });

  it("give subsequences of subsequences, counted from their own start", () => {
    const part = inSegments(20).subsequence(3, 17).subsequence(2, 9);
    expect(copy(part)).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(part.bytesPerSymbol).toBe(1);
  });

  it("do not let a subsequence read its neighbours", () => {
    const part = inSegments(20).subsequence(4, 8);
    const target = new Int32Array(8);
    for (const outside of [-1, 4, Number.NaN]) expect(() => part.at(outside)).toThrow(RangeError);
    expect(() => {
      part.copyTo(target, 0, 0, 5);
    }).toThrow(RangeError);
    expect(() => {
      part.copyTo(target, 0, -1, 2);
    }).toThrow(RangeError);
    expect(() => part.subsequence(3, 2)).toThrow(RangeError);
    expect(() => part.subsequence(0, 5)).toThrow(RangeError);
  });
});
