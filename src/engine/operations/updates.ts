import { type Tensor } from "../tensor.ts";
import { float, int, tensor, type Floats, type Memory, type OperationRecord } from "./record.ts";
import { RATES, rejects, STATUS } from "./status.ts";

/** The elements of a block. Threads share elementwise work by blocks, and a partial sum of squares covers one block. */
export const BLOCK = 4096;

/** How many partial sums of squares a tensor has. */
export function blockCount({ size }: Tensor): number {
  return Math.ceil(size / BLOCK);
}

export interface SumOfSquares {
  readonly tensor: Tensor;
  /** [blockCount(tensor)] */
  readonly partials: Tensor;
}

/** Each partial = the sum of squares of one block of the tensor. */
export const sumOfSquares: OperationRecord<SumOfSquares> = {
  words: [tensor("tensor"), tensor("partials"), int("size", (operands) => operands.tensor.size)],
  sharing: { by: "elements" },
  reference(operands, memory) {
    const [x, sums] = [memory.floats(operands.tensor), memory.floats(operands.partials).fill(0)];
    for (let i = 0; i < x.length; i++) sums[Math.floor(i / BLOCK)] += x[i] ** 2;
  },
};

export interface CheckDivergence {
  readonly losses: Tensor;
  /** [1]: the number of losses that count, at least 1. */
  readonly counted: Tensor;
  /** The partial sums of squares of all gradients. */
  readonly partials: Tensor;
  /** [4]: see STATUS. */
  readonly status: Tensor;
  /** [4]: see RATES. */
  readonly rates: Tensor;
  /** The gradient is scaled down to this norm (0: no limit). */
  readonly maxNorm: number;
}

/**
 * Decides whether a chunk may update the parameters. Writes the status: the mean loss, the gradient norm, the factor
 * min(1, maxNorm / norm), and whether the chunk is rejected (1) or not (0). A chunk is rejected if its loss or the norm
 * is not finite, or if its loss is above the limit. Once a status has rejected a chunk, it also rejects all later
 * chunks.
 */
export const checkDivergence: OperationRecord<CheckDivergence> = {
  words: [
    tensor("losses"),
    tensor("counted"),
    tensor("partials"),
    tensor("status"),
    tensor("rates"),
    int("lossCount", ({ losses }) => losses.size),
    int("partialCount", ({ partials }) => partials.size),
    float("maxNorm"),
  ],
  sharing: { by: "one thread" },
  reference({ losses, counted, partials, status, rates, maxNorm }, memory) {
    const loss = total(memory.floats(losses)) / memory.floats(counted)[0];
    const norm = Math.sqrt(total(memory.floats(partials)));
    const factor = maxNorm > 0 && norm > maxNorm ? maxNorm / (norm + 1e-6) : 1;
    const limit = memory.floats(rates)[RATES.LOSS_LIMIT];
    const sound = Number.isFinite(loss) && Number.isFinite(norm) && (limit === 0 || loss <= limit);
    const rejected = !sound || rejects(status, memory);
    memory.floats(status).set([loss, norm, factor, Number(rejected)]);
  },
};

/** The operands of every optimizer. If `status` rejects the chunk, nothing is changed. */
export interface Update {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly status: Tensor;
  readonly rates: Tensor;
  /** If above 0, gradients are clamped to +-limit, and the clipping factor of the status is not applied. */
  readonly limit: number;
  readonly weightDecay: number;
}

const updateWords = [
  tensor("parameter"),
  tensor("gradient"),
  tensor("status"),
  tensor("rates"),
  float("limit"),
  float("weightDecay"),
  int("size", ({ parameter }: Update) => parameter.size),
];

/** p = p (1 - lr weightDecay) - step(gradient, index), unless the chunk is rejected. */
function update(operands: Update, memory: Memory, step: (gradient: number, index: number) => number): void {
  const { parameter, gradient, status, rates, limit, weightDecay } = operands;
  if (rejects(status, memory)) return;
  const [p, gradients] = [parameter, gradient].map((operand) => memory.floats(operand));
  const factor = memory.floats(status)[STATUS.FACTOR];
  const decay = 1 - memory.floats(rates)[RATES.LEARNING_RATE] * weightDecay;
  for (let i = 0; i < p.length; i++) {
    const g = limit > 0 ? Math.min(limit, Math.max(-limit, gradients[i])) : gradients[i] * factor;
    p[i] = p[i] * decay - step(g, i);
  }
}

export interface Adam extends Update {
  readonly mean: Tensor;
  readonly square: Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon). */
export const adam: OperationRecord<Adam> = {
  words: [
    ...updateWords,
    tensor("mean"),
    tensor("square"),
    float("beta1"),
    // Computed in double precision, because the difference would lose digits in float32.
    float("oneMinusBeta1", ({ beta1 }) => 1 - beta1),
    float("beta2"),
    float("oneMinusBeta2", ({ beta2 }) => 1 - beta2),
    float("epsilon"),
  ],
  sharing: { by: "elements" },
  reference(operands, memory) {
    const { mean, square, beta1, beta2, epsilon, rates } = operands;
    const [m, v] = [memory.floats(mean), memory.floats(square)];
    const [, step, correction] = memory.floats(rates);
    update(operands, memory, (g, i) => {
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g ** 2;
      return (step * m[i]) / (Math.sqrt(v[i]) * correction + epsilon);
    });
  },
};

export interface ScaledByRoot extends Update {
  readonly square: Tensor;
  readonly keep: number;
  readonly add: number;
  readonly epsilon: number;
}

/** v = keep v + add g^2, p -= lr g / (sqrt(v) + epsilon): RMSprop and Adagrad. */
export const scaledByRoot: OperationRecord<ScaledByRoot> = {
  words: [...updateWords, tensor("square"), float("keep"), float("add"), float("epsilon")],
  sharing: { by: "elements" },
  reference(operands, memory) {
    const { square, keep, add, epsilon, rates } = operands;
    const v = memory.floats(square);
    const [learningRate] = memory.floats(rates);
    update(operands, memory, (g, i) => {
      v[i] = keep * v[i] + add * g ** 2;
      return (learningRate * g) / (Math.sqrt(v[i]) + epsilon);
    });
  },
};

export interface Sgd extends Update {
  /** Left out without momentum. */
  readonly buffer?: Tensor;
  readonly momentum: number;
}

/** b = momentum b + g, p -= lr b; without a buffer p -= lr g. */
export const sgd: OperationRecord<Sgd> = {
  words: [...updateWords, tensor("buffer"), float("momentum")],
  sharing: { by: "elements" },
  reference(operands, memory) {
    const { buffer, momentum, rates } = operands;
    const b = buffer && memory.floats(buffer);
    const [learningRate] = memory.floats(rates);
    update(operands, memory, (g, i) => {
      if (b) b[i] = momentum * b[i] + g;
      return learningRate * (b ? b[i] : g);
    });
  },
};

function total(numbers: Floats): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}
