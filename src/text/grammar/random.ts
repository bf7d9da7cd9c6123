/**
 * A seeded source of uniform numbers in [0, 1) with 32 random bits each: sfc32, the small fast counting generator of
 * Chris Doty-Humphrey's PractRand (128 bits of state, period at least 2^32). The generator uses 32-bit integer
 * arithmetic alone, so a seed gives the same numbers on every machine. The seed may be any safe integer.
 */
export function uniformNumbers(seed: number): () => number {
  let a = Math.floor(seed / 2 ** 32) | 0;
  let b = seed | 0;
  let c = 0x9e3779b9 | 0; // The golden ratio, not 0, because seed 0 must not give a state of zeros.
  let counter = 1;
  const next = () => {
    const output = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + output) | 0;
    return (output >>> 0) / 2 ** 32;
  };
  // Neighbouring seeds begin with similar numbers. Twelve rounds, as in PractRand, mix the seed into the whole state.
  for (let round = 0; round < 12; round++) next();
  return next;
}
