import { operations, type Operation } from "../../src/engine/operation.ts";
import { blockCount } from "../../src/engine/operations/updates.ts";
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
  filled: [Tensor, ArrayLike<number>][];
  read: Tensor[];
  program: Operation[];
}

export class CaseBuilder {
  readonly layout: Layout;
  readonly filled: [Tensor, ArrayLike<number>][] = [];
  readonly read: Tensor[] = [];

  /** Many cases may lie in one layout, so that one engine serves them all. */
  constructor(layout = new Layout()) {
    this.layout = layout;
  }

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
    return { name, program, filled: this.filled, read: this.read };
  }
}

function multiplyCase(
  layout: Layout,
  T: number,
  B: number,
  K: number,
  N: number,
  mode: "bias" | "accumulate" | "one-hot" | "plain",
  gates = 1,
): Case {
  const c = new CaseBuilder(layout);
  const transposed = mode !== "plain";
  const weights = c.floats(transposed ? [N, K] : [K, N]);
  const [input, output, again] = [c.floats([T, B, K]), c.floats([T, B, N]), c.floats([T, B, N])];
  const biases = [c.floats([N]), c.floats([N])];
  const SYMBOLS = 6;
  const oneHot = { rows: c.floats([SYMBOLS, N]), indices: c.integers([T, B], SYMBOLS) };
  return c.build(`multiply ${mode} ${T}x${B}x${K}x${N} of ${gates} gates`, [
    { op: "pack", weights, transposed },
    // Twice: panels are walked there and back.
    ...[output, again].flatMap((output): Operation[] => [
      {
        op: "multiply",
        input,
        weights,
        transposed,
        output,
        ...((mode === "bias" || mode === "one-hot") && { biases }),
        ...(mode === "accumulate" && { plus: { rows: output } }),
        ...(mode === "one-hot" && { plus: oneHot }),
      },
      ...gatesRead(c, output, gates),
    ]),
  ]);
}

/** A cell that reads an output of this many gates, so that its columns are shared gate by gate. */
function gatesRead(c: CaseBuilder, output: Tensor, gates: number): Operation[] {
  const H = (output.shape.at(-1) ?? 1) / gates;
  const state = () => c.floats([output.size / H / gates, H]);
  if (gates === 4)
    return [{ op: "lstmForward", gates: output, cellBefore: state(), cell: state(), hidden: state() }];
  if (gates !== 3) return [];
  const hiddenGates = c.floats([output.size / H / gates, 3 * H]);
  return [{ op: "gruForward", inputGates: output, hiddenGates, hiddenBefore: state(), hidden: state() }];
}

/** More rows than are summed at once make several spans of steps. */
function weightGradientCase(layout: Layout, T: number, B: number, M: number, N: number): Case {
  const c = new CaseBuilder(layout);
  const [outputGradient, input] = [c.floats([T, B, M]), c.floats([T, B, N])];
  const [gradient, bias, twin, alone] = [c.floats([M, N]), c.floats([M]), c.floats([M]), c.floats([M])];
  return c.build(`weight and bias gradient ${T}x${B}x${M}x${N}`, [
    { op: "weightGradient", outputGradient, input, gradient },
    { op: "biasGradient", outputGradient, gradients: [bias, twin] },
    { op: "biasGradient", outputGradient, gradients: [alone] },
  ]);
}

function lookupCase(layout: Layout, T: number, B: number, V: number, N: number, gates = 1): Case {
  const c = new CaseBuilder(layout);
  const [table, indices] = [c.floats([V, N]), c.integers([T, B], V)];
  const [output, first, second] = [c.floats([T, B, N]), c.floats([N]), c.floats([N])];
  const gradient = c.floats([V, N]);
  return c.build(`gather and scatter ${T}x${B}x${V}x${N} of ${gates} gates`, [
    { op: "gather", table, indices, output, biases: [first, second] },
    ...gatesRead(c, output, gates),
    { op: "scatter", outputGradient: output, indices, gradient },
  ]);
}

/** Gradients whose second half is summed apart, in scratch room: what stands there before does not count. */
function halvesCase(layout: Layout, T: number, B: number, M: number, N: number, V: number): Case {
  const c = new CaseBuilder(layout);
  const [outputGradient, input, indices] = [c.floats([T, B, M]), c.floats([T, B, N]), c.integers([T, B], V)];
  const [gradient, table] = [c.floats([M, N]), c.floats([V, M])];
  const scratch = c.layout.scratch([gradient.size + table.size + 32]);
  c.filled.push([scratch, numbers(scratch.size, 1)]);
  return c.build(`gradients by halves ${T}x${B}x${M}x${N}, ${V} symbols`, [
    { op: "zero", tensor: scratch },
    { op: "weightGradient", outputGradient, input, gradient },
    { op: "scatter", outputGradient, indices, gradient: table },
  ]);
}

/** Every operation of a cell, for it is one that works on rows of gates. */
function cellCases(layout: Layout, B: number, H: number): Case[] {
  return Object.entries(operations).flatMap(([op, { words }]) => {
    if (words.every(({ gates }) => gates === undefined)) return [];
    const c = new CaseBuilder(layout);
    const operands = words.map(({ name, gates = 1 }) => [name, c.floats([B, gates * H], gates > 1 ? 3 : 1)]);
    return [c.build(`${op} ${B}x${H}`, [{ op, ...Object.fromEntries(operands) } as Operation])];
  });
}

/** A mean over `count` targets; without a count there are no gradients. */
function lossCase(
  layout: Layout,
  T: number,
  B: number,
  V: number,
  count?: number,
  weighted = false,
  smoothing = 0,
): Case {
  const c = new CaseBuilder(layout);
  const [logits, targets, losses] = [c.floats([T, B, V], 10), c.integers([T, B], V), c.floats([T, B])];
  c.filled.push([
    targets,
    numbers(T * B, 5).map((x, i) => (i % 7 === 6 ? -1 : Math.floor(((x + 1) / 2) * V))),
  ]);
  const predictions = c.values(c.layout.tensor([T, B], "int32"), []);
  const counted = count === undefined ? undefined : c.values(c.layout.tensor([1]), [count]);
  const weights = weighted ? weightsOf(c, [T, B]) : undefined;
  const options = { ...(counted && { counted }), ...(weights && { weights }), smoothing };
  const kind = `${weighted ? " with weights" : ""}${smoothing > 0 ? " smoothed" : ""}`;
  return c.build(`softmax cross-entropy ${T}x${B}x${V} of ${count ?? "no"} targets${kind}`, [
    { op: "softmaxCrossEntropy", logits, targets, losses, predictions, ...options },
  ]);
}

/** Weights of rows. Every third is 0. */
function weightsOf(c: CaseBuilder, shape: number[]): Tensor {
  const tensor = c.layout.tensor(shape);
  return c.values(
    tensor,
    numbers(tensor.size, 11).map((x, i) => (i % 3 === 2 ? 0 : x + 1.1)),
  );
}

/** Losses that are summed over N units: with and without a count and weights. */
function unitLossCase(layout: Layout, T: number, B: number, N: number): Case {
  const c = new CaseBuilder(layout);
  const binary = (values: Float32Array) => values.map((x, i) => (i % 5 === 4 ? -1 : Number(x > 0)));
  const [weights, counted] = [weightsOf(c, [T, B]), c.values(c.layout.tensor([1]), [7])];
  const program = [{}, { counted }, { weights }, { weights, counted }].flatMap((options): Operation[] => [
    {
      op: "sigmoidCrossEntropy",
      logits: c.floats([T, B, N], 30),
      targets: c.values(c.layout.tensor([T, B, N]), binary(numbers(T * B * N, 3))),
      losses: c.floats([T, B]),
      ...options,
    },
    {
      op: "squaredError",
      outputs: c.floats([T, B, N]),
      targets: c.floats([T, B, N], 3),
      losses: c.floats([T, B]),
      ...options,
    },
  ]);
  return c.build(`sigmoid cross-entropy and squared error ${T}x${B}x${N}`, program);
}

/** A head of C outputs over rows [B, K] that belong to no steps, and its way back. */
function headCase(
  layout: Layout,
  loss: "softmaxCrossEntropy" | "sigmoidCrossEntropy" | "squaredError",
  B: number,
  K: number,
  C: number,
): Case {
  const c = new CaseBuilder(layout);
  const [input, weights, bias] = [c.floats([B, K]), c.floats([C, K]), c.floats([C])];
  const [logits, losses, inputGradient] = [c.floats([B, C]), c.floats([B]), c.floats([B, K])];
  const [gradient, biasGradient] = [c.floats([C, K]), c.floats([C])];
  const counted = c.values(c.layout.tensor([1]), [B]);
  const targets = c.floats([B, C]);
  const lossOf = {
    softmaxCrossEntropy: { op: "softmaxCrossEntropy", logits, targets: c.integers([B], C), losses, counted },
    sigmoidCrossEntropy: { op: "sigmoidCrossEntropy", logits, targets, losses, counted },
    squaredError: { op: "squaredError", outputs: logits, targets, losses, counted },
  } as const;
  if (loss === "sigmoidCrossEntropy") c.filled.push([targets, numbers(B * C, 9).map((x) => Number(x > 0))]);
  return c.build(`a head of ${B}x${K}x${C} with ${loss}`, [
    { op: "pack", weights, transposed: true },
    { op: "pack", weights, transposed: false },
    { op: "multiply", input, weights, transposed: true, output: logits, biases: [bias] },
    lossOf[loss],
    { op: "multiply", input: logits, weights, transposed: false, output: inputGradient },
    { op: "weightGradient", outputGradient: logits, input, gradient },
    { op: "biasGradient", outputGradient: logits, gradients: [biasGradient] },
  ]);
}

function dropoutCase(layout: Layout, T: number, B: number, N: number): Case {
  const c = new CaseBuilder(layout);
  const [input, output] = [c.floats([T, B, N]), c.floats([T, B, N])];
  const clock = c.values(c.layout.tensor([1], "int32"), [17]);
  return c.build(`dropout ${T}x${B}x${N}`, [
    { op: "dropout", input, output, clock, probability: 0.3, seed: 4_000_000_000, layer: 1 },
  ]);
}

function updateCases(layout: Layout, size: number): Case[] {
  const updates = ["adam", "scaledByRoot", "sgd", "plain sgd", "clamped adam", "patient adam"] as const;
  return updates.map((kind) => {
    const c = new CaseBuilder(layout);
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

function normCase(layout: Layout, size: number): Case {
  const c = new CaseBuilder(layout);
  const tensor = c.floats([size]);
  const partials = c.floats([blockCount(tensor)]);
  const losses = c.floats([5, 7]);
  const counted = c.values(c.layout.tensor([1]), [30]);
  const status = c.values(c.layout.tensor([4]), [0, 0, 0, 0]);
  const rates = c.values(c.layout.tensor([4]), [0.01, 0.02, 1.3, 0.5]);
  return c.build(`norm of ${size}`, [
    { op: "sumOfSquares", tensor, partials },
    { op: "checkDivergence", losses, counted, partials, status, rates, maxNorm: 2 },
  ]);
}

function copyCase(layout: Layout, rows: number, width: number): Case {
  const c = new CaseBuilder(layout);
  const [from, to, tensor] = [c.floats([rows, width]), c.floats([rows, width]), c.floats([rows, width])];
  return c.build(`copy and zero of ${rows}x${width}`, [
    { op: "copy", from, to },
    { op: "zero", tensor },
  ]);
}

/** Rows that are moved as models do: the last step of every example, its way back, and columns beside each other. */
function moveCase(layout: Layout, T: number, B: number, H: number): Case {
  const c = new CaseBuilder(layout);
  const [steps, wide] = [c.floats([T, B, H]), c.floats([T, B, 2 * H + 3])];
  const [last, spread, sum, split] = [
    c.floats([B, H]),
    c.floats([T, B, H]),
    c.floats([T, B, H]),
    c.floats([T, B, H]),
  ];
  const indices = (rows: number[], values: number[]) => {
    const tensor = c.layout.tensor(rows, "int32");
    c.filled.push([tensor, values]);
    return tensor;
  };
  /** Example b has b % T + 1 steps. */
  const rowOf = Array.from({ length: B }, (_, b) => (b % T) * B + b);
  const ends = indices([B], rowOf);
  const inverse = indices(
    [T, B],
    Array.from({ length: T * B }, (_, row) => rowOf.indexOf(row)),
  );
  const reversed = indices(
    [T, B],
    Array.from({ length: T * B }, (_, row) => T * B - 1 - row),
  );
  const symbols = c.integers([T, B, 1], 100);
  const [symbolsReversed, symbolsAside] = [
    c.values(c.layout.tensor([T, B, 1], "int32"), []),
    c.values(c.layout.tensor([T, B, 3], "int32"), new Int32Array(3 * T * B).fill(-5)),
  ];
  return c.build(`rows moved of ${T}x${B}x${H}`, [
    { op: "moveRows", from: steps, to: last, indices: ends, columns: H },
    { op: "moveRows", from: last, to: spread, indices: inverse, columns: H },
    { op: "moveRows", from: last, to: sum, indices: inverse, columns: H, add: true },
    { op: "moveRows", from: steps, to: wide, columns: H, toColumn: 2 },
    { op: "moveRows", from: spread, to: wide, indices: reversed, columns: H, toColumn: H + 2 },
    { op: "moveRows", from: wide, to: split, columns: H, fromColumn: H + 2, add: true },
    { op: "moveRows", from: symbols, to: symbolsReversed, indices: reversed, columns: 1 },
    { op: "moveRows", from: symbolsReversed, to: symbolsAside, indices: inverse, columns: 1, toColumn: 1 },
  ]);
}

/** Attention and its backward pass. Example b has b % (T + 1) keys, so some examples have none and some have all. */
function attentionCase(layout: Layout, S: number, T: number, B: number, D: number, M = D): Case {
  const c = new CaseBuilder(layout);
  const [queries, keys] = [c.floats([S, B, D], 2), c.floats([T, B, D], 2)];
  const lengths = c.layout.tensor([B], "int32");
  c.filled.push([lengths, Array.from({ length: B }, (_, b) => (b + T) % (T + 1))]);
  const [weights, contexts] = [c.floats([S, B, T]), c.floats([S, B, M])];
  const [contextGradients, scoreGradients] = [c.floats([S, B, M]), c.floats([S, B, T])];
  const keyGradients = c.floats([T, B, D]);
  const attended = { queries, keys, lengths, weights } as const;
  return c.build(`attention ${S}x${T}x${B}x${D} in rows of ${M}`, [
    { op: "attend", ...attended, contexts },
    { op: "attendGradient", ...attended, contextGradients, scoreGradients, keyGradients },
  ]);
}

/** Every operation over shapes that leave remainders, in one layout. `everyShape` adds those that take long. */
export function casesIn(layout: Layout, everyShape: boolean): Case[] {
  return [...smallCases(layout), ...(everyShape ? largeCases(layout) : [])];
}

function smallCases(layout: Layout): Case[] {
  return [
    multiplyCase(layout, 1, 1, 1, 1, "plain"),
    multiplyCase(layout, 3, 5, 7, 9, "bias"),
    multiplyCase(layout, 2, 25, 128, 65, "accumulate"),
    multiplyCase(layout, 1, 50, 300, 33, "accumulate"),
    multiplyCase(layout, 1, 3, 513, 31, "plain"),
    // Sums that are stored while those of the next rows are computed: of one band, two, and more than come at once.
    multiplyCase(layout, 1, 130, 30, 10, "bias"),
    multiplyCase(layout, 1, 130, 30, 30, "bias"),
    multiplyCase(layout, 1, 130, 50, 130, "accumulate"),
    multiplyCase(layout, 1, 1, 70, 4 * 70, "accumulate", 4),
    multiplyCase(layout, 1, 5, 40, 3 * 33, "bias", 3),
    multiplyCase(layout, 2, 13, 20, 33, "one-hot"),
    multiplyCase(layout, 1, 1, 70, 4 * 70, "one-hot", 4),
    multiplyCase(layout, 1, 2, 70, 3 * 70, "one-hot", 3),
    // To one output, and from one input.
    multiplyCase(layout, 5, 9, 40, 1, "bias"),
    multiplyCase(layout, 5, 9, 40, 1, "plain"),
    multiplyCase(layout, 5, 9, 1, 40, "accumulate"),
    multiplyCase(layout, 1, 1, 300, 1, "one-hot"),
    weightGradientCase(layout, 1, 1, 1, 1),
    weightGradientCase(layout, 9, 40, 1, 33),
    weightGradientCase(layout, 9, 40, 33, 1),
    weightGradientCase(layout, 3, 70, 1, 1),
    halvesCase(layout, 7, 90, 1, 20, 3),
    weightGradientCase(layout, 3, 7, 65, 33),
    weightGradientCase(layout, 11, 50, 40, 20),
    weightGradientCase(layout, 1, 30, 130, 30),
    weightGradientCase(layout, 2, 3, 70, 129),
    halvesCase(layout, 3, 8, 33, 20, 5),
    halvesCase(layout, 11, 51, 40, 20, 70),
    halvesCase(layout, 1, 9, 20, 130, 1),
    lookupCase(layout, 4, 6, 11, 13),
    lookupCase(layout, 3, 1, 5, 64),
    lookupCase(layout, 1, 1, 5, 3 * 70, 3),
    ...cellCases(layout, 5, 7),
    ...cellCases(layout, 3, 32),
    ...cellCases(layout, 1, 1),
    ...cellCases(layout, 1, 70),
    lossCase(layout, 3, 5, 65, 13),
    lossCase(layout, 2, 9, 3),
    lossCase(layout, 1, 4, 16, 1),
    lossCase(layout, 3, 5, 37, 13, true),
    lossCase(layout, 2, 9, 3, undefined, true),
    lossCase(layout, 3, 5, 37, 13, true, 0.1),
    lossCase(layout, 2, 9, 3, undefined, false, 0.3),
    unitLossCase(layout, 3, 5, 37),
    unitLossCase(layout, 2, 9, 16),
    unitLossCase(layout, 1, 4, 1),
    headCase(layout, "softmaxCrossEntropy", 1, 33, 5),
    headCase(layout, "softmaxCrossEntropy", 13, 20, 37),
    headCase(layout, "softmaxCrossEntropy", 300, 9, 2),
    headCase(layout, "sigmoidCrossEntropy", 1, 1, 1),
    headCase(layout, "sigmoidCrossEntropy", 30, 70, 1),
    headCase(layout, "squaredError", 1, 70, 1),
    headCase(layout, "squaredError", 7, 1, 1),
    headCase(layout, "squaredError", 7, 1, 40),
    headCase(layout, "squaredError", 300, 130, 1),
    attentionCase(layout, 1, 1, 1, 1),
    attentionCase(layout, 4, 6, 9, 37, 50),
    attentionCase(layout, 3, 19, 5, 64),
    attentionCase(layout, 2, 70, 2, 5, 9),
    dropoutCase(layout, 3, 5, 33),
    ...updateCases(layout, 3),
    ...updateCases(layout, 4099),
    normCase(layout, 10_007),
    copyCase(layout, 3, 7),
    moveCase(layout, 4, 7, 33),
    moveCase(layout, 3, 2, 64),
    moveCase(layout, 1, 1, 1),
  ];
}

function largeCases(layout: Layout): Case[] {
  return [
    multiplyCase(layout, 2, 17, 600, 70, "bias"),
    multiplyCase(layout, 1, 270, 300, 40, "one-hot"),
    multiplyCase(layout, 1, 270, 1024, 40, "accumulate"),
    multiplyCase(layout, 2, 14, 2048, 33, "bias"),
    // Deeper than what is packed at once.
    multiplyCase(layout, 1, 14, 17_408, 17, "accumulate"),
    multiplyCase(layout, 1, 70, 2100, 150, "accumulate"),
    // In several strips, more of them than are packed at once, and of panels that are narrower than the others.
    weightGradientCase(layout, 6, 50, 150, 100),
    weightGradientCase(layout, 2, 3, 9, 600),
    weightGradientCase(layout, 2, 3, 300, 9),
    weightGradientCase(layout, 2, 3, 600, 140),
    weightGradientCase(layout, 1, 300, 70, 530),
    ...updateCases(layout, 9001),
  ];
}
