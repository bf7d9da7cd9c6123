/** How one column of numbers is standardised: the mean and the deviation of the training split. */
export interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

/** The mean and the standard deviation (divided by n) of numbers. If all numbers are equal, the deviation is 1. */
export function momentsOf(numbers: readonly number[]): Scale {
  // The rounded mean of equal numbers may differ from the numbers. Their deviation would then be tiny, but not 0.
  if (numbers.every((number) => number === numbers[0])) return { mean: numbers[0], deviation: 1 };
  const mean = numbers.reduce((sum, number) => sum + number / numbers.length, 0);
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2 / numbers.length, 0);
  return { mean, deviation: Math.sqrt(variance) || 1 };
}
