import { rowCount, width, type Tensor } from "../tensor.ts";
import { byRows, tensor, type Floats, type OperationRecord } from "./record.ts";

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
}

/** loss = -ln softmax(logits)[target]. Its gradient is (softmax(logits) - onehot(target)) / counted. */
export const softmaxCrossEntropy: OperationRecord<SoftmaxCrossEntropy> = {
  words: [tensor("logits"), tensor("targets"), tensor("losses"), tensor("predictions"), tensor("counted")],
  sharing: byRows(({ logits }) => logits),
  reference({ logits, targets, losses, predictions, counted }, memory) {
    const V = width(logits);
    const loss = memory.floats(losses);
    const expected = memory.integers(targets);
    const predicted = predictions && memory.integers(predictions);
    const scale = counted && 1 / memory.floats(counted)[0];
    for (let row = 0; row < rowCount(logits); row++) {
      const z = memory.floats(logits).subarray(row * V, (row + 1) * V);
      const target = expected[row];
      const max = largest(z);
      if (predicted) predicted[row] = z.indexOf(max);
      const sum = total(z.map((logit: number) => Math.exp(logit - max)));
      loss[row] = target < 0 ? 0 : Math.log(sum) + max - z[target];
      if (scale === undefined) continue;
      z.forEach((logit: number, v: number) => {
        const gradient = Math.exp(logit - max) / sum - (v === target ? 1 : 0);
        z[v] = target < 0 ? 0 : scale * gradient;
      });
    }
  },
};

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
