import { rowCount, rowsOfStep, width, type Tensor } from "../tensor.ts";
import { byParts, int, tensor, type OperationRecord } from "./record.ts";

/** The weights of a product. `weights` is W [N, K] if `transposed`, and W^T is used. Otherwise it is [K, N]. */
export interface Weights {
  readonly weights: Tensor;
  readonly transposed: boolean;
}

/** How weights are packed for the kernels, and into which tensor: see ../lowering/packing.ts. */
export interface Packed {
  readonly panels: Tensor;
  /** The number of groups of columns (gates). Threads divide every group in the same way. */
  readonly groups: number;
  /** Whether a product has so few rows that reading the panels takes as long as multiplying. */
  readonly fewRows: boolean;
}

export type Pack = Weights;

/** Prepares weights for products. Until the next `pack`, products use the values that the weights have now. */
export const pack: OperationRecord<Pack, Pack & Packed> = {
  words: [
    tensor("weights"),
    tensor("panels"),
    int("k", ({ weights, transposed }) => weights.shape[transposed ? 1 : 0]),
    int("transposed", ({ transposed }) => transposed),
    int("groups", ({ groups }) => groups),
    int("groupWidth", ({ weights, transposed, groups }) => weights.shape[transposed ? 0 : 1] / groups),
    int("fewRows", ({ fewRows }) => fewRows),
  ],
  sharing: { by: "panels" },
  // The reference products read the weights themselves, so there is nothing to prepare.
  reference: () => undefined,
};

/** Rows that are added to a product: the rows of a tensor [.., N] or, with `indices` [..], rows of a table [V, N]. */
export interface AddedRows {
  readonly rows: Tensor;
  readonly indices?: Tensor;
}

export interface Multiply extends Weights {
  /** [.., K] */
  readonly input: Tensor;
  /** [.., N] */
  readonly output: Tensor;
  /** At most two, [N] each. */
  readonly biases?: readonly Tensor[];
  readonly plus?: AddedRows;
}

/** output = input W^T (or input W), plus the biases and the rows of `plus`. */
export const multiply: OperationRecord<Multiply, Multiply & Packed> = {
  words: [
    tensor("input"),
    tensor("panels"),
    tensor("output"),
    tensor("bias", ({ biases }) => biases?.[0]),
    tensor("secondBias", ({ biases }) => biases?.[1]),
    tensor("added", ({ plus }) => plus?.rows),
    tensor("addedIndices", ({ plus }) => plus?.indices),
    int("k", ({ input }) => width(input)),
    int("groups", ({ groups }) => groups),
    int("fewRows", ({ fewRows }) => fewRows),
  ],
  sharing: byParts(
    ({ output }) => output,
    ({ output }) => [output],
    { groups: ({ groups }) => groups, readWhole: ({ input }) => input },
  ),
  reference({ input, weights, transposed, output, biases = [], plus }, memory) {
    const [x, w, y] = [input, weights, output].map((operand) => memory.floats(operand));
    const added = biases.map((bias) => memory.floats(bias));
    const rows = plus && memory.floats(plus.rows);
    const indices = plus?.indices && memory.integers(plus.indices);
    const [K, N] = [width(input), width(output)];
    const [strideK, strideN] = transposed ? [1, K] : [N, 1];
    for (let row = 0; row < rowCount(input); row++) {
      for (let n = 0; n < N; n++) {
        const before = rows ? rows[(indices ? indices[row] : row) * N + n] : 0;
        let sum = added.reduce((total, bias) => total + bias[n], before);
        for (let k = 0; k < K; k++) sum += x[row * K + k] * w[k * strideK + n * strideN];
        y[row * N + n] = sum;
      }
    }
  },
};

export interface Gather {
  /** [V, N] */
  readonly table: Tensor;
  /** [..] */
  readonly indices: Tensor;
  /** [.., N] */
  readonly output: Tensor;
  /** At most two, [N] each. */
  readonly biases: readonly Tensor[];
}

/** output = the row of the table for each index, plus the biases: a product with one-hot rows. */
export const gather: OperationRecord<Gather, Gather & Pick<Packed, "groups">> = {
  words: [
    tensor("table"),
    tensor("indices"),
    tensor("output"),
    tensor("bias", ({ biases }) => biases.at(0)),
    tensor("secondBias", ({ biases }) => biases.at(1)),
    int("groups", ({ groups }) => groups),
  ],
  sharing: byParts(
    ({ output }) => output,
    ({ output }) => [output],
    { groups: ({ groups }) => groups },
  ),
  reference({ table, indices, output, biases }, memory) {
    const [from, to] = [memory.floats(table), memory.floats(output)];
    const added = biases.map((bias) => memory.floats(bias));
    const symbols = memory.integers(indices);
    const N = width(output);
    for (let row = 0; row < rowCount(output); row++) {
      for (let n = 0; n < N; n++) {
        to[row * N + n] = added.reduce((sum, bias) => sum + bias[n], from[symbols[row] * N + n]);
      }
    }
  },
};

/** How the kernels sum a gradient over some of the time steps. */
export interface Summing {
  /** Whether the sums are added to the gradient's present values. */
  readonly accumulate: boolean;
}

/** How the kernels sum the gradient of a matrix: whole, or in two halves. ../lowering/sums.ts says why. */
export interface SummingByHalves extends Summing {
  /** Receives the sum over the second half of every step's rows. The tensor has the shape of the gradient. */
  readonly otherHalf?: Tensor | undefined;
}

export interface Scatter {
  /** [T, B, N] */
  readonly outputGradient: Tensor;
  /** [T, B] */
  readonly indices: Tensor;
  /** [V, N] */
  readonly gradient: Tensor;
}

/** gradient = for each symbol, the sum of the rows with the symbol's index: the backward pass of `gather`. */
export const scatter: OperationRecord<Scatter, Scatter & SummingByHalves> = {
  words: [
    tensor("outputGradient"),
    tensor("indices"),
    tensor("gradient"),
    tensor("otherHalf"),
    int("rows", ({ outputGradient }) => rowCount(outputGradient)),
    int("batch", ({ outputGradient }) => rowsOfStep(outputGradient)),
    int("symbols", ({ gradient }) => gradient.shape[0]),
    int("width", ({ gradient }) => width(gradient)),
    int("accumulate", ({ accumulate }) => accumulate),
  ],
  sharing: { by: "units" },
  reference({ outputGradient, indices, gradient }, memory) {
    const [from, to] = [memory.floats(outputGradient), memory.floats(gradient).fill(0)];
    const symbols = memory.integers(indices);
    const N = width(gradient);
    for (let row = 0; row < rowCount(outputGradient); row++) {
      for (let n = 0; n < N; n++) to[symbols[row] * N + n] += from[row * N + n];
    }
  },
};

export interface WeightGradient {
  /** [T, B, M] */
  readonly outputGradient: Tensor;
  /** [T, B, N] */
  readonly input: Tensor;
  /** [M, N] */
  readonly gradient: Tensor;
}

/** gradient = outputGradient^T input, summed over all rows. */
export const weightGradient: OperationRecord<WeightGradient, WeightGradient & SummingByHalves> = {
  words: [
    tensor("outputGradient"),
    tensor("input"),
    tensor("gradient"),
    tensor("otherHalf"),
    int("rows", ({ outputGradient }) => rowCount(outputGradient)),
    int("batch", ({ outputGradient }) => rowsOfStep(outputGradient)),
    int("height", ({ gradient }) => gradient.shape[0]),
    int("width", ({ gradient }) => gradient.shape[1]),
    int("accumulate", ({ accumulate }) => accumulate),
  ],
  sharing: { by: "units" },
  reference({ outputGradient, input, gradient }, memory) {
    const [dy, x, dw] = [outputGradient, input, gradient].map((operand) => memory.floats(operand));
    const [M, N] = gradient.shape;
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let row = 0; row < rowCount(outputGradient); row++) sum += dy[row * M + m] * x[row * N + n];
        dw[m * N + n] = sum;
      }
    }
  },
};

export interface BiasGradient {
  /** [.., M] */
  readonly outputGradient: Tensor;
  /** One or two tensors, [M] each. Both tensors get the same values. */
  readonly gradients: readonly Tensor[];
}

/** Each of `gradients` = the sum of the rows of outputGradient. */
export const biasGradient: OperationRecord<BiasGradient, BiasGradient & Summing> = {
  words: [
    tensor("outputGradient"),
    tensor("gradient", ({ gradients }) => gradients[0]),
    tensor("twin", ({ gradients }) => gradients.at(1)),
    int("rows", ({ outputGradient }) => rowCount(outputGradient)),
    int("width", ({ outputGradient }) => width(outputGradient)),
    int("accumulate", ({ accumulate }) => accumulate),
  ],
  sharing: { by: "units" },
  reference({ outputGradient, gradients }, memory) {
    const dy = memory.floats(outputGradient);
    const M = width(outputGradient);
    for (const gradient of gradients) {
      const db = memory.floats(gradient).fill(0);
      for (let i = 0; i < dy.length; i++) db[i % M] += dy[i];
    }
  },
};
