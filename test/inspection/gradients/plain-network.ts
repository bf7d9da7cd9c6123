import { type CellName } from "../../../src/model/cells/index.ts";
import { type ModelConfig } from "../../../src/model/network.ts";
import { type Values } from "../../torch/oracle.ts";

/** A small change of one unit of a state after a step, before anything reads the state. */
export interface Nudge {
  readonly state: string;
  readonly layer: number;
  readonly step: number;
  readonly unit: number;
  readonly by: number;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A row of a matrix times a vector, plus a bias. */
function affine(weights: Values, bias: Values, x: readonly number[]): number[] {
  const [rows, columns] = weights.shape;
  return Array.from({ length: rows }, (_, r) =>
    x.reduce((sum, value, i) => sum + weights.data[r * columns + i] * value, bias.data[r]),
  );
}

type Step = (
  a: number[],
  b: number[],
  before: State,
  nudged: (state: string, values: number[]) => number[],
) => State;
interface State {
  readonly h: number[];
  readonly c: number[];
}

/** The cells' equations as PyTorch has them: a is the input's part of the sums, b the hidden state's. */
const steps: Record<CellName, Step> = {
  rnn: (a, b, { c }, nudged) => ({
    h: nudged(
      "h",
      a.map((x, i) => Math.tanh(x + b[i])),
    ),
    c,
  }),
  lstm(a, b, { c: before }, nudged) {
    const H = before.length;
    const sum = (gate: number, u: number) => a[gate * H + u] + b[gate * H + u];
    const next = before.map((x, u) => sigmoid(sum(1, u)) * x + sigmoid(sum(0, u)) * Math.tanh(sum(2, u)));
    const c = nudged("c", next);
    return {
      h: nudged(
        "h",
        c.map((x, u) => sigmoid(sum(3, u)) * Math.tanh(x)),
      ),
      c,
    };
  },
  gru(a, b, { h: before, c }, nudged) {
    const H = before.length;
    const h = before.map((x, u) => {
      const [r, z] = [0, 1].map((gate) => sigmoid(a[gate * H + u] + b[gate * H + u]));
      const n = Math.tanh(a[2 * H + u] + r * b[2 * H + u]);
      return (1 - z) * n + z * x;
    });
    return { h: nudged("h", h), c };
  },
  mingru(a, _b, { h: before, c }, nudged) {
    const H = before.length;
    const h = before.map((x, u) => {
      const [z, g] = [sigmoid(a[u]), a[H + u]];
      return (1 - z) * x + z * (g >= 0 ? g + 0.5 : sigmoid(g));
    });
    return { h: nudged("h", h), c };
  },
};

/**
 * The loss of a network for the symbol after a sequence, from the zero state, in plain arithmetic. It is written without
 * the code under test, to take finite differences from.
 */
export function plainLoss(
  { cell, layers, hidden, embedding }: ModelConfig,
  parameters: ReadonlyMap<string, Values>,
  sequence: readonly number[],
  target: number,
  nudge?: Nudge,
): number {
  const parameter = (name: string): Values => {
    const values = parameters.get(name);
    if (values === undefined) throw new Error(`no ${name}`);
    return values;
  };
  const zero = () => new Array<number>(hidden).fill(0);
  const states: State[] = Array.from({ length: layers }, () => ({ h: zero(), c: zero() }));
  sequence.forEach((symbol, step) => {
    const table = embedding > 0 ? parameter("embedding.weight") : parameter("rnn.weight_ih_l0");
    const V = embedding > 0 ? table.shape[0] : table.shape[1];
    let x =
      embedding > 0
        ? Array.from({ length: embedding }, (_, i) => table.data[symbol * embedding + i])
        : Array.from({ length: V }, (_, i) => (i === symbol ? 1 : 0));
    for (let layer = 0; layer < layers; layer++) {
      const nudged = (state: string, values: number[]) =>
        nudge?.state === state && nudge.layer === layer && nudge.step === step
          ? values.map((value, unit) => (unit === nudge.unit ? value + nudge.by : value))
          : values;
      const a = affine(parameter(`rnn.weight_ih_l${layer}`), parameter(`rnn.bias_ih_l${layer}`), x);
      const b =
        cell === "mingru"
          ? []
          : affine(parameter(`rnn.weight_hh_l${layer}`), parameter(`rnn.bias_hh_l${layer}`), states[layer].h);
      states[layer] = steps[cell](a, b, states[layer], nudged);
      x = states[layer].h;
    }
  });
  const logits = affine(parameter("head.weight"), parameter("head.bias"), states[layers - 1].h);
  const most = Math.max(...logits);
  return most + Math.log(logits.reduce((sum, z) => sum + Math.exp(z - most), 0)) - logits[target];
}
