import { type Operation } from "../../engine/operation.ts";
import { slice, type Layout, type Tensor } from "../../engine/tensor.ts";

/** The size of an unrolled cell: T time `steps` of a `batch` of B rows, with H `hidden` units. */
export interface UnrollShape {
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
}

/** A parameter of one layer. */
export interface CellParameter {
  readonly tensor: Tensor;
  /** Undefined in a network that only predicts. */
  readonly gradient: Tensor | undefined;
}

/** The parameters of one layer, by PyTorch's names without the layer's number: `weight_ih`, not `weight_ih_l0`. */
export type CellParameters = (name: string) => CellParameter;

/**
 * The one-hot input of a time step: the weights W_ih^T [V, G*H], and the symbols [B], which are row numbers of this
 * table.
 */
export interface OneHotInput {
  readonly table: Tensor;
  readonly indices: Tensor;
}

/** Pre-activation sums that make a sigmoid exactly 1, and a hyperbolic tangent exactly 0. */
export const FIXED_CONSTANTS = [100, 0] as const;

/** The columns of `FixedUnit.constants`. */
export const VALUE = 0;
export const OPEN = 1;
export const NOTHING = 2;

/** A unit of a state that keeps a value in some rows of the batch. */
export interface FixedUnit {
  /** The index of the state: 0 is the hidden state. */
  readonly state: number;
  readonly unit: number;
  readonly rows: { readonly start: number; readonly end: number };
  /** [rows, 3]: the value, then FIXED_CONSTANTS. */
  readonly constants: Tensor;
}

/** Writes a constant of a fixed unit into a column of its rows of a tensor [B, n]. */
export function fix(
  { rows, constants }: FixedUnit,
  tensor: Tensor,
  toColumn: number,
  fromColumn = VALUE,
): Operation {
  const to = slice(tensor, rows.start, rows.end);
  return { op: "moveRows", from: constants, to, fromColumn, toColumn, columns: 1 };
}

/**
 * A layer unrolled through time. The caller first fills `gates` with the input projection of all time steps, unless the
 * input is one-hot. Then it runs `forward` for the steps in order, and `backward` for the steps in reverse order. After
 * the backward pass, `gates` holds the gradients of the gates' sums (their values before the activation function).
 */
export interface UnrolledCell {
  /** [T, B, G*H]: at first, the input's part of the sum of every gate. */
  readonly gates: Tensor;
  /**
   * The names of the biases of the input projection. The gradient of each bias is the sum of the gradients in `gates`.
   */
  readonly inputBiases: readonly string[];
  /** The states, the hidden state first, each [T+1, B, H]. Entry 0 is the state before the first step. */
  readonly states: readonly Tensor[];
  /**
   * Time step t: computes h_t from h_t-1 and from either the step's `gates` or its one-hot input. `fixed` are the fixed
   * units of states other than the hidden state. What the step computes from these units, it computes from their values.
   */
  forward(t: number, input?: OneHotInput, fixed?: readonly FixedUnit[]): Operation[];
  /**
   * The gradients [B, H] of the states other than the hidden state. `backward` of step t changes each tensor from the
   * gradient of the state after step t to the gradient of the state before step t.
   */
  readonly carriedGradients: readonly Tensor[];
  /** The operations at the start of the backward pass, before the last time step. */
  beginBackward(): Operation[];
  /**
   * The backward pass through step t. `hiddenGradient` [B, H] is the gradient dh of the step's hidden state. The gradient
   * that flows back to the step before is added to `hiddenGradientBefore` [B, H], if this tensor is given.
   */
  backward(t: number, hiddenGradient: Tensor, hiddenGradientBefore?: Tensor): Operation[];
  /** The gradients of all parameters that are not part of the input projection, summed over the first `steps` steps. */
  recurrentGradients(steps: number): Operation[];
  /** Declares what recording needs. Absent: the hidden state is the only state. */
  readonly recording?: (layout: Layout) => GradientRecording;
}

/** Records the gradients of a cell's states other than the hidden state. */
export interface GradientRecording {
  /** Tensors that must be filled with ones before the backward pass. */
  readonly ones: readonly Tensor[];
  /**
   * Writes the gradients of these states after step t to `to` [B, H], one tensor for each. Must come before `backward`
   * of step t. `hiddenGradient` is the same as there.
   */
  record(t: number, hiddenGradient: Tensor, to: readonly Tensor[]): Operation[];
}

/** A kind of recurrent cell. A new kind also needs a line in index.ts. */
export interface Cell {
  /** The names of the gates, in the order of their blocks in the weights: G blocks of H rows. */
  readonly gates: readonly string[];
  /** The gate that keeps the state of the step before, and the gate that lets new input in, if the cell has them. */
  readonly memoryGates: { readonly keep?: string; readonly write?: string };
  /** The names of the states, the hidden state first. */
  readonly states: readonly string[];
  /** The letters of the states in the cell's equations, the hidden state first. */
  readonly stateLetters: readonly string[];
  /** The letters of the gates whose activations are in `gates` after a step, in the order of their blocks. */
  readonly gateLetters: readonly string[];
  /** The gates that are sigmoids: near 0 they are shut, near 1 they are open. */
  readonly sigmoids: readonly string[];
  /** The shapes of one layer's parameters by name, in PyTorch's order. */
  parameters(inputs: number, hidden: number): Readonly<Record<string, number[]>>;
  unroll(layout: Layout, shape: UnrollShape, parameters: CellParameters): UnrolledCell;
}

/** PyTorch's parameters of a cell with G gates: weights and biases of the input and of the hidden state. */
export function recurrentParameters(gateCount: number): Cell["parameters"] {
  return (inputs, hidden) => ({
    weight_ih: [gateCount * hidden, inputs],
    weight_hh: [gateCount * hidden, hidden],
    bias_ih: [gateCount * hidden],
    bias_hh: [gateCount * hidden],
  });
}

/**
 * a = W_ih x_t + b_ih for a one-hot input. Other inputs were projected before the first step, for all steps at once.
 */
export function projectOneHot(parameters: CellParameters, gates: Tensor, input?: OneHotInput): Operation[] {
  if (input === undefined) return [];
  return [{ op: "gather", ...input, output: gates, biases: [parameters("bias_ih").tensor] }];
}

/** The sums of a step's gates [B, G*H]: W_hh h_t-1 plus the input's part, from `gates` or from the one-hot input. */
export function addRecurrence(
  hiddenBefore: Tensor,
  parameters: CellParameters,
  gates: Tensor,
  input?: OneHotInput,
): Operation {
  const weights = parameters("weight_hh").tensor;
  const product = { op: "multiply", input: hiddenBefore, weights, transposed: true, output: gates } as const;
  if (input === undefined) return { ...product, plus: { rows: gates } };
  const biases = [parameters("bias_ih").tensor, parameters("bias_hh").tensor];
  return { ...product, biases, plus: { rows: input.table, indices: input.indices } };
}

/** dh_t-1 += W_hh^T times the gradient of step t's sums, if the tensor dh_t-1 is given. */
export function backThroughTime(
  gateGradient: Tensor,
  parameters: CellParameters,
  output: Tensor | undefined,
): Operation[] {
  if (output === undefined) return [];
  const weights = parameters("weight_hh").tensor;
  return [
    { op: "multiply", input: gateGradient, weights, transposed: false, output, plus: { rows: output } },
  ];
}

/**
 * Returns a part that only a network for training has.
 * @throws Error if the network was declared without training
 */
export function requireTraining<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error("the network was not declared for training");
  return part;
}

/** dW_hh = the gradients of the sums [T, B, G*H], transposed, times the hidden states h_t-1 [T, B, H]. */
export function recurrentWeightGradient(
  parameters: CellParameters,
  gateGradients: Tensor,
  hiddenBefore: Tensor,
): Operation {
  const gradient = requireTraining(parameters("weight_hh").gradient);
  return { op: "weightGradient", outputGradient: gateGradients, input: hiddenBefore, gradient };
}
