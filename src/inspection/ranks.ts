/** The digits of a sort key of 32 bits: 11, 11 and 10 bits. Their counts stay in the fastest cache. */
const RADIX_BITS = 11;
const DIGITS = 2 ** RADIX_BITS;

/**
 * Twice the rank of each value, less n + 1: the whole numbers 2r - (n + 1), with ranks r from 1 to n. Equal values share
 * the mean of their ranks (the mid-rank). The sum of all results is 0. -0 equals 0. No value may be NaN.
 */
export function centredRanks(values: Float32Array): Int32Array {
  const n = values.length;
  const { keys, order } = sorted(sortKeys(values));
  const ranks = new Int32Array(n);
  for (let first = 0; first < n;) {
    let end = first + 1;
    while (end < n && keys[end] === keys[first]) end++;
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

/** The keys in ascending order, and the index that each had: a radix sort from the lowest digit. */
function sorted(keys: Uint32Array): { keys: Uint32Array; order: Int32Array } {
  const n = keys.length;
  let order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let nextKeys: Uint32Array = new Uint32Array(n);
  let nextOrder = new Int32Array(n);
  for (let shift = 0; shift < 32; shift += RADIX_BITS) {
    scatter(keys, order, shift, nextKeys, nextOrder);
    [keys, nextKeys] = [nextKeys, keys];
    [order, nextOrder] = [nextOrder, order];
  }
  return { keys, order };
}

/** Writes keys and order in the order of one digit. Keys with the same digit stay in their order. */
function scatter(
  keys: Uint32Array,
  order: Int32Array,
  shift: number,
  toKeys: Uint32Array,
  toOrder: Int32Array,
): void {
  const places = new Int32Array(DIGITS + 1);
  for (let i = 0; i < keys.length; i++) places[((keys[i] >>> shift) & (DIGITS - 1)) + 1]++;
  for (let digit = 1; digit < DIGITS; digit++) places[digit] += places[digit - 1];
  for (let i = 0; i < keys.length; i++) {
    const place = places[(keys[i] >>> shift) & (DIGITS - 1)]++;
    toKeys[place] = keys[i];
    toOrder[place] = order[i];
  }
}
