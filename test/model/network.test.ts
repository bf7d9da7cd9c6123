import { describe, expect, it } from "vitest";
import { openEngine } from "../../src/engine/engines.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { Network, type ModelConfig } from "../../src/model/network.ts";
import { UnrolledNetwork } from "../../src/model/unrolled-network.ts";
import { writeStored } from "../../src/model/weights.ts";
import { sizesOf } from "./fixture.ts";

const one = { layers: 1, hidden: 1, embedding: 0, dropout: 0 } as const;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * Logits of two steps over the symbols 1, 0 of a network of one unit and two symbols, from the parameters given (all
 * others are zero). The head's weights are 1 and -1, so that the first logit is the hidden state.
 */
async function hiddenStates(
  config: ModelConfig,
  given: Record<string, number[]>,
  engine: "wasm" | "reference",
) {
  const layout = new Layout();
  const network = new Network(layout, config, sizesOf(2), { training: false });
  const states = network.carriedStates(1);
  const unrolled = new UnrolledNetwork(layout, network, { batch: 1, steps: 2, states });
  const program = [...network.pack(), ...unrolled.loadStates(), ...unrolled.forward(2)];
  const opened = await openEngine(layout, { it: program }, { engine, threads: 0 });
  const all: Record<string, number[]> = { "head.weight": [1, -1], ...given };
  writeStored(
    opened,
    network.parameters,
    new Map(
      network.parameters.map(({ name, tensor }) => [name, { data: all[name] ?? Array(tensor.size).fill(0) }]),
    ),
  );
  opened.write(unrolled.inputs, [1, 0]);
  await opened.run("it");
  const [first, mirrored, second] = await opened.read(unrolled.logits);
  expect(mirrored).toBe(-first);
  await opened.close();
  return [first, second];
}

describe.each(["wasm", "reference"] as const)("the cells, by hand, on the %s engine", (engine) => {
  it("rnn: h = tanh(W_ih x + b_ih + W_hh h' + b_hh)", async () => {
    // Symbol 1 weighs 0.5, symbol 0 weighs -0.25; biases 0.1 and 0.2; W_hh = 2.
    const h1 = Math.tanh(0.5 + 0.3);
    const h2 = Math.tanh(-0.25 + 0.3 + 2 * h1);
    const parameters = {
      "rnn.weight_ih_l0": [-0.25, 0.5],
      "rnn.weight_hh_l0": [2],
      "rnn.bias_ih_l0": [0.1],
      "rnn.bias_hh_l0": [0.2],
    };
    const actual = await hiddenStates({ ...one, cell: "rnn" }, parameters, engine);
    expect(actual[0]).toBeCloseTo(h1, 6);
    expect(actual[1]).toBeCloseTo(h2, 6);
  });

  it("lstm: gates in the order i, f, g, o; c = f c' + i g, h = o tanh(c)", async () => {
    const parameters = {
      // A row a gate, a column a symbol.
      "rnn.weight_ih_l0": [0.1, 0.5, 0.2, 0.6, 0.3, 0.7, 0.4, 0.8],
      "rnn.weight_hh_l0": [1, 2, 3, 4],
      "rnn.bias_ih_l0": [0.01, 0.02, 0.03, 0.04],
      "rnn.bias_hh_l0": [0.1, 0.2, 0.3, 0.4],
    };
    const step = (x: number[], h: number, c: number) => {
      const a = x.map((value, gate) => value + 0.11 * (gate + 1) + (gate + 1) * h);
      const [i, f, g, o] = [sigmoid(a[0]), sigmoid(a[1]), Math.tanh(a[2]), sigmoid(a[3])];
      const cell = f * c + i * g;
      return { h: o * Math.tanh(cell), c: cell };
    };
    const first = step([0.5, 0.6, 0.7, 0.8], 0, 0);
    const second = step([0.1, 0.2, 0.3, 0.4], first.h, first.c);
    const actual = await hiddenStates({ ...one, cell: "lstm" }, parameters, engine);
    expect(actual[0]).toBeCloseTo(first.h, 6);
    expect(actual[1]).toBeCloseTo(second.h, 6);
  });

  it("gru: gates in the order r, z, n; the reset gate works on W_hn h' + b_hn", async () => {
    const parameters = {
      "rnn.weight_ih_l0": [0.1, 0.4, 0.2, 0.5, 0.3, 0.6],
      "rnn.weight_hh_l0": [1, 2, 3],
      "rnn.bias_ih_l0": [0.01, 0.02, 0.03],
      "rnn.bias_hh_l0": [0.1, 0.2, 0.3],
    };
    const step = ([xr, xz, xn]: number[], h: number) => {
      const r = sigmoid(xr + 0.01 + h + 0.1);
      const z = sigmoid(xz + 0.02 + 2 * h + 0.2);
      const n = Math.tanh(xn + 0.03 + r * (3 * h + 0.3));
      return (1 - z) * n + z * h;
    };
    const first = step([0.4, 0.5, 0.6], 0);
    const second = step([0.1, 0.2, 0.3], first);
    const actual = await hiddenStates({ ...one, cell: "gru" }, parameters, engine);
    expect(actual[0]).toBeCloseTo(first, 6);
    expect(actual[1]).toBeCloseTo(second, 6);
  });

  it("mingru: gates in the order z, h; h = (1 - z) h' + z g(a), with g(x) = x + 0.5 from 0 on, else sigmoid(x)", async () => {
    const parameters = {
      "rnn.weight_ih_l0": [0.1, 0.3, 0.2, -0.6],
      "rnn.bias_ih_l0": [0.01, 0.02],
    };
    // Symbol 1 has a candidate below 0, symbol 0 one above.
    const h1 = sigmoid(0.3 + 0.01) * sigmoid(-0.6 + 0.02);
    const z = sigmoid(0.1 + 0.01);
    const h2 = (1 - z) * h1 + z * (0.2 + 0.02 + 0.5);
    const actual = await hiddenStates({ ...one, cell: "mingru" }, parameters, engine);
    expect(actual[0]).toBeCloseTo(h1, 6);
    expect(actual[1]).toBeCloseTo(h2, 6);
  });
});

describe("a network", () => {
  it("holds one-hot input weights transposed, all else as it is named", () => {
    const config = { ...one, cell: "gru", layers: 2, hidden: 4 } as const;
    const held = (embedding: number) =>
      new Network(new Layout(), { ...config, embedding }, sizesOf(7), { training: true }).parameters
        .filter(({ transposed }) => transposed)
        .map(({ name, shape, tensor, gradient }) => [name, shape, tensor.shape, gradient?.shape]);
    expect(held(0)).toEqual([["rnn.weight_ih_l0", [12, 7], [7, 12], [7, 12]]]);
    expect(held(3)).toEqual([]);
  });

  it("holds the one-hot weights of both directions transposed, and no weights of numbers", () => {
    const config = { ...one, cell: "gru", hidden: 4, bidirectional: true } as const;
    const held = (numeric: boolean) =>
      new Network(new Layout(), config, { inputs: 7, outputs: 2, numeric }, { training: false }).parameters
        .filter(({ transposed }) => transposed)
        .map(({ name, tensor }) => [name, tensor.shape]);
    expect(held(false)).toEqual([
      ["rnn.weight_ih_l0", [7, 12]],
      ["rnn.weight_ih_l0_reverse", [7, 12]],
    ]);
    expect(held(true)).toEqual([]);
  });

  it("carries no states if it reads both directions", () => {
    const layout = new Layout();
    const config = { ...one, cell: "gru", bidirectional: true } as const;
    const network = new Network(layout, config, sizesOf(2), { training: false });
    const states = network.carriedStates(1);
    expect(() => new UnrolledNetwork(layout, network, { batch: 1, steps: 2, states })).toThrow(
      "a network that reads both directions carries no states",
    );
  });

  it("has no gradients where it only predicts, and then takes less memory", () => {
    const bytes = (training: boolean) => {
      const layout = new Layout();
      const { parameters } = new Network(layout, { ...one, cell: "lstm", hidden: 64 }, sizesOf(7), {
        training,
      });
      expect(parameters.every(({ gradient }) => (gradient !== undefined) === training)).toBe(true);
      return layout.bytes;
    };
    expect(bytes(true)).toBeGreaterThan(1.9 * bytes(false));
  });
});
