/** The digits of a sort key of 32 bits: 11, 11 and 10 bits. Their counts stay in the fastest cache. */
const RADIX_BITS = 11;
const DIGITS = 2 ** RADIX_BITS;

/**
 * Twice the rank of each value, less n + 1: the whole numbers 2r - (n + 1), with ranks r from 1 to n. Equal values share
 * the mean of their ranks (the mid-rank). The sum of all results is 0. -0 equals 0. No value may be NaN.
 */
export function centredRanks(values: Float32Array): Int32Array {
  const n = values.length;
  const keys = sortKeys(values);
  const order = ascending(keys);
  const ranks = new Int32Array(n);
  for (let first = 0; first < n;) {
    let end = first + 1;
    while (end < n && keys[order[end]] === keys[order[first]]) end++;
    // The ranks first + 1 to end have the mean (first + 1 + end) / 2.
    for (let i = first; i < end; i++) ranks[order[i]] = first + end - n;
    first = end;
  }
  return ranks;
}

/** Whole numbers in the order of the values. A float's bits, read as an integer, have this order if its sign is +. */
function sortKeys(values: Float32Array): Uint32Array {
  const bits = new Int32Array(values.slice().buffer);
  const keys = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const word = values[i] === 0 ? 0 : bits[i];
    // If the sign is -, all bits are flipped; if it is +, the sign alone.
    keys[i] = word ^ ((word >> 31) | 0x80000000);
  }
  return keys;
}

/** The indices of the keys in ascending order of the keys: a radix sort from the lowest digit. */
function ascending(keys: Uint32Array): Int32Array {
  const n = keys.length;
  let order = new Int32Array(n);
  let next = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let shift = 0; shift < 32; shift += RADIX_BITS) {
    const places = new Int32Array(DIGITS + 1);
    for (let i = 0; i < n; i++) places[((keys[i] >>> shift) & (DIGITS - 1)) + 1]++;
    for (let digit = 1; digit < DIGITS; digit++) places[digit] += places[digit - 1];
    for (let i = 0; i < n; i++) next[places[(keys[order[i]] >>> shift) & (DIGITS - 1)]++] = order[i];
    [order, next] = [next, order];
  }
  return order;
}
