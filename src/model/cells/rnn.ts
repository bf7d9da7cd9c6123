import { entry } from "../../engine/tensor.ts";
import { addRecurrence, backThroughTime, type Cell } from "./cell.ts";

/** The vanilla RNN (Elman 1990): h_t = tanh(W_ih x_t + b_ih + W_hh h_t-1 + b_hh). */
export const rnn: Cell = {
  gateCount: 1,
  stateNames: ["hidden"],

  unroll(layout, { steps, batch, hidden: H }, weights) {
    const gates = layout.tensor([steps, batch, H]);
    const hidden = layout.tensor([steps + 1, batch, H]);
    return {
      gates,
      inputBiases: [weights.biasIh, weights.biasHh],
      recurrentGates: gates,
      states: [hidden],

      forward: (t, input) => [
        addRecurrence(entry(hidden, t), weights, entry(gates, t), input),
        { op: "rnnForward", gates: entry(gates, t), hidden: entry(hidden, t + 1) },
      ],

      beginBackward: () => [],

      backward: (t, hiddenGradient) => [
        {
          op: "rnnBackward",
          hidden: entry(hidden, t + 1),
          hiddenGradient: entry(hiddenGradient, t),
          gates: entry(gates, t),
        },
        ...backThroughTime(t, entry(gates, t), weights, hiddenGradient),
      ],
    };
  },
};
