import { entry } from "../../engine/tensor.ts";
import { projectOneHot, type Cell } from "./cell.ts";

/**
 * minGRU (Feng et al. 2024, arXiv 2410.01201). Its gates read only the input, so there is no recurrent product. With
 * a = W_ih x_t + b_ih: z = sigmoid(a_z), h_t = (1 - z) h_t-1 + z g(a_h). Here g(x) = x + 0.5 if x >= 0, and else
 * sigmoid(x). The arithmetic of a unit is in engine/operations/cells.ts, and in C in engine/kernels/cells.h.
 */
export const mingru: Cell = {
  gates: ["update", "candidate"],
  memoryGates: { write: "update" },
  states: ["hidden"],
  stateLetters: ["h"],
  gateLetters: ["z", "g"],
  sigmoids: ["z"],
  parameters: (inputs, hidden) => ({ weight_ih: [2 * hidden, inputs], bias_ih: [2 * hidden] }),

  unroll(layout, { steps, batch, hidden: H }, parameters) {
    const gates = layout.tensor([steps, batch, 2 * H]);
    const hidden = layout.tensor([steps + 1, batch, H]);
    return {
      gates,
      inputBiases: ["bias_ih"],
      states: [hidden],

      forward: (t, input) => [
        ...projectOneHot(parameters, entry(gates, t), input),
        {
          op: "mingruForward",
          gates: entry(gates, t),
          hiddenBefore: entry(hidden, t),
          hidden: entry(hidden, t + 1),
        },
      ],

      carriedGradients: [],
      beginBackward: () => [],

      backward: (t, hiddenGradient, hiddenGradientBefore) => [
        {
          op: "mingruBackward",
          gates: entry(gates, t),
          hiddenBefore: entry(hidden, t),
          hiddenGradient,
          ...(hiddenGradientBefore && { hiddenGradientBefore }),
        },
      ],

      recurrentGradients: () => [],
    };
  },
};
