import { entry, slice } from "../../engine/tensor.ts";
import {
  backThroughTime,
  projectOneHot,
  recurrentParameters,
  recurrentWeightGradient,
  requireTraining,
  type Cell,
} from "./cell.ts";

/**
 * The gated recurrent unit (Cho et al. 2014) in PyTorch's form. With a = W_ih x_t + b_ih and b = W_hh h_t-1 + b_hh: r,
 * z = sigmoid(a + b), n = tanh(a_n + r b_n), h_t = (1 - z) n + z h_t-1. The reset gate r multiplies only b_n, so a and
 * b are kept in separate tensors. The arithmetic of a unit is in engine/operations/cells.ts, and in C in
 * engine/kernels/cells.h.
 */
export const gru: Cell = {
  gates: ["reset", "update", "new"],
  memoryGates: { keep: "update" },
  states: ["hidden"],
  stateLetters: ["h"],
  gateLetters: ["r", "z", "n"],
  sigmoids: ["r", "z"],
  parameters: recurrentParameters(3),

  unroll(layout, { steps, batch, hidden: H }, parameters) {
    const gates = layout.tensor([steps, batch, 3 * H]);
    const recurrentGates = layout.tensor([steps, batch, 3 * H]);
    const hidden = layout.tensor([steps + 1, batch, H]);
    return {
      gates,
      inputBiases: ["bias_ih"],
      states: [hidden],

      forward: (t, input) => [
        ...projectOneHot(parameters, entry(gates, t), input),
        {
          op: "multiply",
          input: entry(hidden, t),
          weights: parameters("weight_hh").tensor,
          transposed: true,
          output: entry(recurrentGates, t),
          biases: [parameters("bias_hh").tensor],
        },
        {
          op: "gruForward",
          inputGates: entry(gates, t),
          hiddenGates: entry(recurrentGates, t),
          hiddenBefore: entry(hidden, t),
          hidden: entry(hidden, t + 1),
        },
      ],

      carriedGradients: [],
      beginBackward: () => [],

      backward: (t, hiddenGradient, hiddenGradientBefore) => [
        {
          op: "gruBackward",
          inputGates: entry(gates, t),
          hiddenGates: entry(recurrentGates, t),
          hiddenBefore: entry(hidden, t),
          hiddenGradient,
          ...(hiddenGradientBefore && { hiddenGradientBefore }),
        },
        ...backThroughTime(entry(recurrentGates, t), parameters, hiddenGradientBefore),
      ],

      recurrentGradients(steps) {
        const outputGradient = slice(recurrentGates, 0, steps);
        const gradients = [requireTraining(parameters("bias_hh").gradient)];
        return [
          { op: "biasGradient", outputGradient, gradients },
          recurrentWeightGradient(parameters, outputGradient, slice(hidden, 0, steps)),
        ];
      },
    };
  },
};
