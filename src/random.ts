/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021): uniform random
 * numbers that depend on the seed alone. The numbers are the same on every machine.
 */
export class Random {
  readonly #words: Uint32Array;

  /** `words`: the state, four 32-bit words that are not all zero. */
  constructor(words: readonly [number, number, number, number]) {
    this.#words = Uint32Array.from(words);
  }

  /**
   * The generator for stream `index` of a seed; each sample has its own stream. `seed` is a whole number from 0 to 2^53
   * - 1, `index` one from 0 to 2^32 - 1. The words of the state differ from each other, so the state is not all zero.
   */
  static of(seed: number, index = 0): Random {
    const low = seed >>> 0;
    const high = Math.floor(seed / 2 ** 32);
    const word = (k: number) => mix(mix(mix(Math.imul(k, GOLDEN_GAMMA) + low) ^ high) ^ index);
    return new Random([word(1), word(2), word(3), word(4)]);
  }

  /** A whole number, uniform in [0, 2^32). */
  nextUint32(): number {
    const s = this.#words;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A multiple of 2^-53, uniform in [0, 1). */
  next(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }
}

const GOLDEN_GAMMA = 0x9e3779b9;

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/**
 * The output function of splitmix32: SplitMix (Steele, Lea and Flood 2014) at 32 bits, with the multipliers that
 * Wellons' hash-prospector found. A bijection on 32-bit words.
 */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return (word ^ (word >>> 15)) >>> 0;
}
