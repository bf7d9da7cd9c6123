import { type Operation } from "../../engine/operation.ts";
import { entry, slice, width, type Tensor } from "../../engine/tensor.ts";
import {
  addRecurrence,
  backThroughTime,
  fix,
  NOTHING,
  OPEN,
  recurrentParameters,
  recurrentWeightGradient,
  type Cell,
  type FixedUnit,
} from "./cell.ts";

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000). PyTorch's order
 * of the gates is i, f, g, o. With a = W_ih x_t + b_ih + W_hh h_t-1 + b_hh: i, f, o = sigmoid(a), g = tanh(a_g),
 * c_t = f c_t-1 + i g, h_t = o tanh(c_t). The arithmetic of a unit is in engine/operations/cells.ts, and in C in
 * engine/kernels/cells.h.
 */
export const lstm: Cell = {
  gates: ["input", "forget", "cell", "output"],
  memoryGates: { keep: "forget", write: "input" },
  states: ["hidden", "cell"],
  stateLetters: ["h", "c"],
  gateLetters: ["i", "f", "g", "o"],
  sigmoids: ["i", "f", "o"],
  parameters: recurrentParameters(4),

  unroll(layout, { steps, batch, hidden: H }, parameters) {
    const gates = layout.tensor([steps, batch, 4 * H]);
    const hidden = layout.tensor([steps + 1, batch, H]);
    const cell = layout.tensor([steps + 1, batch, H]);
    const cellGradient = layout.tensor([batch, H]);
    return {
      gates,
      inputBiases: ["bias_ih", "bias_hh"],
      states: [hidden, cell],

      forward: (t, input, fixed = []) => [
        addRecurrence(entry(hidden, t), parameters, entry(gates, t), input),
        ...fixed.flatMap((unit) => keepCell(unit, entry(cell, t), entry(gates, t))),
        {
          op: "lstmForward",
          gates: entry(gates, t),
          cellBefore: entry(cell, t),
          cell: entry(cell, t + 1),
          hidden: entry(hidden, t + 1),
        },
      ],

      carriedGradients: [cellGradient],
      beginBackward: () => [{ op: "zero", tensor: cellGradient }],

      backward: (t, hiddenGradient, hiddenGradientBefore) => [
        {
          op: "lstmBackward",
          gates: entry(gates, t),
          cellBefore: entry(cell, t),
          cell: entry(cell, t + 1),
          hiddenGradient,
          cellGradient,
        },
        ...backThroughTime(entry(gates, t), parameters, hiddenGradientBefore),
      ],

      recurrentGradients: (steps) => [
        recurrentWeightGradient(parameters, slice(gates, 0, steps), slice(hidden, 0, steps)),
      ],

      recording(layout) {
        const open = layout.tensor([batch, H]);
        const opened = layout.tensor([batch, 4 * H]);
        return {
          ones: [open],
          // lstmBackward leaves dc f, the gradient of the cell state before. With a forget gate of one, it leaves dc.
          record: (t, hiddenGradient, [to]) => [
            { op: "copy", from: entry(gates, t), to: opened },
            { op: "moveRows", from: open, to: opened, toColumn: H, columns: H },
            { op: "copy", from: cellGradient, to },
            {
              op: "lstmBackward",
              gates: opened,
              cellBefore: entry(cell, t),
              cell: entry(cell, t + 1),
              hiddenGradient,
              cellGradient: to,
            },
          ],
        };
      },
    };
  },
};

/**
 * Makes the step keep a fixed value v of a cell state: with c_t-1 = v, f = 1 and g = 0, c_t is exactly v, and the step
 * computes h_t from v. Nothing else reads c_t-1 of this unit.
 */
function keepCell(fixed: FixedUnit, cellBefore: Tensor, gates: Tensor): Operation[] {
  const [, forget, candidate] = [0, 1, 2].map((gate) => gate * width(cellBefore) + fixed.unit);
  return [
    fix(fixed, cellBefore, fixed.unit),
    fix(fixed, gates, forget, OPEN),
    fix(fixed, gates, candidate, NOTHING),
  ];
}
