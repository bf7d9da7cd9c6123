/**
 * Attention (Luong et al. 2015): every step of a decoder reads the outputs of an encoder. There are S steps of queries,
 * T steps of keys, B examples and D columns. Every example has a length of its own. The keys of an example after its
 * length are padding. ../kernels/attention.h computes the same.
 */
import { entry, width, type Tensor } from "../tensor.ts";
import { byRows, int, tensor, type Memory, type OperationRecord } from "./record.ts";

export interface Attend {
  /** [S, B, D] */
  readonly queries: Tensor;
  /** [T, B, D] */
  readonly keys: Tensor;
  /** [B]: how many keys each example has, from 0 to T. */
  readonly lengths: Tensor;
  /** [S, B, T]: receives the weight of every key. Padding has the weight 0. */
  readonly weights: Tensor;
  /** [S, B, M], M at least D: receives the weighted means of the keys in its first D columns. */
  readonly contexts: Tensor;
}

/** weights = softmax(query · key) over the keys of an example, context = the sum of weight * key. */
export const attend: OperationRecord<Attend> = {
  words: [
    tensor("queries"),
    tensor("keys"),
    tensor("lengths"),
    tensor("weights"),
    tensor("contexts"),
    int("steps", ({ queries }) => queries.shape[0]),
    int("keySteps", ({ keys }) => keys.shape[0]),
    int("batch", ({ keys }) => keys.shape[1]),
    int("width", ({ keys }) => width(keys)),
  ],
  sharing: byRows(({ contexts }) => entry(contexts, 0), { readsOtherRows: true }),
  reference(operands, memory) {
    const { queries, keys, weights, contexts } = operands;
    const [q, k, w, c] = [queries, keys, weights, contexts].map((operand) => memory.floats(operand));
    const D = width(keys);
    forEachQuery(operands, memory, ({ query, weight, context, keysOf }) => {
      const scores = keysOf.map((key) => sumOver(D, (i) => q[query + i] * k[key + i]));
      const highest = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - highest));
      const total = sumOver(powers.length, (t) => powers[t]);
      w.fill(0, weight, weight + width(weights));
      w.set(
        powers.map((power) => power / total),
        weight,
      );
      for (let i = 0; i < D; i++)
        c[context + i] = sumOver(keysOf.length, (t) => w[weight + t] * k[keysOf[t] + i]);
    });
  },
};

export interface AttendGradient extends Attend {
  /** [S, B, M]: the gradients of the contexts, in its first D columns. */
  readonly contextGradients: Tensor;
  /** [S, B, T]: receives the gradients of the scores, query · key. */
  readonly scoreGradients: Tensor;
  /** [T, B, D]: receives the gradients of the keys. */
  readonly keyGradients: Tensor;
}

/**
 * The backward pass of `attend`, from its weights w and the gradients dc of its contexts. The gradient of a score is
 * w (dw - the sum of w dw) with dw = dc · key. The gradient of a key is the sum of w dc + score gradient * query over the
 * steps. The gradient of a query is the sum of score gradient * key, and overwrites the query.
 */
export const attendGradient: OperationRecord<Omit<AttendGradient, "contexts">> = {
  words: [
    tensor("queries"),
    tensor("keys"),
    tensor("lengths"),
    tensor("weights"),
    tensor("contextGradients"),
    tensor("scoreGradients"),
    tensor("keyGradients"),
    int("steps", ({ queries }) => queries.shape[0]),
    int("keySteps", ({ keys }) => keys.shape[0]),
    int("batch", ({ keys }) => keys.shape[1]),
    int("width", ({ keys }) => width(keys)),
  ],
  sharing: byRows(({ contextGradients }) => entry(contextGradients, 0), { readsOtherRows: true }),
  reference(operands, memory) {
    const { queries, keys, weights, contextGradients, scoreGradients, keyGradients } = operands;
    const tensors = [queries, keys, weights, contextGradients, scoreGradients, keyGradients];
    const [q, k, w, dc, ds, dk] = tensors.map((operand) => memory.floats(operand));
    const D = width(keys);
    dk.fill(0);
    const contexts = contextGradients;
    forEachQuery({ ...operands, contexts }, memory, ({ query, weight, context, keysOf }) => {
      const dw = keysOf.map((key) => sumOver(D, (i) => dc[context + i] * k[key + i]));
      const mean = sumOver(dw.length, (t) => w[weight + t] * dw[t]);
      ds.fill(0, weight, weight + width(weights));
      for (const [t, key] of keysOf.entries()) {
        ds[weight + t] = w[weight + t] * (dw[t] - mean);
        for (let i = 0; i < D; i++)
          dk[key + i] += w[weight + t] * dc[context + i] + ds[weight + t] * q[query + i];
      }
      for (let i = 0; i < D; i++)
        q[query + i] = sumOver(keysOf.length, (t) => ds[weight + t] * k[keysOf[t] + i]);
    });
  },
};

/** Where the rows of a query begin in their tensors, and where the rows of its example's keys begin. */
interface QueryPlaces {
  readonly query: number;
  readonly weight: number;
  readonly context: number;
  readonly keysOf: readonly number[];
}

function forEachQuery(
  { queries, keys, lengths, weights, contexts }: Attend,
  memory: Memory,
  visit: (places: QueryPlaces) => void,
): void {
  const [S, B, D] = queries.shape;
  const counts = memory.integers(lengths);
  for (let row = 0; row < S * B; row++) {
    const b = row % B;
    visit({
      query: row * D,
      weight: row * width(weights),
      context: row * width(contexts),
      keysOf: Array.from({ length: counts[b] }, (_, t) => (t * B + b) * width(keys)),
    });
  }
}

function sumOver(count: number, termOf: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += termOf(index);
  return sum;
}
