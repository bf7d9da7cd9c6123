import { blockCount, type Operation } from "../../src/engine/operation.ts";
import { Layout, type Tensor } from "../../src/engine/tensor.ts";

/** Numbers in [-1, 1) from a linear congruential generator, so that a failure can be repeated. */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** One operation (or a few) with its tensors: filled before, all read after. */
export interface Case {
  name: string;
  layout: Layout;
  filled: [Tensor, ArrayLike<number>][];
  read: Tensor[];
  program: Operation[];
}

export class CaseBuilder {
  readonly layout = new Layout();
  readonly filled: [Tensor, ArrayLike<number>][] = [];
  readonly read: Tensor[] = [];

  /** A tensor with random numbers (times `scale`), compared afterwards like every other. */
  floats(shape: number[], scale = 1): Tensor {
    const tensor = this.layout.tensor(shape);
    return this.values(
      tensor,
      numbers(tensor.size, tensor.offset + 7).map((x) => x * scale),
    );
  }

  /** A tensor of squares: positive, as an optimizer's second moments are. */
  positive(shape: number[]): Tensor {
    const tensor = this.layout.tensor(shape);
    return this.values(
      tensor,
      numbers(tensor.size, tensor.offset + 7).map((x) => x * x + 0.01),
    );
  }

  integers(shape: number[], below: number): Tensor {
    const tensor = this.layout.tensor(shape, "int32");
    const values = numbers(tensor.size, tensor.offset + 3).map((x) => Math.floor(((x + 1) / 2) * below));
    this.filled.push([tensor, values]);
    return tensor;
  }

  values(tensor: Tensor, values: ArrayLike<number>): Tensor {
    this.filled.push([tensor, values]);
    this.read.push(tensor);
    return tensor;
  }

  build(name: string, program: Operation[]): Case {
    return { name, program, layout: this.layout, filled: this.filled, read: this.read };
  }
}

function multiplyCase(
  T: number,
  B: number,
  K: number,
  N: number,
  mode: "bias" | "accumulate" | "one-hot" | "plain",
  groups = 1,
  fewRows = false,
): Case {
  const c = new CaseBuilder();
  const transposed = mode !== "plain";
  const weights = c.floats(transposed ? [N, K] : [K, N]);
  const panels = c.layout.panels(K, N, { groups, fewRows });
  const [input, output, again] = [c.floats([T, B, K]), c.floats([T, B, N]), c.floats([T, B, N])];
  const biases = [c.floats([N]), c.floats([N])];
  const SYMBOLS = 6;
  const oneHot = { rows: c.floats([SYMBOLS, N]), indices: c.integers([T, B], SYMBOLS) };
  return c.build(`multiply ${mode} ${T}x${B}x${K}x${N} in ${groups}${fewRows ? " of few rows" : ""}`, [
    { op: "pack", weights, transposed, panels },
    // Twice: panels are walked there and back.
    ...[output, again].map((output): Operation => ({
      op: "multiply",
      input,
      panels,
      output,
      ...((mode === "bias" || mode === "one-hot") && { biases }),
      ...(mode === "accumulate" && { plus: { rows: output } }),
      ...(mode === "one-hot" && { plus: oneHot }),
    })),
  ]);
}

function weightGradientCase(T: number, B: number, M: number, N: number): Case {
  const c = new CaseBuilder();
  const [outputGradient, input] = [c.floats([T, B, M]), c.floats([T, B, N])];
  const [gradient, bias, twin] = [c.floats([M, N]), c.floats([M]), c.floats([M])];
  const [more, alone] = [c.floats([M, N]), c.floats([M])];
  return c.build(`weight and bias gradient ${T}x${B}x${M}x${N}`, [
    { op: "weightGradient", outputGradient, input, gradient },
    { op: "weightGradient", outputGradient, input, gradient: more, accumulate: true },
    { op: "biasGradient", outputGradient, gradients: [bias, twin] },
    { op: "biasGradient", outputGradient, gradients: [alone], accumulate: true },
  ]);
}

function lookupCase(T: number, B: number, V: number, N: number, groups = 1): Case {
  const c = new CaseBuilder();
  const [table, indices] = [c.floats([V, N]), c.integers([T, B], V)];
  const [output, first, second] = [c.floats([T, B, N]), c.floats([N]), c.floats([N])];
  const [tableGradient, more] = [c.floats([V, N]), c.floats([V, N])];
  return c.build(`gather and scatter ${T}x${B}x${V}x${N} in ${groups}`, [
    { op: "gather", table, indices, output, biases: [first, second], groups },
    { op: "scatter", gradient: output, indices, table: tableGradient },
    { op: "scatter", gradient: output, indices, table: more, accumulate: true },
  ]);
}

/** Gradients whose second half an engine may sum apart: what stands there before does not count. */
function halvesCase(T: number, B: number, M: number, N: number, V: number): Case {
  const c = new CaseBuilder();
  const [outputGradient, input, indices] = [c.floats([T, B, M]), c.floats([T, B, N]), c.integers([T, B], V)];
  const [gradient, table] = [c.floats([M, N]), c.floats([V, M])];
  const [otherHalf, otherTable] = [gradient, table].map(({ shape, size }, seed) => {
    const tensor = c.layout.tensor(shape);
    c.filled.push([tensor, numbers(size, seed)]);
    return tensor;
  });
  const product = { op: "weightGradient", outputGradient, input, gradient, otherHalf } as const;
  const scatter = { op: "scatter", gradient: outputGradient, indices, table, otherHalf: otherTable } as const;
  return c.build(`gradients by halves ${T}x${B}x${M}x${N}, ${V} symbols`, [
    product,
    scatter,
    { ...product, accumulate: true },
    { ...scatter, accumulate: true },
    { op: "addHalf", gradient, otherHalf },
    { op: "addHalf", gradient: table, otherHalf: otherTable },
  ]);
}

function cellCases(B: number, H: number): Case[] {
  const rnn = new CaseBuilder();
  const [gates, hidden, dh] = [rnn.floats([B, H], 3), rnn.floats([B, H]), rnn.floats([B, H])];

  const lstm = new CaseBuilder();
  const lstmGates = lstm.floats([B, 4 * H], 3);
  const cellBefore = lstm.floats([B, H], 2);
  const [cell, lstmHidden, lstmDh, dc] = [0, 1, 2, 3].map(() => lstm.floats([B, H]));

  const gru = new CaseBuilder();
  const [inputGates, hiddenGates] = [gru.floats([B, 3 * H], 3), gru.floats([B, 3 * H], 2)];
  const [hiddenBefore, gruHidden, gruDh, dhBefore] = [0, 1, 2, 3].map(() => gru.floats([B, H]));

  return [
    rnn.build(`rnn ${B}x${H}`, [
      { op: "rnnForward", gates, hidden },
      { op: "rnnBackward", hidden, hiddenGradient: dh, gates },
    ]),
    lstm.build(`lstm ${B}x${H}`, [
      { op: "lstmForward", gates: lstmGates, cellBefore, cell, hidden: lstmHidden },
      { op: "lstmBackward", gates: lstmGates, cellBefore, cell, hiddenGradient: lstmDh, cellGradient: dc },
    ]),
    gru.build(`gru ${B}x${H}`, [
      { op: "gruForward", inputGates, hiddenGates, hiddenBefore, hidden: gruHidden },
      {
        op: "gruBackward",
        inputGates,
        hiddenGates,
        hiddenBefore,
        hiddenGradient: gruDh,
        hiddenGradientBefore: dhBefore,
      },
    ]),
  ];
}

function lossCase(T: number, B: number, V: number, scale: number): Case {
  const c = new CaseBuilder();
  const [logits, targets, losses] = [c.floats([T, B, V], 10), c.integers([T, B], V), c.floats([T, B])];
  c.filled.push([
    targets,
    numbers(T * B, 5).map((x, i) => (i % 7 === 6 ? -1 : Math.floor(((x + 1) / 2) * V))),
  ]);
  const predictions = c.values(c.layout.tensor([T, B], "int32"), []);
  return c.build(`softmax cross-entropy ${T}x${B}x${V} scale ${scale}`, [
    { op: "softmaxCrossEntropy", logits, targets, losses, predictions, scale },
  ]);
}

function dropoutCase(T: number, B: number, N: number): Case {
  const c = new CaseBuilder();
  const [input, output] = [c.floats([T, B, N]), c.floats([T, B, N])];
  const clock = c.values(c.layout.tensor([1], "int32"), [17]);
  return c.build(`dropout ${T}x${B}x${N}`, [
    { op: "dropout", input, output, clock, probability: 0.3, seed: 4_000_000_000, layer: 1 },
  ]);
}

function updateCases(size: number): Case[] {
  const updates = ["adam", "scaledByRoot", "sgd", "plain sgd", "clamped adam", "patient adam"] as const;
  return updates.map((kind) => {
    const c = new CaseBuilder();
    const [parameter, gradient] = [c.floats([size]), c.floats([size])];
    const [mean, square] = [c.floats([size]), c.positive([size])];
    const status = c.values(c.layout.tensor([4]), [1.5, 9, 0.25, 0]);
    const rates = c.values(c.layout.tensor([4]), [0.01, 0.02, 1.3, 0]);
    const limit = kind === "clamped adam" ? 0.4 : 0;
    const base = { parameter, gradient, status, rates, limit, weightDecay: 0.1 };
    const adam = { ...base, op: "adam", mean, square, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
    const update: Operation =
      kind === "adam" || kind === "clamped adam"
        ? adam
        : // In float32 1 - beta2 would be 1.19e-7.
          kind === "patient adam"
          ? { ...adam, beta2: 0.9999999, square: c.values(c.layout.tensor([size]), new Float32Array(size)) }
          : kind === "scaledByRoot"
            ? { ...base, op: "scaledByRoot", square, keep: 0.99, add: 0.01, epsilon: 1e-8 }
            : { ...base, op: "sgd", momentum: 0.9, ...(kind === "sgd" && { buffer: mean }) };
    return c.build(`${kind} of ${size}`, [update]);
  });
}

function normCase(size: number): Case {
  const c = new CaseBuilder();
  const tensor = c.floats([size]);
  const partials = c.floats([blockCount(tensor)]);
  const losses = c.floats([5, 7]);
  const status = c.values(c.layout.tensor([4]), [0, 0, 0, 0]);
  const rates = c.values(c.layout.tensor([4]), [0.01, 0.02, 1.3, 0.5]);
  return c.build(`norm of ${size}`, [
    { op: "sumOfSquares", tensor, partials },
    { op: "assess", losses, partials, status, rates, maxNorm: 2 },
  ]);
}

function copyCase(rows: number, width: number): Case {
  const c = new CaseBuilder();
  const [from, to, tensor] = [c.floats([rows, width]), c.floats([rows, width]), c.floats([rows, width])];
  return c.build(`copy and zero of ${rows}x${width}`, [
    { op: "copy", from, to },
    { op: "zero", tensor },
  ]);
}

/** Every operation over shapes that leave remainders. */
export const cases: Case[] = [
  multiplyCase(1, 1, 1, 1, "plain"),
  multiplyCase(3, 5, 7, 9, "bias"),
  multiplyCase(2, 25, 128, 65, "accumulate"),
  multiplyCase(1, 50, 300, 33, "accumulate"),
  multiplyCase(2, 17, 600, 70, "bias"),
  multiplyCase(1, 3, 513, 31, "plain"),
  multiplyCase(1, 270, 1024, 40, "accumulate"),
  multiplyCase(2, 14, 2048, 33, "bias"),
  // Deeper than what is packed at once.
  multiplyCase(1, 14, 17_408, 17, "accumulate"),
  multiplyCase(1, 70, 2100, 150, "accumulate"),
  // Sums that are stored while those of the next rows are computed: of one band, two, and more than come at once.
  multiplyCase(1, 130, 30, 10, "bias"),
  multiplyCase(1, 130, 30, 30, "bias"),
  multiplyCase(1, 130, 50, 130, "accumulate"),
  multiplyCase(1, 1, 70, 4 * 70, "accumulate", 4),
  multiplyCase(1, 2, 40, 3 * 33, "bias", 3),
  multiplyCase(2, 13, 20, 33, "one-hot"),
  multiplyCase(1, 270, 300, 40, "one-hot"),
  multiplyCase(1, 1, 70, 4 * 70, "one-hot", 4),
  multiplyCase(1, 2, 70, 3 * 70, "one-hot", 3, true),
  multiplyCase(1, 25, 128, 65, "accumulate", 1, true),
  weightGradientCase(1, 1, 1, 1),
  weightGradientCase(3, 7, 65, 33),
  weightGradientCase(11, 50, 40, 20),
  weightGradientCase(1, 30, 130, 30),
  weightGradientCase(2, 3, 9, 600),
  weightGradientCase(2, 3, 300, 9),
  // In several strips, more of them than are packed at once, and of panels that are narrower than the others.
  weightGradientCase(6, 50, 150, 100),
  weightGradientCase(2, 3, 70, 129),
  weightGradientCase(2, 3, 600, 140),
  weightGradientCase(1, 300, 70, 530),
  halvesCase(3, 8, 33, 20, 5),
  halvesCase(11, 51, 40, 20, 70),
  halvesCase(1, 9, 20, 130, 1),
  lookupCase(4, 6, 11, 13),
  lookupCase(3, 1, 5, 64),
  lookupCase(1, 1, 5, 3 * 70, 3),
  ...cellCases(5, 7),
  ...cellCases(3, 32),
  ...cellCases(1, 1),
  ...cellCases(1, 70),
  lossCase(3, 5, 65, 0.1),
  lossCase(2, 9, 3, 0),
  lossCase(1, 4, 16, 1),
  dropoutCase(3, 5, 33),
  ...updateCases(3),
  ...updateCases(9001),
  normCase(10_007),
  copyCase(3, 7),
];
