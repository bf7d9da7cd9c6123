/** The mean and the sample standard deviation (with n - 1) of some values. */
export interface Moments {
  readonly mean: number;
  /** Null for a single value. */
  readonly deviation: number | null;
  readonly count: number;
}

/** The moments of values; undefined if there are none. */
export function momentsOf(values: readonly number[]): Moments | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, deviation: null, count };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (count - 1)), count };
}

/** Welch's test of whether two settings differ. */
export interface WelchTest {
  readonly t: number;
  /** Degrees of freedom. */
  readonly degrees: number;
  /** How likely a difference at least as large is, in either direction, if the true means are equal. */
  readonly p: number;
}

/**
 * Welch's t-test (Welch 1947), two-sided: with the squared standard errors u = s1^2 / n1 and v = s2^2 / n2,
 * t = (m1 - m2) / sqrt(u + v) with (u + v)^2 / (u^2 / (n1 - 1) + v^2 / (n2 - 1)) degrees of freedom. Undefined if one
 * of the two has a single value, or none of them varies.
 */
export function welch(one: Moments, two: Moments): WelchTest | undefined {
  if (one.deviation === null || two.deviation === null) return undefined;
  const u = one.deviation ** 2 / one.count;
  const v = two.deviation ** 2 / two.count;
  if (u + v === 0) return undefined;
  const t = (one.mean - two.mean) / Math.sqrt(u + v);
  const degrees = (u + v) ** 2 / (u ** 2 / (one.count - 1) + v ** 2 / (two.count - 1));
  return { t, degrees, p: twoSided(t, degrees) };
}

/** The probability that Student's t with these degrees of freedom is at least |t| away from 0. */
export function twoSided(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun 26.5.8). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean. Above it, I_x(a, b) = 1 - I_(1-x)(b, a).
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    a * Math.log(x) + b * Math.log1p(-x) - (logGamma(a) + logGamma(b) - logGamma(a + b)),
  );
  return (front * betaFraction(x, a, b)) / a;
}

const MOST_TERMS = 1000;
const TINY = 1e-300;

/** 1 / (1 + d1 / (1 + d2 / (1 + ...))) by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const term of [even, odd]) {
      d = 1 / nonZero(1 + term * d);
      c = nonZero(1 + term / c);
      factor = c * d;
      value *= factor;
    }
    if (Math.abs(factor - 1) < Number.EPSILON) break;
  }
  return value;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** Lanczos's approximation of log(gamma(x)) for x > 0, with g = 7 and nine terms (Godfrey's coefficients). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const t = z + 7.5;
  const sum = LANCZOS.slice(1).reduce((sum, term, index) => sum + term / (z + index + 1), LANCZOS[0]);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}
