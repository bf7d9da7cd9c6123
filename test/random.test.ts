import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";

describe("Random", () => {
  it("is xoshiro128**", () => {
    // From the state 1 2 3 4:
    // 1. rotl(2*5, 7) * 9 = 10*128*9 = 11520; t = 2<<9 = 1024; s2 = 3^1 = 2; s3 = 4^2 = 6; s1 = 2^2 = 0;
    //    s0 = 1^6 = 7; s2 = 2^1024 = 1026; s3 = rotl(6, 11) = 12288
    // 2. rotl(0, 7) * 9 = 0; t = 0; s2 = 1026^7 = 1029; s3 = 12288; s1 = 0^1029 = 1029; s0 = 7^12288 = 12295;
    //    s3 = rotl(12288, 11) = 25165824
    // 3. rotl(1029*5, 7) * 9 = 5145*128*9 = 5927040; t = 1029<<9 = 526848; s2 = 1029^12295 = 13314;
    //    s3 = 25165824^1029 = 25166853; s1 = 1029^13314 = 12295; ...
    // 4. rotl(12295*5, 7) * 9 = 61475*128*9 = 70819200
    const random = new Random([1, 2, 3, 4]);
    expect([1, 2, 3, 4].map(() => random.nextUint32())).toEqual([11520, 0, 5927040, 70819200]);
  });

  it("makes 53 bits of two words", () => {
    // 11520 >>> 5 = 360 and 0 >>> 6 = 0: 360 * 2^26 / 2^53 = 360 / 2^27
    expect(new Random([1, 2, 3, 4]).next()).toBe(360 / 2 ** 27);
  });

  it("is the same for the same seed and index, and another for any other", () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const first = seeds.flatMap((seed) => [0, 1, 2].map((index) => Random.of(seed, index).next()));
    const again = seeds.flatMap((seed) => [0, 1, 2].map((index) => Random.of(seed, index).next()));
    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(18);
  });

  it("is uniform in [0, 1), within a stream and across streams", () => {
    const within = Random.of(3);
    const draws = {
      within: Array.from({ length: 20_000 }, () => within.next()),
      acrossSeeds: Array.from({ length: 20_000 }, (_, seed) => Random.of(seed).next()),
      acrossIndexes: Array.from({ length: 20_000 }, (_, index) => Random.of(3, index).next()),
    };
    for (const values of Object.values(draws)) {
      const bins = new Float64Array(20);
      for (const value of values) bins[Math.floor(value * 20)]++;
      expect(bins.reduce((sum, count) => sum + count)).toBe(20_000);
      // Chi-square with 19 degrees of freedom is over 43.8 once in a thousand seeds.
      expect(bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(43.8);
    }
  });
});
