import { describe, expect, it } from "vitest";
import { uniformNumbers } from "../../../src/text/grammar/random.ts";

/** sfc32 once more, in unbounded integers cut to 32 bits as its author writes it in C. */
function sfc32(seed: number, length: number): number[] {
  const numbers: number[] = [];
  const cut = (x: bigint) => x & 0xffffffffn;
  let a = cut(BigInt(seed) >> 32n);
  let b = cut(BigInt(seed));
  let c = 0x9e3779b9n;
  for (let counter = 1n; counter <= 12 + length; counter++) {
    const output = cut(a + b + counter);
    a = b ^ (b >> 9n);
    b = cut(c + (c << 3n));
    c = cut(cut((c << 21n) | (c >> 11n)) + output);
    if (counter > 12n) numbers.push(Number(output) / 2 ** 32);
  }
  return numbers;
}

describe("uniformNumbers", () => {
  it.each([0, 1, 42, -1, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])("is sfc32 for seed %d", (seed) => {
    const uniform = uniformNumbers(seed);
    expect(Array.from({ length: 1000 }, uniform)).toEqual(sfc32(seed, 1000));
  });

  it("gives other numbers for another seed", () => {
    const firsts = Array.from({ length: 1000 }, (_, seed) => uniformNumbers(seed)());
    expect(new Set(firsts).size).toBe(1000);
  });

  it("fills [0, 1) evenly", () => {
    const uniform = uniformNumbers(7);
    const counts = new Float64Array(100);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(uniform() * 100)]++;
    // Chi squared with 99 degrees of freedom: mean 99, standard deviation sqrt(198) = 14.1; five of them are allowed.
    const chiSquared = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(170);
    expect(chiSquared).toBeGreaterThan(30);
  });
});
