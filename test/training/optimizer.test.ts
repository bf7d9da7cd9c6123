import { describe, expect, it } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { Network } from "../../src/model/network.ts";
import { Optimizer, type OptimizerOptions } from "../../src/training/optimizer.ts";

const defaults: OptimizerOptions = {
  optimizer: "sgd",
  beta1: 0.9,
  beta2: 0.999,
  rmspropDecay: 0.99,
  momentum: 0,
  weightDecay: 0,
  clipNorm: 0,
  clipValue: undefined,
};
const RATE = 0.1;

/**
 * The smallest network: one RNN unit over two symbols, nine numbers. Every parameter starts at 1; `gradients` are those
 * of head.weight's two elements and head.bias's first, update by update, and all others are zero. Returns these three
 * parameters after each update, from float64 arithmetic.
 */
async function follow(options: Partial<OptimizerOptions>, gradients: [number, number, number][], loss = 1) {
  const layout = new Layout();
  const config = { cell: "rnn", layers: 1, hidden: 1, embedding: 0, dropout: 0 } as const;
  const network = new Network(layout, config, { inputs: 2, outputs: 2 }, { training: true });
  const optimizer = new Optimizer(layout, network.parameters, { ...defaults, ...options });
  const [losses, counted] = [layout.tensor([1]), layout.tensor([1])];
  const engine = new ReferenceEngine(layout, { update: optimizer.operations(losses, counted) }, "float64");
  for (const { tensor } of network.parameters) engine.write(tensor, new Float64Array(tensor.size).fill(1));
  const weight = network.parameter("head.weight");
  const bias = network.parameter("head.bias");
  if (weight.gradient === undefined || bias.gradient === undefined) throw new Error("no gradients");

  const values: number[][] = [];
  for (const [index, [first, second, third]] of gradients.entries()) {
    engine.write(losses, [loss]);
    engine.write(counted, [1]);
    engine.write(weight.gradient, [first, second]);
    engine.write(bias.gradient, [third, 0]);
    engine.write(optimizer.rates, optimizer.ratesAt(index + 1, RATE));
    await engine.run("update");
    const [w0, w1] = await engine.read(weight.tensor);
    const [b0] = await engine.read(bias.tensor);
    values.push([w0, w1, b0]);
  }
  return { values, status: Array.from(await engine.read(optimizer.status)), optimizer };
}

function expectClose(actual: number[][], expected: number[][]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, row] of expected.entries()) {
    row.forEach((value, j) => {
      expect(actual[i][j], `update ${i + 1}, element ${j}`).toBeCloseTo(value, 7);
    });
  }
}

/** Three updates whose gradients are 1, 2, -2 and halves of them. */
const gradients: [number, number, number][] = [
  [1, 0.5, 0],
  [2, 1, 0],
  [-2, -1, 0],
];

describe("three updates at a rate of 0.1", () => {
  it("of SGD", async () => {
    // 1 - 0.1 = 0.9; 0.9 - 0.2 = 0.7; 0.7 + 0.2 = 0.9; the second element moves by half of each.
    expectClose((await follow({}, gradients)).values, [
      [0.9, 0.95, 1],
      [0.7, 0.85, 1],
      [0.9, 0.95, 1],
    ]);
  });

  it("of SGD with momentum 0.5", async () => {
    // Buffers: 1; 0.5 + 2 = 2.5; 1.25 - 2 = -0.75. 1 - 0.1 = 0.9; - 0.25 = 0.65; + 0.075 = 0.725.
    expectClose((await follow({ momentum: 0.5 }, gradients)).values, [
      [0.9, 0.95, 1],
      [0.65, 0.825, 1],
      [0.725, 0.8625, 1],
    ]);
  });

  it("of Adagrad", async () => {
    // Sums of squares: 1, 5, 9, so steps of 0.1 / 1, 0.2 / sqrt 5, -0.2 / 3, whatever the gradient's scale.
    const second = 0.9 - 0.2 / Math.sqrt(5);
    const third = second + 0.2 / 3;
    expectClose((await follow({ optimizer: "adagrad" }, gradients)).values, [
      [0.9, 0.9, 1],
      [second, second, 1],
      [third, third, 1],
    ]);
  });

  it("of RMSprop with decay 0.75", async () => {
    // Mean squares: 0.25; 0.1875 + 1 = 1.1875; 0.890625 + 1 = 1.890625 = 1.375^2.
    // Steps: 0.1 / 0.5 = 0.2; 0.2 / sqrt 1.1875; -0.2 / 1.375.
    const second = 0.8 - 0.2 / Math.sqrt(1.1875);
    const third = second + 0.2 / 1.375;
    expectClose((await follow({ optimizer: "rmsprop", rmspropDecay: 0.75 }, gradients)).values, [
      [0.8, 0.8, 1],
      [second, second, 1],
      [third, third, 1],
    ]);
  });

  it("of Adam with decays 0.5 and 0.75", async () => {
    // Means 0.5, 1.25, -0.375 over 1 - 0.5^t = 0.5, 0.75, 0.875: 1, 5/3, -3/7.
    // Mean squares 0.25, 1.1875, 1.890625 over 1 - 0.75^t = 0.25, 0.4375, 0.578125: 1, 19/7, 121/37.
    const second = 0.9 - (0.1 * (5 / 3)) / Math.sqrt(19 / 7);
    const third = second + (0.1 * (3 / 7)) / Math.sqrt(121 / 37);
    expectClose((await follow({ optimizer: "adam", beta1: 0.5, beta2: 0.75 }, gradients)).values, [
      [0.9, 0.9, 1],
      [second, second, 1],
      [third, third, 1],
    ]);
  });

  it("decay matrices, not biases, apart from the gradient", async () => {
    // Each update first takes 0.1 x 0.5 of the weight away: 1 x 0.95 - 0.1 = 0.85, x 0.95 - 0.2 = 0.6075,
    // x 0.95 + 0.2 = 0.777125. The bias gets 0.1, 0.1, 0.1 from its gradients alone.
    const withBias = gradients.map(([first]): [number, number, number] => [first, 0, 1]);
    expectClose((await follow({ weightDecay: 0.5 }, withBias)).values, [
      [0.85, 0.95, 0.9],
      [0.6075, 0.9025, 0.8],
      [0.777125, 0.857375, 0.7],
    ]);
  });
});

describe("clipping", () => {
  it("scales all gradients so that their norm is the largest allowed", async () => {
    // (3, 0, 4) has norm 5; at most 1, it becomes (0.6, 0, 0.8), a step of (0.06, 0, 0.08).
    const { values, status } = await follow({ clipNorm: 1 }, [[3, 0, 4]]);
    // PyTorch divides by norm + 1e-6: a relative 2e-7 less.
    expectClose(values, [[0.94, 1, 0.92]]);
    expect(status[1]).toBeCloseTo(5, 12);
  });

  it("leaves a smaller gradient alone", async () => {
    expectClose((await follow({ clipNorm: 6 }, [[3, 0, 4]])).values, [[0.7, 1, 0.6]]);
  });

  it("by value clamps each gradient, and takes the place of the norm", async () => {
    const { values } = await follow({ clipNorm: 1, clipValue: 0.5 }, [[3, -0.2, -4]]);
    expectClose(values, [[0.95, 1.02, 1.05]]);
  });
});

describe("an update that is not finite is rejected and", () => {
  it.each([
    [[NaN, 0, 0], 1],
    [[Infinity, 0, 0], 1],
    [[1, 1, 1], NaN],
    [[1, 1, 1], Infinity],
  ] as [[number, number, number], number][])(
    "changes nothing: gradients %o, loss %d",
    async (gradient, loss) => {
      const { values, status } = await follow({ optimizer: "adam", weightDecay: 0.5 }, [gradient], loss);
      expect(values).toEqual([[1, 1, 1]]);
      expect(status[3]).toBe(1);
    },
  );
});

describe("the moments", () => {
  it.each([
    ["adam", 0, ["mean", "square"]],
    ["rmsprop", 0, ["square"]],
    ["adagrad", 0, ["square"]],
    ["sgd", 0.9, ["momentum"]],
    ["sgd", 0, []],
  ] as const)("of %s with momentum %d are kept for every parameter", async (optimizer, momentum, kinds) => {
    const { optimizer: built } = await follow({ optimizer, momentum }, []);
    const names = built.moments.map(({ name }) => name);
    expect(names).toHaveLength(6 * kinds.length);
    expect(names.filter((name) => name.endsWith(".head.weight"))).toEqual(
      kinds.map((kind) => `${kind}.head.weight`),
    );
  });
});
