import { entry, slice } from "../../engine/tensor.ts";
import {
  addRecurrence,
  backThroughTime,
  recurrentParameters,
  recurrentWeightGradient,
  type Cell,
} from "./cell.ts";

/**
 * The vanilla RNN (Elman 1990): h_t = tanh(W_ih x_t + b_ih + W_hh h_t-1 + b_hh). The arithmetic of a unit is in
 * engine/operations/cells.ts, and in C in engine/kernels/cells.h.
 */
export const rnn: Cell = {
  gates: ["hidden"],
  memoryGates: {},
  states: ["hidden"],
  stateLetters: ["h"],
  gateLetters: [],
  sigmoids: [],
  parameters: recurrentParameters(1),

  unroll(layout, { steps, batch, hidden: H }, parameters) {
    const gates = layout.tensor([steps, batch, H]);
    const hidden = layout.tensor([steps + 1, batch, H]);
    return {
      gates,
      inputBiases: ["bias_ih", "bias_hh"],
      states: [hidden],

      forward: (t, input) => [
        addRecurrence(entry(hidden, t), parameters, entry(gates, t), input),
        { op: "rnnForward", gates: entry(gates, t), hidden: entry(hidden, t + 1) },
      ],

      carriedGradients: [],
      beginBackward: () => [],

      backward: (t, hiddenGradient, hiddenGradientBefore) => [
        {
          op: "rnnBackward",
          hidden: entry(hidden, t + 1),
          hiddenGradient,
          gates: entry(gates, t),
        },
        ...backThroughTime(entry(gates, t), parameters, hiddenGradientBefore),
      ],

      recurrentGradients: (steps) => [
        recurrentWeightGradient(parameters, slice(gates, 0, steps), slice(hidden, 0, steps)),
      ],
    };
  },
};
