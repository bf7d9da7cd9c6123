import type { Operation } from "../../engine/operation.ts";
import { entry, type Tensor } from "../../engine/tensor.ts";
import { backThroughTime, type Cell, type OneHotInput, type RecurrentWeights } from "./cell.ts";

/** a = W_ih x_t + b_ih of a one-hot input; any other has been projected for all steps already. */
function projectOneHot({ biasIh }: RecurrentWeights, gates: Tensor, input?: OneHotInput): Operation[] {
  if (input === undefined) return [];
  return [{ op: "gather", ...input, output: gates, biases: [biasIh], groups: 3 }];
}

/**
 * The gated recurrent unit (Cho et al. 2014) in PyTorch's form. With a = W_ih x_t + b_ih and b = W_hh h_t-1 + b_hh:
 * r, z = sigmoid(a + b), n = tanh(a_n + r b_n), h_t = (1 - z) n + z h_t-1. The reset gate works on b_n after the
 * product, so what input and hidden state contribute is kept apart.
 */
export const gru: Cell = {
  gateCount: 3,
  stateNames: ["hidden"],

  unroll(layout, { steps, batch, hidden: H }, weights) {
    const gates = layout.tensor([steps, batch, 3 * H]);
    const recurrentGates = layout.tensor([steps, batch, 3 * H]);
    const hidden = layout.tensor([steps + 1, batch, H]);
    return {
      gates,
      inputBiases: [weights.biasIh],
      recurrentGates,
      states: [hidden],

      forward: (t, input) => [
        ...projectOneHot(weights, entry(gates, t), input),
        {
          op: "multiply",
          input: entry(hidden, t),
          panels: weights.forward,
          output: entry(recurrentGates, t),
          biases: [weights.biasHh],
        },
        {
          op: "gruForward",
          inputGates: entry(gates, t),
          hiddenGates: entry(recurrentGates, t),
          hiddenBefore: entry(hidden, t),
          hidden: entry(hidden, t + 1),
        },
      ],

      beginBackward: () => [],

      backward: (t, hiddenGradient) => [
        {
          op: "gruBackward",
          inputGates: entry(gates, t),
          hiddenGates: entry(recurrentGates, t),
          hiddenBefore: entry(hidden, t),
          hiddenGradient: entry(hiddenGradient, t),
          ...(t > 0 && { hiddenGradientBefore: entry(hiddenGradient, t - 1) }),
        },
        ...backThroughTime(t, entry(recurrentGates, t), weights, hiddenGradient),
      ],
    };
  },
};
