import type { Operation } from "../../engine/operation.ts";
import { entry, type Layout, type Panels, type Tensor } from "../../engine/tensor.ts";

/** What a cell is unrolled over: T `steps` of a `batch` of B rows, H `hidden` units. */
export interface UnrollShape {
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
}

/** A layer's recurrent weights W_hh [G*H, H], packed for each direction (back only to train), and its biases [G*H]. */
export interface RecurrentWeights {
  readonly forward: Panels;
  readonly backward: Panels | undefined;
  readonly biasIh: Tensor;
  readonly biasHh: Tensor;
}

/** One-hot input of a step: the weights W_ih^T [V, G*H] and the rows of it [B] that the symbols choose. */
export interface OneHotInput {
  readonly table: Tensor;
  readonly indices: Tensor;
}

/**
 * A layer unrolled through time. Its owner fills `gates` with the input projection of all steps, unless the input is
 * one-hot, then asks for the steps in order, and on the way back in reverse order; after that `gates` and
 * `recurrentGates` hold the gradients of the sums that the input and the hidden state went into.
 */
export interface UnrolledCell {
  /** [T, B, G*H]: what the input contributes to every gate. */
  readonly gates: Tensor;
  /** The biases that belong to the input projection. */
  readonly inputBiases: readonly Tensor[];
  /** [T, B, G*H]: the gates' sums as the recurrent weights see them; the same tensor where they are simply added. */
  readonly recurrentGates: Tensor;
  /** What is carried from step to step, each [T+1, B, H]: entry 0 before the first step; the hidden state first. */
  readonly states: readonly Tensor[];
  /** Step t: h_t from h_t-1 and from the step's `gates` or its one-hot input. */
  forward(t: number, input?: OneHotInput): Operation[];
  /** What comes before the last step's way back. */
  beginBackward(): Operation[];
  /**
   * The way back through step t: `hiddenGradient` [T, B, H] holds dh of each step from above; what flows to step
   * t-1 is added to its entry. The gradient ends at the chunk's first step (truncated BPTT).
   */
  backward(t: number, hiddenGradient: Tensor): Operation[];
}

/** A kind of recurrent cell: the one thing to write, with a line in index.ts, to add another. */
export interface Cell {
  /** G: the blocks of H rows that its weights stack. */
  readonly gateCount: number;
  /** The names of its states, the hidden state first. */
  readonly stateNames: readonly string[];
  /** Which block of rows is a forget gate, whose bias is set apart when weights are initialized. */
  readonly forgetGate?: number;
  unroll(layout: Layout, shape: UnrollShape, weights: RecurrentWeights): UnrolledCell;
}

/** The sums of a step's gates [B, G*H]: W_hh h_t-1 added to what they hold already or to a one-hot input's part. */
export function addRecurrence(
  hiddenBefore: Tensor,
  { forward, biasIh, biasHh }: RecurrentWeights,
  gates: Tensor,
  input?: OneHotInput,
): Operation {
  const product = { op: "multiply", input: hiddenBefore, panels: forward, output: gates } as const;
  if (input === undefined) return { ...product, plus: { rows: gates } };
  return { ...product, biases: [biasIh, biasHh], plus: { rows: input.table, indices: input.indices } };
}

/** dh_t-1 += W_hh^T times the gradient of step t's sums; nothing at the chunk's first step. */
export function backThroughTime(
  t: number,
  gateGradient: Tensor,
  { backward }: RecurrentWeights,
  hiddenGradient: Tensor,
): Operation[] {
  if (t === 0) return [];
  const output = entry(hiddenGradient, t - 1);
  return [
    {
      op: "multiply",
      input: gateGradient,
      panels: requireTraining(backward),
      output,
      plus: { rows: output },
    },
  ];
}

/** What only a network that was declared for training has. */
export function requireTraining<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error("the network was not declared for training");
  return part;
}
