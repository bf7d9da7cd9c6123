/**
 * A curve over steps. If it was thinned, a point stands for several values in a row: `values` are their means, and `lows`
 * and `highs` are the least and the greatest of them.
 */
export interface Curve {
  readonly steps: readonly number[];
  readonly values: readonly number[];
  readonly lows?: readonly number[];
  readonly highs?: readonly number[];
}

/** A curve has at most this many points: more than a chart has columns of pixels. */
const MOST_POINTS = 1500;

/**
 * A curve through values at ascending steps. Values that are not finite are left out. If there are more values than
 * points, each point stands for equally many values, and their least and greatest values are kept.
 */
export function curveOf(
  steps: readonly number[],
  values: readonly number[],
  mostPoints = MOST_POINTS,
): Curve {
  const kept = values.flatMap((value, index) => (Number.isFinite(value) ? [index] : []));
  const points = Math.min(kept.length, mostPoints);
  if (points === kept.length) {
    return { steps: kept.map((index) => steps[index]), values: kept.map((index) => round(values[index])) };
  }
  const thinned = { steps: [], values: [], lows: [], highs: [] } as Record<keyof Curve, number[]>;
  for (let point = 0; point < points; point++) {
    const own = kept.slice(
      Math.floor((point * kept.length) / points),
      Math.floor(((point + 1) * kept.length) / points),
    );
    const inside = own.map((index) => values[index]);
    // The last step of a point, so that the curve ends where the values end.
    thinned.steps.push(steps[own[own.length - 1]]);
    thinned.values.push(round(inside.reduce((sum, value) => sum + value, 0) / inside.length));
    thinned.lows.push(round(Math.min(...inside)));
    thinned.highs.push(round(Math.max(...inside)));
  }
  return thinned;
}

/** Six significant digits: no chart shows more. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}

/**
 * Smooths the values of a curve: each becomes the mean of all, weighted by exp(-distance / width). The distance is that of
 * the steps, so uneven steps do no harm. A width of 0 changes nothing.
 */
export function smooth({ steps, values }: Curve, width: number): number[] {
  if (width <= 0) return [...values];
  const sums = values.map((value) => ({ value, weight: 1 }));
  const pass = (order: readonly number[]) => {
    let [sum, weight] = [0, 0];
    order.forEach((index, place) => {
      const decay = place === 0 ? 0 : Math.exp(-Math.abs(steps[index] - steps[order[place - 1]]) / width);
      [sum, weight] = [sum * decay, weight * decay];
      sums[index].value += sum;
      sums[index].weight += weight;
      sum += values[index];
      weight += 1;
    });
  };
  const forwards = values.map((_, index) => index);
  pass(forwards);
  pass(forwards.toReversed());
  return sums.map(({ value, weight }) => value / weight);
}

/** The index of the step nearest to a step; -1 for a curve without points. Steps ascend. */
export function nearestTo(steps: readonly number[], step: number): number {
  let [first, last] = [0, steps.length - 1];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (steps[middle] < step) first = middle + 1;
    else last = middle;
  }
  return first > 0 && step - steps[first - 1] <= steps[first] - step ? first - 1 : last;
}
