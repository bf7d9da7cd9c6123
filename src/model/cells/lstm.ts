import { entry } from "../../engine/tensor.ts";
import { addRecurrence, backThroughTime, type Cell } from "./cell.ts";

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000). The gates,
 * in PyTorch's order, are i, f, o = sigmoid and g = tanh of W_ih x_t + b_ih + W_hh h_t-1 + b_hh; then
 * c_t = f c_t-1 + i g and h_t = o tanh(c_t).
 */
export const lstm: Cell = {
  gateCount: 4,
  stateNames: ["hidden", "cell"],
  forgetGate: 1,

  unroll(layout, { steps, batch, hidden: H }, weights) {
    const gates = layout.tensor([steps, batch, 4 * H]);
    const hidden = layout.tensor([steps + 1, batch, H]);
    const cell = layout.tensor([steps + 1, batch, H]);
    const cellGradient = layout.tensor([batch, H]);
    return {
      gates,
      inputBiases: [weights.biasIh, weights.biasHh],
      recurrentGates: gates,
      states: [hidden, cell],

      forward: (t, input) => [
        addRecurrence(entry(hidden, t), weights, entry(gates, t), input),
        {
          op: "lstmForward",
          gates: entry(gates, t),
          cellBefore: entry(cell, t),
          cell: entry(cell, t + 1),
          hidden: entry(hidden, t + 1),
        },
      ],

      beginBackward: () => [{ op: "zero", tensor: cellGradient }],

      backward: (t, hiddenGradient) => [
        {
          op: "lstmBackward",
          gates: entry(gates, t),
          cellBefore: entry(cell, t),
          cell: entry(cell, t + 1),
          hiddenGradient: entry(hiddenGradient, t),
          cellGradient,
        },
        ...backThroughTime(t, entry(gates, t), weights, hiddenGradient),
      ],
    };
  },
};
