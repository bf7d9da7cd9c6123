import { requireNumber } from "../arguments.ts";
import { CharrnnError } from "../errors.ts";
import { type Random } from "../random.ts";

/** How the next character is drawn. A filter whose option is not given is off. */
export interface SamplingOptions {
  /** Divides the logits: below 1 favours likely symbols, above 1 unlikely ones, and 0 always takes the likeliest. */
  temperature: number;
  /** Keeps the k likeliest symbols. */
  topK?: number;
  /** Keeps the smallest set of the likeliest symbols whose probabilities sum to p or more (nucleus sampling). */
  topP?: number;
  /** Keeps the symbols whose probability is at least minP times the largest probability. */
  minP?: number;
  /** Above 1 makes symbols among the last 64 less likely (CTRL's rule). */
  repetitionPenalty?: number;
}

/** How many characters back the repetition penalty looks. */
export const REPETITION_WINDOW = 64;

/** @throws UsageError that names the first option that is out of range */
export function checkSamplingOptions(options: SamplingOptions): void {
  const { temperature, topK, topP, minP, repetitionPenalty } = options;
  requireNumber(temperature, "the temperature", { min: 0 }, false);
  if (topK !== undefined) requireNumber(topK, "top-k", { min: 1 }, true);
  if (topP !== undefined) requireNumber(topP, "top-p", { above: 0, max: 1 }, false);
  if (minP !== undefined) requireNumber(minP, "min-p", { min: 0, max: 1 }, false);
  if (repetitionPenalty !== undefined) {
    requireNumber(repetitionPenalty, "the repetition penalty", { above: 0 }, false);
  }
}

/**
 * The distribution of the next symbol after all filters. The filters run in the order of Hugging Face's transformers:
 * repetition penalty, temperature, top-k, top-p, min-p. `logits` [V] come from the network, `recent` are the symbols so
 * far (the latest last), and `banned` symbols are never drawn. The result sums to one. The next call overwrites the
 * result, because this module owns the array.
 * @throws CharrnnError if a logit is not a number, or every logit is banned or infinite
 */
export function nextDistribution(
  logits: Float32Array | Float64Array,
  recent: ArrayLike<number>,
  options: SamplingOptions,
  banned: ArrayLike<number>,
): Float64Array {
  const { temperature, topK, topP, minP, repetitionPenalty } = options;
  const weights = scratchOf(logits.length);
  weights.set(logits);
  if (repetitionPenalty !== undefined) penalizeRepetition(weights, logits, recent, repetitionPenalty);
  for (let i = 0; i < banned.length; i++) weights[banned[i]] = -Infinity;
  exponentiate(weights, temperature);
  if (topK !== undefined) keepTopK(weights, topK);
  if (topP !== undefined) keepTopP(weights, topP);
  if (minP !== undefined) keepMinP(weights, minP);
  return normalize(weights);
}

/** Draws a symbol from a distribution that sums to one. Never draws a symbol of probability 0. */
export function draw(distribution: Float64Array, random: Pick<Random, "next">): number {
  let remaining = random.next();
  let last = 0;
  for (let i = 0; i < distribution.length; i++) {
    if (distribution[i] === 0) continue;
    remaining -= distribution[i];
    if (remaining < 0) return i;
    last = i;
  }
  return last; // Because of rounding, the probabilities summed to a little less than one.
}

/**
 * CTRL's rule (Keskar et al. 2019): a positive logit of a recent symbol is divided by the penalty, and a negative logit
 * is multiplied by the penalty. The penalty applies once, no matter how often the symbol occurs.
 */
function penalizeRepetition(
  weights: Float64Array,
  logits: Float32Array | Float64Array,
  recent: ArrayLike<number>,
  penalty: number,
): void {
  for (let i = Math.max(0, recent.length - REPETITION_WINDOW); i < recent.length; i++) {
    const logit = logits[recent[i]];
    weights[recent[i]] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/**
 * Turns logits into weights exp((logit - max) / temperature). At temperature 0, the first maximum gets 1 and all others
 * 0.
 */
function exponentiate(weights: Float64Array, temperature: number): void {
  let best = 0;
  for (let i = 0; i < weights.length; i++) {
    if (Number.isNaN(weights[i])) {
      throw new CharrnnError(
        "the model's output is not a number: the model's weights are damaged, so try another checkpoint",
      );
    }
    if (weights[i] > weights[best]) best = i;
  }
  const maximum = weights[best];
  if (!Number.isFinite(maximum)) {
    throw new CharrnnError(
      "no character can be drawn, because every logit is banned or infinite: try another checkpoint",
    );
  }
  if (temperature === 0) {
    weights.fill(0);
    weights[best] = 1;
    return;
  }
  for (let i = 0; i < weights.length; i++) weights[i] = Math.exp((weights[i] - maximum) / temperature);
}

function keepTopK(weights: Float64Array, k: number): void {
  if (k < weights.length) keepLargest(weights, k, Infinity);
}

function keepTopP(weights: Float64Array, p: number): void {
  if (p < 1) keepLargest(weights, weights.length, p * sum(weights));
}

function keepMinP(weights: Float64Array, minP: number): void {
  let maximum = 0;
  for (let i = 0; i < weights.length; i++) maximum = Math.max(maximum, weights[i]);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] < minP * maximum) weights[i] = 0;
  }
}

/**
 * Keeps the largest weights and sets all others to 0. Keeps at least one weight and at most `count` weights, and stops
 * once their sum reaches `mass`. Of equal weights, the weight with the lower index comes first. A heap makes the work
 * linear in V if few weights are kept.
 */
function keepLargest(weights: Float64Array, count: number, mass: number): void {
  const heap = heapScratchOf(weights.length);
  for (let i = 0; i < heap.length; i++) heap[i] = i;
  for (let root = (heap.length >> 1) - 1; root >= 0; root--) siftDown(heap, weights, root, heap.length);

  let size = heap.length;
  let kept = 0;
  do {
    kept += weights[heap[0]];
    heap[0] = heap[--size];
    siftDown(heap, weights, 0, size);
  } while (size > 0 && heap.length - size < count && kept < mass);
  for (let i = 0; i < size; i++) weights[heap[i]] = 0;
}

function siftDown(heap: Uint32Array, weights: Float64Array, root: number, size: number): void {
  const moving = heap[root];
  for (;;) {
    let child = 2 * root + 1;
    if (child >= size) break;
    if (child + 1 < size && goesBefore(weights, heap[child + 1], heap[child])) child++;
    if (!goesBefore(weights, heap[child], moving)) break;
    heap[root] = heap[child];
    root = child;
  }
  heap[root] = moving;
}

function goesBefore(weights: Float64Array, a: number, b: number): boolean {
  return weights[a] > weights[b] || (weights[a] === weights[b] && a < b);
}

function normalize(weights: Float64Array): Float64Array {
  const total = sum(weights);
  for (let i = 0; i < weights.length; i++) weights[i] /= total;
  return weights;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

let scratch = new Float64Array(0);
let heapScratch = new Uint32Array(0);

/** All distributions share one array, so that drawing a character allocates no memory. */
function scratchOf(size: number): Float64Array {
  if (scratch.length !== size) scratch = new Float64Array(size);
  return scratch;
}

function heapScratchOf(size: number): Uint32Array {
  if (heapScratch.length !== size) heapScratch = new Uint32Array(size);
  return heapScratch;
}
