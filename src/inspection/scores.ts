import { Random } from "../random.ts";
import { type Range } from "../text/example-text.ts";
import { type Hypothesis } from "./hypotheses.ts";
import { centredRanks } from "./ranks.ts";

/** How many shifted hypotheses a control takes the mean of. */
const CONTROL_SHIFTS = 20;

/** The activations of units over a part of a text, prepared so that many hypotheses can be scored quickly. */
export class RankedUnits {
  readonly #range: Range;
  readonly #units: readonly RankedUnit[];

  /** `units`: the activations of each unit at each character of the text. No NaN. */
  constructor(units: readonly Float32Array[], range: Range) {
    this.#range = range;
    this.#units = units.map((unit) => rankedUnit(unit.subarray(range.start, range.end)));
  }

  /** How many characters the range has. */
  get length(): number {
    return this.#range.end - this.#range.start;
  }

  /** How many units there are. */
  get count(): number {
    return this.#units.length;
  }

  /**
   * The score of each unit for a hypothesis over the range: the AUC (0 to 1) or Pearson's correlation (-1 to 1). The
   * values of the hypothesis move `shift` characters on; those that leave the range at its end come in at its start.
   * The AUC of a constant unit is .5, its correlation NaN. All scores are NaN if the hypothesis has one value only.
   */
  score(hypothesis: Hypothesis, shift = 0): Float64Array {
    const scoreOf = this.scorer(hypothesis);
    return Float64Array.from(this.#units, (_, unit) => scoreOf(unit, shift));
  }

  /** `score` for one unit at a time. */
  scorer({ measure, values }: Hypothesis): (unit: number, shift?: number) => number {
    const part = values.subarray(this.#range.start, this.#range.end);
    if (isConstant(part)) return () => NaN;
    const n = part.length;
    const scoreOf = measure === "auc" ? aucScorer(part) : correlationScorer(part);
    return (unit, shift = 0) => scoreOf(this.#units[unit], ((shift % n) + n) % n);
  }
}

/** The score of a unit when the values of the hypothesis have moved `offset` characters on, 0 <= offset < n. */
type Scorer = (unit: RankedUnit, offset: number) => number;

interface RankedUnit {
  readonly activations: Float32Array;
  /** The square root of the sum of (x - mean)^2; 0 if the unit is constant. */
  readonly norm: number;
  /** [i]: the sum of the centred ranks of the first i characters, modulo 2^32; i is below n. */
  readonly rankSums: Int32Array;
}

function rankedUnit(activations: Float32Array): RankedUnit {
  const ranks = centredRanks(activations);
  const rankSums = new Int32Array(ranks.length);
  for (let i = 1; i < ranks.length; i++) rankSums[i] = rankSums[i - 1] + ranks[i - 1];
  return { activations, rankSums, norm: normOf(centred(activations)) };
}

function isConstant(values: Float32Array): boolean {
  return values.every((value) => value === values[0]);
}

/** The values less their mean. All are 0 if the values are equal. */
function centred(values: Float32Array): Float64Array {
  const result = new Float64Array(values.length);
  if (isConstant(values)) return result;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  for (let i = 0; i < values.length; i++) result[i] = values[i] - sum / values.length;
  return result;
}

function normOf(values: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return Math.sqrt(squares);
}

/**
 * The Mann-Whitney statistic: among all pairs of one of p places with 1 and one of q places with 0, the share in which
 * the activation is higher at the place with 1; a tie counts half. With S the sum of the centred ranks at the places
 * with 1, AUC = 1/2 + S / (2 p q).
 */
function aucScorer(values: Float32Array): Scorer {
  const n = values.length;
  const bounds = runsOfOnes(values);
  let p = 0;
  for (let i = 0; i < bounds.length; i += 2) p += bounds[i + 1] - bounds[i];
  return ({ rankSums }, offset) => 0.5 + sumOverRuns(rankSums, bounds, offset) / (2 * p * (n - p));
}

/** The sum of the centred ranks in the runs, moved `offset` places on. */
function sumOverRuns(rankSums: Int32Array, bounds: Int32Array, offset: number): number {
  const n = rankSums.length;
  let sum = 0;
  for (let i = 0; i < bounds.length; i += 2) {
    let start = bounds[i] + offset;
    let end = bounds[i + 1] + offset;
    // All ranks add up to 0. So the difference is also right for a run that goes on at the start of the range.
    if (start >= n) start -= n;
    if (end >= n) end -= n;
    sum += (rankSums[end] - rankSums[start]) | 0;
  }
  return sum;
}

/**
 * The runs [start, end) of ones, one after the other. No run is longer than 2^31 / n: the sum of its centred ranks, each
 * below n, is then known from the sum modulo 2^32.
 */
function runsOfOnes(values: Float32Array): Int32Array {
  const longest = Math.floor((2 ** 31 - 1) / values.length);
  const bounds: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    const start = i;
    const limit = Math.min(values.length, start + longest);
    while (i + 1 < limit && values[i + 1] !== 0) i++;
    bounds.push(start, i + 1);
  }
  return Int32Array.from(bounds);
}

/** Pearson's correlation: the sum of (v - mean(v)) x, divided by norm(v) norm(x). */
function correlationScorer(values: Float32Array): Scorer {
  const v = centred(values);
  const norm = normOf(v);
  return ({ activations, norm: unitNorm }, offset) => {
    if (unitNorm === 0) return NaN;
    const wrap = v.length - offset;
    const early = dot(v, activations, 0, offset, wrap);
    return (early + dot(v, activations, wrap, 0, offset)) / (norm * unitNorm);
  };
}

/** The sum of v[i + k] x[j + k] for k below `count`: four sums, which do not wait for each other. */
function dot(v: Float64Array, x: Float32Array, i: number, j: number, count: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let k = 0;
  for (; k + 3 < count; k += 4) {
    a += v[i + k] * x[j + k];
    b += v[i + k + 1] * x[j + k + 1];
    c += v[i + k + 2] * x[j + k + 2];
    d += v[i + k + 3] * x[j + k + 3];
  }
  for (; k < count; k++) a += v[i + k] * x[j + k];
  return a + b + (c + d);
}

/** A unit that tracks a hypothesis: chosen on one part of a text, scored on another. */
export interface FoundUnit {
  readonly unit: number;
  /** -1 if the unit is low where the hypothesis holds. Both scores are turned by the sign. */
  readonly sign: 1 | -1;
  /** The score on the part that chose the unit: an AUC of at least .5, or a correlation of at least 0. */
  readonly chosen: number;
  /** The score on the other part, with the same sign. NaN if the hypothesis has one value only there. */
  readonly heldOut: number;
}

/**
 * The `count` best units for a hypothesis, best first. There are fewer if fewer units have a score, and none if the
 * hypothesis has one value only on the part that chooses.
 */
export function bestUnits(
  chosenOn: RankedUnits,
  heldOutOn: RankedUnits,
  hypothesis: Hypothesis,
  count: number,
): FoundUnit[] {
  const heldOut = heldOutOn.scorer(hypothesis);
  return best(chosenOn.score(hypothesis), hypothesis, count).map((found) => ({
    ...found,
    heldOut: turned(heldOut(found.unit), found.sign, hypothesis),
  }));
}

/**
 * The held-out score that a hypothesis without meaning reaches: the hypothesis moves by a random number of characters,
 * the best unit is chosen in the same way, and the result is the mean over 20 moves. NaN if there is no score.
 */
export function controlOf(
  chosenOn: RankedUnits,
  heldOutOn: RankedUnits,
  hypothesis: Hypothesis,
  seed: number,
): number {
  const random = Random.of(seed);
  const moves = Math.min(chosenOn.length, heldOutOn.length) - 1;
  const shifts = Array.from({ length: CONTROL_SHIFTS }, () => 1 + Math.floor(random.next() * moves));
  const chosen = shifts.map(() => new Float64Array(chosenOn.count));
  const chosenScore = chosenOn.scorer(hypothesis);
  // One unit after the other: its activations stay in the cache for all shifts.
  for (let unit = 0; unit < chosenOn.count; unit++) {
    shifts.forEach((shift, s) => (chosen[s][unit] = chosenScore(unit, shift)));
  }
  const heldOut = heldOutOn.scorer(hypothesis);
  const scores = shifts.flatMap((shift, s) =>
    best(chosen[s], hypothesis, 1).map(({ unit, sign }) => turned(heldOut(unit, shift), sign, hypothesis)),
  );
  const known = scores.filter((score) => !Number.isNaN(score));
  return known.reduce((sum, score) => sum + score, 0) / known.length;
}

function best(
  scores: Float64Array,
  hypothesis: Hypothesis,
  count: number,
): { unit: number; sign: 1 | -1; chosen: number }[] {
  const middle = hypothesis.measure === "auc" ? 0.5 : 0;
  return Array.from(scores, (score, unit) => {
    const sign = score >= middle ? 1 : -1;
    return { unit, sign, chosen: turned(score, sign, hypothesis) } as const;
  })
    .filter(({ chosen }) => !Number.isNaN(chosen))
    .sort((a, b) => b.chosen - a.chosen)
    .slice(0, count);
}

function turned(score: number, sign: 1 | -1, { measure }: Hypothesis): number {
  if (sign === 1) return score;
  return measure === "auc" ? 1 - score : -score;
}
