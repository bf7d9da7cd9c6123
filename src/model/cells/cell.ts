import { type Operation } from "../../engine/operation.ts";
import { entry, type Layout, type Tensor } from "../../engine/tensor.ts";

/** What a cell is unrolled over: T `steps` of a `batch` of B rows, H `hidden` units. */
export interface UnrollShape {
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
}

/** A parameter of one layer. */
export interface CellParameter {
  readonly tensor: Tensor;
  /** Where its gradient arrives; undefined in a network that only predicts. */
  readonly gradient: Tensor | undefined;
}

/** The parameters of one layer, by PyTorch's names without the layer: `weight_ih`. */
export type CellParameters = (name: string) => CellParameter;

/** One-hot input of a step: the weights W_ih^T [V, G*H], and which of its rows [B] the symbols choose. */
export interface OneHotInput {
  readonly table: Tensor;
  readonly indices: Tensor;
}

/**
 * A layer unrolled through time. Its owner fills `gates` with the input projection of all steps, unless the input is
 * one-hot. It then asks for the steps in order and, on the way back, in reverse order. After that `gates` holds the
 * gradients of the sums that the input went into.
 */
export interface UnrolledCell {
  /** [T, B, G*H]: what the input contributes to every gate. */
  readonly gates: Tensor;
  /** The names of the biases that belong to the input projection: their gradient is the sum of that of `gates`. */
  readonly inputBiases: readonly string[];
  /** What is carried from step to step, each [T+1, B, H]: entry 0 before the first step; the hidden state first. */
  readonly states: readonly Tensor[];
  /** Step t: h_t from h_t-1 and from the step's `gates` or its one-hot input. */
  forward(t: number, input?: OneHotInput): Operation[];
  /** What comes before the last step's way back. */
  beginBackward(): Operation[];
  /**
   * The way back through step t: `hiddenGradient` [T, B, H] holds dh of each step from above. What flows to step t-1 is
   * added to its entry. The gradient ends at the chunk's first step (truncated BPTT).
   */
  backward(t: number, hiddenGradient: Tensor): Operation[];
  /** The gradients of the parameters that the input does not go through, summed over the first `steps` steps. */
  recurrentGradients(steps: number): Operation[];
}

/** A kind of recurrent cell. To add one, write it, and give it a line in index.ts. */
export interface Cell {
  /** The names of its gates, in the order in which its weights stack them: G blocks of H rows. */
  readonly gates: readonly string[];
  /** The names of its states, the hidden state first. */
  readonly states: readonly string[];
  /** Shapes of its parameters for one layer, in PyTorch's order; `weight_ih` and its bias first. */
  parameters(inputs: number, hidden: number): Readonly<Record<string, number[]>>;
  unroll(layout: Layout, shape: UnrollShape, parameters: CellParameters): UnrolledCell;
}

/** PyTorch's parameters of a cell of G gates: weights and biases of the input and of the hidden state. */
export function recurrentParameters(gateCount: number): Cell["parameters"] {
  return (inputs, hidden) => ({
    weight_ih: [gateCount * hidden, inputs],
    weight_hh: [gateCount * hidden, hidden],
    bias_ih: [gateCount * hidden],
    bias_hh: [gateCount * hidden],
  });
}

/** a = W_ih x_t + b_ih of a one-hot input; any other input has been projected for all steps already. */
export function projectOneHot(parameters: CellParameters, gates: Tensor, input?: OneHotInput): Operation[] {
  if (input === undefined) return [];
  return [{ op: "gather", ...input, output: gates, biases: [parameters("bias_ih").tensor] }];
}

/** The sums of a step's gates [B, G*H]: W_hh h_t-1, added to what they hold already or to the one-hot input's part. */
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

/** dh_t-1 += W_hh^T times the gradient of step t's sums; nothing at the chunk's first step. */
export function backThroughTime(
  t: number,
  gateGradient: Tensor,
  parameters: CellParameters,
  hiddenGradient: Tensor,
): Operation[] {
  if (t === 0) return [];
  const output = entry(hiddenGradient, t - 1);
  const weights = parameters("weight_hh").tensor;
  return [
    { op: "multiply", input: gateGradient, weights, transposed: false, output, plus: { rows: output } },
  ];
}

/** The part of a tensor that only a network declared for training has. */
export function requireTraining<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error("the network was not declared for training");
  return part;
}

/** dW_hh = the gradients of the sums [T, B, G*H] times the hidden states before them [T+1, B, H]. */
export function recurrentWeightGradient(
  parameters: CellParameters,
  gateGradients: Tensor,
  hiddenBefore: Tensor,
): Operation {
  const gradient = requireTraining(parameters("weight_hh").gradient);
  return { op: "weightGradient", outputGradient: gateGradients, input: hiddenBefore, gradient };
}
