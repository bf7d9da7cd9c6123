import { describe, expect, it } from "vitest";
import { NgramCounts } from "../../../src/evaluation/baselines/ngram-counts.ts";
import { Random } from "../../../src/random.ts";

describe("NgramCounts", () => {
  it.each([200, 60_000, 1_000_000])("gives each n-gram one id while it grows, with %i symbols", async (V) => {
    const ngrams = new NgramCounts(V);
    const ids = new Map<string, number>();
    const random = Random.of(V);
    for (let block = 0; block < 20; block++) {
      await ngrams.reserve(1000);
      for (let i = 0; i < 1000; i++) {
        const prefix = Math.floor(random.next() * 2 ** (block + 1));
        const symbol = Math.floor(random.next() * V);
        const key = `${prefix} ${symbol}`;
        const id = ids.get(key) ?? ids.size;
        ids.set(key, id);
        expect(ngrams.findOrAdd(prefix, symbol)).toBe(id);
        ngrams.counts[id]++;
      }
    }
    expect(ngrams.size).toBe(ids.size);
    for (const [key, id] of ids) {
      const [prefix, symbol] = key.split(" ").map(Number);
      expect(ngrams.find(prefix, symbol)).toBe(id);
      expect([ngrams.prefixes[id], ngrams.symbols[id]]).toEqual([prefix, symbol]);
    }
    expect(ngrams.counts.reduce((sum, count) => sum + count)).toBe(20_000);
  });

  it("knows no n-gram that was not added", async () => {
    const ngrams = new NgramCounts(10);
    expect(ngrams.find(0, 0)).toBe(-1);
    await ngrams.reserve(1);
    ngrams.findOrAdd(3, 4);
    expect([ngrams.find(3, 4), ngrams.find(4, 3), ngrams.find(3, 5)]).toEqual([0, -1, -1]);
  });
});
