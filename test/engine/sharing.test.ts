import { describe, expect, it } from "vitest";
import { columnShares } from "../../src/engine/sharing.ts";

describe("how a team shares rows and columns", () => {
  it("is by rows where there are rows for all", () => {
    expect(columnShares(1, 50, 128)).toBe(1);
    expect(columnShares(2, 50, 128)).toBe(1);
    expect(columnShares(3, 50, 512)).toBe(1);
  });

  it("is by columns where there are not", () => {
    expect(columnShares(2, 1, 128)).toBe(2);
    expect(columnShares(16, 1, 512)).toBe(16);
  });

  it("never gives a thread less than a block of columns where fewer parts do as well", () => {
    // 128 units are four blocks of 32.
    expect(columnShares(16, 1, 128)).toBe(4);
    expect(columnShares(16, 1, 1)).toBe(1);
  });

  it("weighs the rows a thread has against what it fetches of the others", () => {
    // 16 threads, 50 rows of 16 blocks: 4 rows x 16 = 64 alone, 7 x (8 + 1) = 63 in pairs, 13 x (4 + 1.5) in fours.
    expect(columnShares(16, 50, 512)).toBe(2);
    // Of 4 blocks: 4 x 4 = 16 alone, 7 x (2 + 1) = 21 in pairs.
    expect(columnShares(16, 50, 128)).toBe(1);
  });

  it("divides the team", () => {
    for (let threads = 1; threads <= 16; threads++) {
      for (const rows of [1, 2, 6, 50]) expect(threads % columnShares(threads, rows, 512)).toBe(0);
    }
  });
});
