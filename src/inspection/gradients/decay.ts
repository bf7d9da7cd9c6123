/** How the size of a gradient depends on the lag: fitted by an exponential, from the lag 0 to the last. */
export interface Decay {
  /** The factor by which one more step changes the size: the slope of a straight line through the logarithms. */
  readonly factor: number;
  /** The steps after which the size has halved, or doubled if the factor is above 1. Infinity if the factor is 1. */
  readonly steps: number;
  /** The last lag that was measured. */
  readonly lag: number;
  /** The size at that lag, divided by the size at lag 0. 0 if it is too small to be measured. */
  readonly left: number;
}

/**
 * Fits the decay of the sizes of a gradient by lag. Sizes that are 0 are too small to be measured, and lags without a
 * size (NaN) are left out. Undefined if there are fewer than two sizes to fit.
 */
export function fitDecay(sizes: readonly number[]): Decay | undefined {
  const measured = sizes.flatMap((size, lag) => (Number.isNaN(size) ? [] : [{ lag, size }]));
  const fitted = measured.filter(({ size }) => size > 0 && size < Infinity);
  if (fitted.length < 2) return undefined;
  const last = measured[measured.length - 1];
  const mean = (value: (point: { lag: number; size: number }) => number) =>
    fitted.reduce((sum, point) => sum + value(point), 0) / fitted.length;
  const [lag, level] = [mean((point) => point.lag), mean(({ size }) => Math.log(size))];
  const covariance = mean((point) => (point.lag - lag) * (Math.log(point.size) - level));
  const slope = covariance / mean((point) => (point.lag - lag) ** 2);
  return {
    factor: Math.exp(slope),
    steps: Math.LN2 / Math.abs(slope),
    lag: last.lag,
    left: last.size / measured[0].size,
  };
}
