import { describe, expect, it } from "vitest";
import { columnShares } from "../../src/engine/sharing.ts";

describe("how a team shares rows and columns", () => {
  it("is by rows where there are rows for all", () => {
    expect(columnShares(1, 50, 128)).toBe(1);
    expect(columnShares(2, 50, 128)).toBe(1);
    expect(columnShares(3, 50, 512)).toBe(1);
    expect(columnShares(2, 6, 128)).toBe(1);
  });

  it("is by columns where there are not", () => {
    expect(columnShares(2, 1, 128)).toBe(2);
    expect(columnShares(2, 16, 512)).toBe(2);
    expect(columnShares(16, 1, 512)).toBe(16);
  });

  it("never gives a thread less than a block of columns where fewer parts do as well", () => {
    // 128 units are four blocks of 32.
    expect(columnShares(16, 1, 128)).toBe(4);
    expect(columnShares(16, 1, 1)).toBe(1);
  });

  it("weighs the work of too few rows against fetching the others' columns and meeting", () => {
    // 8 threads, 50 rows of 16 blocks: 10 x 16 = 160 alone, 13 x 8 + 13 / 2 + 18 = 128.5 in pairs, 25 x 4 + 25 x 3 / 4 +
    // 18 = 136.75 in fours.
    expect(columnShares(8, 50, 512)).toBe(2);
    // 16: 160 alone, 10 x 8 + 7 / 2 + 18 = 101.5 in pairs, 13 x 4 + 13 x 3 / 4 + 18 = 79.75 in fours.
    expect(columnShares(16, 50, 512)).toBe(4);
    // Of 4 blocks: 10 x 4 = 40 alone, 10 x 2 + 3.5 + 18 = 41.5 in pairs.
    expect(columnShares(16, 50, 128)).toBe(1);
  });

  it("divides the team", () => {
    for (let threads = 1; threads <= 16; threads++) {
      for (const rows of [1, 2, 6, 50]) expect(threads % columnShares(threads, rows, 512)).toBe(0);
    }
  });
});
