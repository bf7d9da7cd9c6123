import { Random } from "../random.ts";
import { shuffled } from "../tasks/examples/batches.ts";
import { type Range } from "../text/example-text.ts";
import { type Hypothesis } from "./hypotheses.ts";
import { RankedUnits } from "./scores.ts";

/** How many places of a range a probe reads: a weight of each of 256 units is then well determined. */
const MOST_PLACES = 20_000;

/** What is added to the variance 1 of each unit: enough for units that copy each other, too little to weaken a weight. */
const RIDGE = 1e-3;

/** How many places of all units are worked on at once, so that they stay in the cache. */
const BLOCK = 128;

/**
 * Linear probes over the units of a layer: ridge regression. With Z the standardised activations at m places and y the
 * centred values of a hypothesis, the weights are (Z'Z / m + ridge I)^-1 Z'y / m. The matrix and its Cholesky factor are
 * computed once for all hypotheses.
 */
export class Probe {
  readonly #train: Sample;
  readonly #test: Sample;
  readonly #factor: readonly Float64Array[];

  /**
   * `units`: the activations of each unit at each character. `most`: how many places of each range are read, evenly
   * spread. `ridge`: a share of the variance of a unit; above 0.
   */
  constructor(
    units: readonly Float32Array[],
    trainOn: Range,
    testOn: Range,
    { most = MOST_PLACES, ridge = RIDGE }: { most?: number; ridge?: number } = {},
  ) {
    const [trained, tested] = [spread(trainOn, most), spread(testOn, most)];
    const scales = units.map((unit) => scaleOf(at(unit, trained)));
    this.#train = sampleOf(units, trained, scales);
    this.#test = sampleOf(units, tested, scales);
    this.#factor = cholesky(gram(this.#train, ridge));
  }

  /**
   * The score of the probe's prediction on the test range: AUC or correlation, as the hypothesis measures. NaN if the
   * hypothesis has one value only at the places of a range.
   */
  heldOut({ name, measure, values }: Hypothesis): number {
    const target = at(values, this.#train.places);
    if (target.every((value) => value === target[0])) return NaN;
    const mean = target.reduce((sum, value) => sum + value, 0) / target.length;
    const centred = target.map((value) => value - mean);
    const products = Float64Array.from(this.#train.rows, (row) => dot(row, centred) / centred.length);
    const prediction = combined(this.#test, solve(this.#factor, products));
    const tested = { name, measure, values: at(values, this.#test.places) };
    return new RankedUnits([prediction], { start: 0, end: prediction.length }).score(tested)[0];
  }
}

/** Some places of a text. */
interface Sample {
  readonly places: Int32Array;
  /** [unit][place]: the standardised activations. */
  readonly rows: readonly Float32Array[];
}

function sampleOf(units: readonly Float32Array[], places: Int32Array, scales: readonly Scale[]): Sample {
  const rows = units.map((unit, u) => {
    const { mean, deviation } = scales[u];
    return at(unit, places).map((value) => (deviation > 0 ? (value - mean) / deviation : 0));
  });
  return { places, rows };
}

function spread({ start, end }: Range, most: number): Int32Array {
  const count = Math.min(most, end - start);
  return Int32Array.from({ length: count }, (_, i) => start + Math.floor((i * (end - start)) / count));
}

function at(values: Float32Array, places: Int32Array): Float32Array {
  const result = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) result[i] = values[places[i]];
  return result;
}

interface Scale {
  readonly mean: number;
  /** 0 if the unit is constant. */
  readonly deviation: number;
}

function scaleOf(values: Float32Array): Scale {
  if (values.every((value) => value === values[0])) return { mean: 0, deviation: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** The lower triangle of Z'Z / m + ridge I. */
function gram({ rows, places }: Sample, ridge: number): Float64Array[] {
  const result = rows.map((_, i) => new Float64Array(i + 1));
  for (let start = 0; start < places.length; start += BLOCK) {
    const block = rows.map((row) => row.subarray(start, start + BLOCK));
    for (let i = 0; i < block.length; i++) {
      for (let j = 0; j <= i; j++) result[i][j] += dot(block[i], block[j]) / places.length;
    }
  }
  for (let i = 0; i < result.length; i++) result[i][i] += ridge;
  return result;
}

/** L, lower triangular, with L L' = A. A is positive definite; its lower triangle is given. */
function cholesky(a: readonly Float64Array[]): Float64Array[] {
  const l = a.map((row) => row.slice());
  for (let i = 0; i < l.length; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i][j];
      for (let k = 0; k < j; k++) rest -= l[i][k] * l[j][k];
      l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j][j];
    }
  }
  return l;
}

/** x with L L' x = b: forward substitution with L, then backward substitution with L'. */
function solve(l: readonly Float64Array[], b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
  return x;
}

/** The sum of all units by their weights, at each place. */
function combined({ rows, places }: Sample, weights: Float64Array): Float32Array {
  const sums = new Float64Array(places.length);
  for (let unit = 0; unit < rows.length; unit++) addScaled(sums, rows[unit], weights[unit]);
  return Float32Array.from(sums);
}

function addScaled(sums: Float64Array, row: Float32Array, weight: number): void {
  for (let i = 0; i < row.length; i++) sums[i] += weight * row[i];
}

/** Four sums, which do not wait for each other. */
function dot(x: Float32Array, y: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < x.length; i += 4) {
    a += x[i] * y[i];
    b += x[i + 1] * y[i + 1];
    c += x[i + 2] * y[i + 2];
    d += x[i + 3] * y[i + 3];
  }
  for (; i < x.length; i++) a += x[i] * y[i];
  return a + b + (c + d);
}

/**
 * The control task of Hewitt and Liang (2019) for a probe: each pair of characters (the one before and the present one)
 * has a fixed value that was drawn at random. A probe that does well here has memorised pairs. For yes or no, pairs in
 * random order are 1 while they fit into the number of ones of the hypothesis. A number is that of a random character.
 */
export function controlTask(characters: readonly string[], hypothesis: Hypothesis, seed: number): Hypothesis {
  const random = Random.of(seed);
  const pairs = pairsOf(characters);
  const counts: number[] = [];
  for (const pair of pairs) counts[pair] = (counts[pair] ?? 0) + 1;
  const { measure, values } = hypothesis;
  const drawn =
    measure === "auc"
      ? onesThatFit(counts, values, random)
      : counts.map(() => values[Math.floor(random.next() * values.length)]);
  return {
    name: `pairs of characters, as often as ${hypothesis.name}`,
    measure,
    values: Float32Array.from(pairs, (pair) => drawn[pair]),
  };
}

/** The number of each character's pair: pairs are numbered from 0, as they come. The first character has none before it. */
function pairsOf(characters: readonly string[]): Int32Array {
  const numbers = new Map<string | undefined, Map<string, number>>();
  let count = 0;
  return Int32Array.from(characters, (character, i) => {
    const before = i > 0 ? characters[i - 1] : undefined;
    const following = numbers.get(before) ?? new Map<string, number>();
    numbers.set(before, following);
    const number = following.get(character) ?? count++;
    following.set(character, number);
    return number;
  });
}

function onesThatFit(counts: readonly number[], values: Float32Array, random: Random): Float32Array {
  let left = values.reduce((sum, value) => sum + value, 0);
  const labels = new Float32Array(counts.length);
  for (const pair of shuffled([...counts.keys()], random)) {
    if (counts[pair] > left) continue;
    labels[pair] = 1;
    left -= counts[pair];
  }
  return labels;
}
