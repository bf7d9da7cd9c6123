import { describe, expect, it } from "vitest";
import { type Operation } from "../../src/engine/operation.ts";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { Layout, type DType, type Tensor } from "../../src/engine/tensor.ts";
import { everyEngine } from "./every-engine.ts";
import { numbers } from "./operation-cases.ts";

type Loss = "softmaxCrossEntropy" | "sigmoidCrossEntropy" | "squaredError";

/** Rows of outputs with their targets, one target in each row for softmax cross-entropy. */
interface Rows {
  readonly outputs: number[][];
  readonly targets: number[][];
  readonly weights?: number[];
  readonly smoothing?: number;
}

/** The loss operation for some rows of outputs, and the values to write into tensors before it runs. */
function lossOf(op: Loss, { outputs, targets, weights, smoothing = 0 }: Rows, counted?: number) {
  const layout = new Layout();
  const written: [Tensor, number[]][] = [];
  const put = (shape: number[], values: number[], dtype?: DType): Tensor => {
    const tensor = layout.tensor(shape, dtype);
    written.push([tensor, values]);
    return tensor;
  };
  const [B, N] = [outputs.length, outputs[0].length];
  const values = put([B, N], outputs.flat());
  const losses = layout.tensor([B]);
  const options = {
    losses,
    ...(weights && { weights: put([B], weights) }),
    ...(counted !== undefined && { counted: put([1], [counted]) }),
  };
  const expected =
    op === "softmaxCrossEntropy" ? put([B], targets.flat(), "int32") : put([B, N], targets.flat());
  const operations: Record<Loss, Operation> = {
    softmaxCrossEntropy: {
      op: "softmaxCrossEntropy",
      logits: values,
      targets: expected,
      smoothing,
      ...options,
    },
    sigmoidCrossEntropy: { op: "sigmoidCrossEntropy", logits: values, targets: expected, ...options },
    squaredError: { op: "squaredError", outputs: values, targets: expected, ...options },
  };
  const operation = operations[op];
  return { layout, operation, written, outputs: values, losses };
}

describe.each(await everyEngine())("a loss of the $label engine", ({ open }) => {
  /** The losses of the rows, and what is left in the outputs. */
  async function computed(op: Loss, rows: Rows, counted?: number) {
    const { layout, operation, written, outputs, losses } = lossOf(op, rows, counted);
    const engine = await open(layout, [operation]);
    for (const [tensor, values] of written) engine.write(tensor, values);
    await engine.run("it");
    const [loss, left] = [await engine.read(losses), await engine.read(outputs)];
    await engine.close();
    return { losses: Array.from(loss), left: Array.from(left) };
  }

  const expectClose = (actual: number[], expected: number[], digits = 5) => {
    expect(actual).toHaveLength(expected.length);
    actual.forEach((value, i) => {
      expect(value, `element ${i}`).toBeCloseTo(expected[i], digits);
    });
  };

  it("is -ln softmax, times the weight of the row", async () => {
    // softmax(0, ln 3) = (1/4, 3/4), so the losses are ln 4 / 2 and 2 ln (4/3); a weight of 0 and a target below 0 make 0.
    const rows: Rows = {
      outputs: Array.from({ length: 4 }, () => [0, Math.log(3)]),
      targets: [[0], [1], [1], [-1]],
      weights: [0.5, 2, 0, 5],
    };
    const expected = [Math.log(4) / 2, 2 * Math.log(4 / 3), 0, 0];
    expectClose((await computed("softmaxCrossEntropy", rows)).losses, expected);
    // weight (softmax - onehot) / 4
    const { losses, left } = await computed("softmaxCrossEntropy", rows, 4);
    expectClose(losses, expected);
    expectClose(left, [-0.09375, 0.09375, 0.125, -0.125, 0, 0, 0, 0]);
  });

  it("is the cross-entropy with smoothed targets, if a share of their probability is spread", async () => {
    // softmax = (1/4, 3/4). A fifth is spread over both classes, so the target 1 becomes (0.1, 0.9).
    const rows: Rows = { outputs: [[0, Math.log(3)]], targets: [[1]], smoothing: 0.2 };
    const { losses, left } = await computed("softmaxCrossEntropy", rows, 1);
    expectClose(losses, [0.1 * Math.log(4) + 0.9 * Math.log(4 / 3)]);
    expectClose(left, [0.25 - 0.1, 0.75 - 0.9]);
  });

  it("is the sum of the units' sigmoid cross-entropies, without those whose target is below 0", async () => {
    // sigmoid(ln 3) = 3/4, sigmoid(0) = 1/2: ln (4/3) + ln 2 = ln (8/3), then ln 4 + ln 2 = ln 8, times its weight 1/2.
    const outputs = [
      [Math.log(3), 0, -5],
      [Math.log(3), 0, 7],
    ];
    const targets = [
      [1, 0, -1],
      [0, 1, -1],
    ];
    const losses = [Math.log(8 / 3), Math.log(8)];
    expectClose((await computed("sigmoidCrossEntropy", { outputs, targets })).losses, losses);
    const weighted = await computed("sigmoidCrossEntropy", { outputs, targets, weights: [1, 0.5] }, 2);
    expectClose(weighted.losses, [losses[0], losses[1] / 2]);
    // weight (sigmoid - target) / 2
    expectClose(weighted.left, [-0.125, 0.25, 0, 0.1875, -0.125, 0]);
  });

  it("is the logit itself where a unit is surely wrong", async () => {
    const outputs = [[1000], [1000], [-1000], [-1000]];
    const targets = [[0], [1], [0], [1]];
    const { losses, left } = await computed("sigmoidCrossEntropy", { outputs, targets }, 1);
    expectClose(losses, [1000, 0, 0, 1000]);
    expectClose(left, [1, 0, 0, -1]);
  });

  it("keeps its digits for units that are nearly right", async () => {
    // ln(1 + e^-|z|) and e^-|z| / (1 + e^-|z|), for z from 16 to 0.4 and from -15.6 to 0.
    const logits = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (16 - 0.4 * i));
    const rows: Rows = { outputs: logits.map((z) => [z]), targets: logits.map((z) => [Number(z > 0)]) };
    const { losses, left } = await computed("sigmoidCrossEntropy", rows, 1);
    const e = logits.map((z) => Math.exp(-Math.abs(z)));
    // Within 1.6e-6, as a logit is rounded by up to 2^-21 where it is above 8, and an exponential by 2 ulp.
    const ones = Array<number>(40).fill(1);
    expectClose(
      losses.map((loss, i) => loss / Math.log1p(e[i])),
      ones,
      5.5,
    );
    expectClose(
      left.map((gradient, i) => (gradient * (1 + e[i])) / (-Math.sign(logits[i]) * e[i])),
      ones,
      5.5,
    );
  });

  it("is the squared error, times the weight of the row", async () => {
    // 1 + 4 + 0 = 5, and 3 (9 + 0 + 1) = 30.
    const rows: Rows = {
      outputs: [
        [1, 2, 3],
        [0, 1, 2],
      ],
      targets: [
        [0, 4, 3],
        [3, 1, 1],
      ],
      weights: [1, 3],
    };
    expectClose((await computed("squaredError", rows)).losses, [5, 30]);
    const { losses, left } = await computed("squaredError", rows, 2);
    expectClose(losses, [5, 30]);
    // 2 weight (output - target) / 2
    expectClose(left, [1, -2, 0, -9, 0, 3]);
  });

  it("and its gradient are exactly 0 for a row of weight 0, whatever stands there", async () => {
    const [garbage, weights] = [[3e38, -3e38, 1e-40], [0]];
    const nothing = { losses: [0], left: [0, 0, 0] };
    const opposite = { outputs: [garbage], targets: [garbage.map((x) => -x)], weights };
    expect(await computed("squaredError", opposite, 1)).toEqual(nothing);
    expect(await computed("sigmoidCrossEntropy", opposite, 1)).toEqual(nothing);
    expect(await computed("softmaxCrossEntropy", { ...opposite, targets: [[1]] }, 1)).toEqual(nothing);
  });

  it.each<Loss>(["softmaxCrossEntropy", "sigmoidCrossEntropy", "squaredError"])(
    "is no number if an output is none: %s",
    async (op) => {
      const targets = [op === "softmaxCrossEntropy" ? [0] : [0, 1, 1]];
      expect((await computed(op, { outputs: [[1, NaN, 2]], targets }, 1)).losses).toEqual([NaN]);
    },
  );
});

/*
 * Central differences with step h err by h^2 f'''/6 + eps f / h: about 1e-10 + 1e-10 for h = 1e-5.
 */
it.each<Loss>(["softmaxCrossEntropy", "sigmoidCrossEntropy", "squaredError"])(
  "the gradient of a loss agrees with finite differences in float64: %s",
  async (op) => {
    const [B, N, counted, h] = [4, 5, 3, 1e-5];
    const rowsOf = (values: ArrayLike<number>) =>
      Array.from({ length: B }, (_, row) => Array.from(values).slice(row * N, row * N + N));
    const outputs = Float64Array.from(numbers(B * N, 1), (x) => 3 * x);
    const targets = {
      softmaxCrossEntropy: [[3], [0], [-1], [4]],
      sigmoidCrossEntropy: rowsOf(numbers(B * N, 2).map((x) => (x < -0.5 ? -1 : Number(x > 0)))),
      squaredError: rowsOf(numbers(B * N, 2)),
    }[op];
    const weights = [1, 0.3, 2, 0];
    const computed = async (values: ArrayLike<number>, count?: number) => {
      const loss = lossOf(op, { outputs: rowsOf(values), targets, weights }, count);
      const engine = new ReferenceEngine(loss.layout, { it: [loss.operation] }, "float64");
      for (const [tensor, written] of loss.written) engine.write(tensor, written);
      await engine.run("it");
      return { losses: await engine.read(loss.losses), left: await engine.read(loss.outputs) };
    };
    const meanAt = async (i: number, step: number) => {
      const { losses } = await computed(outputs.map((x, at) => (at === i ? x + step : x)));
      return Array.from(losses).reduce((sum, loss) => sum + loss, 0) / counted;
    };
    const { left } = await computed(outputs, counted);
    expect(Math.max(...Array.from(left, Math.abs))).toBeGreaterThan(0.1);
    for (let i = 0; i < B * N; i++) {
      const slope = ((await meanAt(i, h)) - (await meanAt(i, -h))) / (2 * h);
      expect(Math.abs(left[i] - slope), `element ${i}`).toBeLessThan(1e-8);
    }
  },
);
