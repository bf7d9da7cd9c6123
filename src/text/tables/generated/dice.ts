/**
 * Some equal dice. The faces of each are the whole numbers from 0 to `highest`. Their sum is nearly normal, and the
 * probability of each sum is an exact fraction. The mean of the sum is count * highest / 2, and its variance count *
 * highest * (highest + 2) / 12.
 */
export interface Dice {
  readonly count: number;
  readonly highest: number;
}

/** The sum of one throw. */
export function roll({ count, highest }: Dice, uniform: () => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += wholeNumber(0, highest, uniform);
  return sum;
}

/** A whole number from `lowest` to `highest`. All are equally likely. */
export function wholeNumber(lowest: number, highest: number, uniform: () => number): number {
  return lowest + Math.floor(uniform() * (highest - lowest + 1));
}

/** The index of one of the probabilities, which sum to one. */
export function choose(probabilities: readonly number[], uniform: () => number): number {
  let left = uniform();
  for (let i = 0; i < probabilities.length - 1; i++) {
    left -= probabilities[i];
    if (left < 0) return i;
  }
  return probabilities.length - 1;
}

/** A number from the normal distribution with the mean 0 and the deviation 1 (Box and Muller 1958). */
export function standardNormal(uniform: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // 1 - u is never 0.
  return radius * Math.cos(2 * Math.PI * uniform());
}
