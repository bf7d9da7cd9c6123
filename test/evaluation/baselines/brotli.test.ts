import { describe, expect, it } from "vitest";
import { brotliBaseline, BROTLI_LIMIT } from "../../../src/evaluation/baselines/brotli.ts";
import { Random } from "../../../src/random.ts";

function randomBytes(count: number): Uint8Array {
  const random = Random.of(1);
  return Uint8Array.from({ length: count }, () => random.nextUint32() >>> 24);
}

async function bitsOf(pieces: Iterable<Uint8Array>, characters: number): Promise<number> {
  const { bitsPerCharacter } = await brotliBaseline(pieces, characters);
  return bitsPerCharacter ?? NaN;
}

describe("brotliBaseline", () => {
  it("cannot compress noise: 8 bits a byte and a little more", async () => {
    const bits = await bitsOf([randomBytes(20_000)], 20_000);
    expect(bits).toBeGreaterThan(8);
    expect(bits).toBeLessThan(8.02);
  });

  it("finds a repetition across the whole text: two copies of noise cost little more than one", async () => {
    const noise = randomBytes(20_000);
    const bits = await bitsOf([noise, noise], 40_000);
    expect(bits).toBeGreaterThan(4);
    expect(bits).toBeLessThan(4.02);
  });

  it("counts by characters, not bytes", async () => {
    const noise = randomBytes(2000);
    expect(await bitsOf([noise], 500)).toBeCloseTo(4 * (await bitsOf([noise], 2000)), 12);
  });

  it("does not depend on the pieces, which may come asynchronously", async () => {
    const noise = randomBytes(3000);
    async function* pieces() {
      yield noise.subarray(0, 1);
      yield await Promise.resolve(noise.subarray(1));
    }
    expect(await brotliBaseline(pieces(), 3000)).toEqual(await brotliBaseline([noise], 3000));
  });

  it("is null with a reason above the limit, and reads no further", async () => {
    const piece = new Uint8Array(1_000_000);
    let read = 0;
    function* pieces() {
      for (;;) {
        read += piece.length;
        yield piece;
      }
    }
    expect(await brotliBaseline(pieces(), 1)).toEqual({
      bitsPerCharacter: null,
      note: "brotli compresses at most 20 MB, and the text is larger",
    });
    expect(read).toBe(BROTLI_LIMIT + piece.length);
  });
});
