import type { Panels, Tensor } from "./tensor.ts";

/**
 * The operations that engines offer: few and coarse, so that what it costs to ask for one is nothing beside the
 * work. A program is a list of them as plain data. Shapes: T steps, B rows of a batch, H hidden units, V symbols;
 * rows [T, B, n] may also be one step's [B, n]. A gradient that is to `accumulate` is added to what is there. Where
 * there is an `otherHalf` for it, of its shape (and B > 1), an engine may sum the second half of every step's rows
 * there, so that products need not fetch rows that another thread made; `addHalf` then adds it.
 */
export type Operation =
  /** `panels` = `weights` [N, K] packed as a right operand: W^T [K, N] when transposed, else W [N, K] itself. */
  | { op: "pack"; weights: Tensor; transposed: boolean; panels: Panels }
  /** `output` [.., N] = `input` [.., K] times the packed [K, N], plus up to two `biases` [N] and the rows of `plus`. */
  | {
      op: "multiply";
      input: Tensor;
      panels: Panels;
      output: Tensor;
      biases?: readonly Tensor[];
      plus?: AddedRows;
    }
  /**
   * `output` [.., N] = the rows of `table` [V, N] at `indices` [..], plus up to two biases [N]. The columns fall into
   * `groups` as those of a product do.
   */
  | {
      op: "gather";
      table: Tensor;
      indices: Tensor;
      output: Tensor;
      biases: readonly Tensor[];
      groups: number;
    }
  /** `table` [V, N] = for each symbol the sum of the rows of `gradient` [T, B, N] at which `indices` names it. */
  | {
      op: "scatter";
      gradient: Tensor;
      indices: Tensor;
      table: Tensor;
      otherHalf?: Tensor;
      accumulate?: boolean;
    }
  /** `gradient` [M, N] = `outputGradient` [.., M]^T times `input` [.., N]. */
  | {
      op: "weightGradient";
      outputGradient: Tensor;
      input: Tensor;
      gradient: Tensor;
      otherHalf?: Tensor;
      accumulate?: boolean;
    }
  /** `gradient` += what an engine has summed in `otherHalf`, nothing where it did not. */
  | { op: "addHalf"; gradient: Tensor; otherHalf: Tensor }
  /** Each of the one or two `gradients` [M] = the sum of the rows of `outputGradient` [.., M]. */
  | { op: "biasGradient"; outputGradient: Tensor; gradients: readonly Tensor[]; accumulate?: boolean }
  /** h = tanh(a): `gates` [B, H] to `hidden` [B, H]. */
  | { op: "rnnForward"; gates: Tensor; hidden: Tensor }
  /** da = dh (1 - h^2), written to `gates`. */
  | { op: "rnnBackward"; hidden: Tensor; hiddenGradient: Tensor; gates: Tensor }
  /** `gates` [B, 4H] become i, f, g, o; c = f c' + i g, h = o tanh(c). */
  | { op: "lstmForward"; gates: Tensor; cellBefore: Tensor; cell: Tensor; hidden: Tensor }
  /** `gates` become their own gradients; `cellGradient` goes from dc to dc'. */
  | {
      op: "lstmBackward";
      gates: Tensor;
      cellBefore: Tensor;
      cell: Tensor;
      hiddenGradient: Tensor;
      cellGradient: Tensor;
    }
  /** `inputGates` [B, 3H] become r, z, n; h = (1 - z) n + z h'. */
  | { op: "gruForward"; inputGates: Tensor; hiddenGates: Tensor; hiddenBefore: Tensor; hidden: Tensor }
  /** Both gates become gradients of their sums; z dh is added to `hiddenGradientBefore`. */
  | {
      op: "gruBackward";
      inputGates: Tensor;
      hiddenGates: Tensor;
      hiddenBefore: Tensor;
      hiddenGradient: Tensor;
      hiddenGradientBefore?: Tensor;
    }
  /** Inverted dropout of [T, B, n]; the mask depends on seed, `clock` [1] (training step), layer, time, row, unit. */
  | {
      op: "dropout";
      input: Tensor;
      output: Tensor;
      clock: Tensor;
      probability: number;
      seed: number;
      layer: number;
    }
  /**
   * `losses` [T, B] = -ln softmax(`logits` [T, B, V])[target] in nats; where `scale` is not 0 the logits become
   * scale times the gradient. A target below 0 does not count. `predictions` [T, B] get the likeliest symbols.
   */
  | {
      op: "softmaxCrossEntropy";
      logits: Tensor;
      targets: Tensor;
      losses: Tensor;
      predictions?: Tensor;
      scale: number;
    }
  /** Copies rows of either type; with a `guard` (a status) not where that rejects, nor does `zero`. */
  | { op: "copy"; from: Tensor; to: Tensor; guard?: Tensor }
  | { op: "zero"; tensor: Tensor; guard?: Tensor }
  /** `partials`: the sum of squares of each block of BLOCK elements. */
  | { op: "sumOfSquares"; tensor: Tensor; partials: Tensor }
  /**
   * `status` (see STATUS) = mean of `losses`, gradient norm from `partials`, the factor min(1, maxNorm / norm) (1 where
   * maxNorm is 0), and 1 where the chunk is rejected: a loss or norm that is not finite, or a loss above the limit of
   * `rates`. Once it is 1 it stays so: whatever was asked for meanwhile changes nothing.
   */
  | { op: "assess"; losses: Tensor; partials: Tensor; status: Tensor; rates: Tensor; maxNorm: number }
  | Update;

/** What a product is added to: the rows of a tensor [.., N] or, with `indices` [..], those rows of a table [V, N]. */
export interface AddedRows {
  readonly rows: Tensor;
  readonly indices?: Tensor;
}

/** What the optimizers' operations share. Nothing is changed where `status` rejects. */
interface UpdateBase {
  parameter: Tensor;
  gradient: Tensor;
  status: Tensor;
  /** See RATES. */
  rates: Tensor;
  /** Above 0: gradients are clamped to +-limit, and the clipping factor is not applied. */
  limit: number;
  weightDecay: number;
}

export type Update =
  | (UpdateBase & { op: "adam"; mean: Tensor; square: Tensor; beta1: number; beta2: number; epsilon: number })
  /** square = keep square + add g^2; p -= lr g / (sqrt(square) + epsilon): RMSprop and Adagrad. */
  | (UpdateBase & { op: "scaledByRoot"; square: Tensor; keep: number; add: number; epsilon: number })
  | (UpdateBase & { op: "sgd"; buffer?: Tensor; momentum: number });

export type OperationName = Operation["op"];
export type Of<Name extends OperationName> = Extract<Operation, { op: Name }>;

/** The places of a status [4]: mean loss, gradient norm, the factor that clips it, 1 where the chunk is rejected. */
export const STATUS = { LOSS: 0, GRADIENT_NORM: 1, FACTOR: 2, REJECTED: 3 } as const;

/**
 * The places of rates [4]: the learning rate, Adam's lr / (1 - b1^t) and 1 / sqrt(1 - b2^t), and the largest loss to
 * learn from (0: any).
 */
export const RATES = { LEARNING_RATE: 0, ADAM_STEP: 1, ADAM_CORRECTION: 2, LOSS_LIMIT: 3 } as const;

/** The depth of products is cut by this, or a multiple. A weight's gradient sums over rows, best so many at a time. */
export const DEPTH = 256;

/** The elements in a block: what threads share elementwise work by, and what one partial sum of squares covers. */
export const BLOCK = 4096;

/** How many partial sums of squares a tensor has. */
export function blockCount(tensor: Tensor): number {
  return Math.ceil(tensor.size / BLOCK);
}
