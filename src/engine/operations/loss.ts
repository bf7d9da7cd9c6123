import { rowCount, width, type Tensor } from "../tensor.ts";
import { byRows, float, tensor, type Floats, type Memory, type OperationRecord } from "./record.ts";

export interface SoftmaxCrossEntropy {
  /** [.., V] */
  readonly logits: Tensor;
  /** [..]: the right class of each row. A row with a target below 0 does not count. */
  readonly targets: Tensor;
  /** [..]: the loss of each row in nats, or 0 if the row does not count. */
  readonly losses: Tensor;
  /** [..]: the likeliest class of each row. */
  readonly predictions?: Tensor;
  /**
   * [1]: how many targets of the chunk count, at least 1. If given, the logits become the gradients of the mean loss
   * over these targets.
   */
  readonly counted?: Tensor;
  /** [..]: the loss and the gradient of each row are multiplied by its weight. A row of weight 0 does not count. */
  readonly weights?: Tensor;
  /**
   * Label smoothing (Szegedy et al. 2016): this share of the target's probability is divided among all classes. 0 if left
   * out.
   */
  readonly smoothing?: number;
}

/**
 * loss = -(the sum of y ln softmax(logits)) for the targets y = (1 - smoothing) onehot(target) + smoothing / V. Without
 * smoothing the loss is -ln softmax(logits)[target]. The gradient is (softmax(logits) - y) / counted.
 */
export const softmaxCrossEntropy: OperationRecord<SoftmaxCrossEntropy> = {
  words: [
    tensor("logits"),
    tensor("targets"),
    tensor("losses"),
    tensor("predictions"),
    tensor("counted"),
    tensor("weights"),
    float("smoothing", ({ smoothing = 0 }) => smoothing),
  ],
  sharing: byRows(({ logits }) => logits),
  reference({ logits, targets, losses, predictions, counted, weights, smoothing = 0 }, memory) {
    const V = width(logits);
    const loss = memory.floats(losses);
    const expected = memory.integers(targets);
    const predicted = predictions && memory.integers(predictions);
    const scale = scaleOf(counted, memory);
    for (let row = 0; row < rowCount(logits); row++) {
      const z = memory.floats(logits).subarray(row * V, (row + 1) * V);
      const target = expected[row];
      const weight = weightOf(row, weights, memory);
      const counts = target >= 0 && weight !== 0;
      const max = largest(z);
      if (predicted) predicted[row] = z.indexOf(max);
      const sum = total(z.map((logit: number) => Math.exp(logit - max)));
      const spread = smoothing > 0 ? smoothing * (total(z) / V - z[target]) : 0;
      loss[row] = counts ? weight * (Math.log(sum) + max - z[target] - spread) : 0;
      if (scale === undefined) continue;
      z.forEach((logit: number, v: number) => {
        const wanted = (v === target ? 1 - smoothing : 0) + smoothing / V;
        const gradient = Math.exp(logit - max) / sum - wanted;
        z[v] = counts ? weight * scale * gradient : 0;
      });
    }
  },
};

export interface SigmoidCrossEntropy {
  /** [.., N] */
  readonly logits: Tensor;
  /** [.., N], float32: 0 or 1 for each unit. A unit with a target below 0 does not count. */
  readonly targets: Tensor;
  /** [..]: the sum of the losses of each row's units, in nats. */
  readonly losses: Tensor;
  /** [1], at least 1. If given, the logits become the gradients of the sum of all losses, divided by this number. */
  readonly counted?: Tensor;
  /** [..]: the loss and the gradient of each row are multiplied by its weight. A row of weight 0 does not count. */
  readonly weights?: Tensor;
}

/**
 * loss = -y ln sigmoid(z) - (1 - y) ln(1 - sigmoid(z)) for a logit z and a target y, summed over a row. The loss is
 * computed as max(z, 0) - z y + ln(1 + e^-|z|), which does not overflow. The gradient is (sigmoid(z) - y) / counted.
 */
export const sigmoidCrossEntropy: OperationRecord<SigmoidCrossEntropy> = {
  words: [tensor("logits"), tensor("targets"), tensor("losses"), tensor("counted"), tensor("weights")],
  sharing: byRows(({ logits }) => logits),
  reference({ logits, ...others }, memory) {
    unitLosses(logits, others, memory, (z, y) =>
      y < 0
        ? { loss: 0, gradient: 0 }
        : {
            loss: Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z))),
            gradient: 1 / (1 + Math.exp(-z)) - y,
          },
    );
  },
};

export interface SquaredError {
  /** [.., N] */
  readonly outputs: Tensor;
  /** [.., N], float32 */
  readonly targets: Tensor;
  /** [..]: the sum of the squared errors of each row. */
  readonly losses: Tensor;
  /** [1], at least 1. If given, the outputs become the gradients of the sum of all losses, divided by this number. */
  readonly counted?: Tensor;
  /** [..]: the loss and the gradient of each row are multiplied by its weight. A row of weight 0 does not count. */
  readonly weights?: Tensor;
}

/** loss = (output - target)^2, summed over a row. The gradient is 2 (output - target) / counted. */
export const squaredError: OperationRecord<SquaredError> = {
  words: [tensor("outputs"), tensor("targets"), tensor("losses"), tensor("counted"), tensor("weights")],
  sharing: byRows(({ outputs }) => outputs),
  reference({ outputs, ...others }, memory) {
    unitLosses(outputs, others, memory, (output, target) => {
      const error = output - target;
      return { loss: error ** 2, gradient: 2 * error };
    });
  },
};

/** Sums the losses of the units of each row of `outputs`. With `counted`, gradients replace the outputs. */
function unitLosses(
  outputs: Tensor,
  { targets, losses, counted, weights }: Omit<SquaredError, "outputs">,
  memory: Memory,
  lossOf: (output: number, target: number) => { loss: number; gradient: number },
): void {
  const N = width(outputs);
  const [values, expected, rowLosses] = [outputs, targets, losses].map((operand) => memory.floats(operand));
  const scale = scaleOf(counted, memory);
  for (let row = 0; row < rowCount(outputs); row++) {
    const weight = weightOf(row, weights, memory);
    let sum = 0;
    for (let i = row * N; i < (row + 1) * N; i++) {
      const { loss, gradient } = lossOf(values[i], expected[i]);
      sum += loss;
      if (scale !== undefined) values[i] = weight === 0 ? 0 : weight * scale * gradient;
    }
    rowLosses[row] = weight === 0 ? 0 : weight * sum;
  }
}

/** The factor of the gradients; undefined if no gradients are requested. */
function scaleOf(counted: Tensor | undefined, memory: Memory): number | undefined {
  return counted && 1 / memory.floats(counted)[0];
}

function weightOf(row: number, weights: Tensor | undefined, memory: Memory): number {
  return weights ? memory.floats(weights)[row] : 1;
}

function total(numbers: Floats): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

function largest(numbers: Floats): number {
  let most = -Infinity;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}
