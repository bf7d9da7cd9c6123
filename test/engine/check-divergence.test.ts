import { describe, expect, it } from "vitest";
import { STATUS } from "../../src/engine/operations/status.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { everyEngine } from "./every-engine.ts";

/** Mean loss 2, gradient (3, 4) of norm 5, rate 0.1, unless a case says otherwise. */
const usual = { losses: [1, 2, 3], counted: 3, gradient: [3, 4], maxNorm: 0, limit: 0, before: 0 };

const learned = [
  { name: "without clipping", given: {}, factor: 1 },
  { name: "with a norm below the largest", given: { maxNorm: 5.5 }, factor: 1 },
  { name: "with a norm above the largest", given: { maxNorm: 2.5 }, factor: 0.5 },
  { name: "with a loss at the limit", given: { limit: 2 }, factor: 1 },
  { name: "with a mean over the targets that count", given: { losses: [4, 0, 0], counted: 2 }, factor: 1 },
];
const rejected = [
  { name: "with a loss above the limit", given: { limit: 1.99 } },
  { name: "with a loss that is no number", given: { losses: [1, NaN, 3] } },
  { name: "with an infinite loss", given: { losses: [1, Infinity, 3] } },
  { name: "with a gradient that is no number", given: { gradient: [NaN, 4] } },
  { name: "with an infinite gradient", given: { gradient: [-Infinity, 4] } },
  { name: "after one that was rejected", given: { before: 1 } },
];

describe.each(await everyEngine())("a chunk checked for divergence by the $label engine", ({ open }) => {
  /** What is left of everything that a rejected chunk must leave alone; each is 1, 1 before. */
  async function outcome(given: Partial<typeof usual>) {
    const { losses, counted, gradient, maxNorm, limit, before } = { ...usual, ...given };
    const layout = new Layout();
    const pair = () => layout.tensor([2]);
    const [lossesOf, gradientOf, partials] = [layout.tensor([3]), pair(), layout.tensor([1])];
    const [status, rates, count] = [layout.tensor([4]), layout.tensor([4]), layout.tensor([1])];
    const [from, copied, zeroed, sgd, adam, rmsprop, mean, square] = Array.from({ length: 8 }, pair);
    const base = { gradient: gradientOf, status, rates, limit: 0, weightDecay: 0 };
    const engine = await open(layout, [
      { op: "sumOfSquares", tensor: gradientOf, partials },
      { op: "checkDivergence", losses: lossesOf, counted: count, partials, status, rates, maxNorm },
      { op: "copy", from, to: copied, guard: status },
      { op: "zero", tensor: zeroed, guard: status },
      { ...base, op: "sgd", parameter: sgd, momentum: 0 },
      { ...base, op: "adam", parameter: adam, mean, square, beta1: 0.5, beta2: 0.5, epsilon: 0 },
      { ...base, op: "scaledByRoot", parameter: rmsprop, square: from, keep: 1, add: 1, epsilon: 0 },
    ]);
    engine.write(lossesOf, losses);
    engine.write(gradientOf, gradient);
    engine.write(count, [counted]);
    engine.write(status, [0, 0, 0, before]);
    engine.write(rates, [0.1, 0.1, 1, limit]);
    engine.write(from, [7, 8]);
    for (const tensor of [copied, zeroed, sgd, adam, rmsprop, mean, square]) engine.write(tensor, [1, 1]);
    await engine.run("it");
    const read = async (...tensors: (typeof status)[]) =>
      (await Promise.all(tensors.map((tensor) => engine.read(tensor)))).map((values) => Array.from(values));
    const [checked] = await read(status);
    const left = await read(copied, zeroed, sgd, adam, rmsprop, mean, square);
    await engine.close();
    return { checked, left };
  }

  it.each(learned)("is learned from $name", async ({ given, factor }) => {
    const { checked, left } = await outcome(given);
    expect(checked[STATUS.LOSS]).toBe(2);
    expect(checked[STATUS.GRADIENT_NORM]).toBeCloseTo(5, 5);
    expect(checked[STATUS.FACTOR]).toBeCloseTo(factor, 5);
    expect(checked[STATUS.REJECTED]).toBe(0);
    const [copied, zeroed, sgd, ...rest] = left;
    expect([copied, zeroed]).toEqual([
      [7, 8],
      [0, 0],
    ]);
    // p - lr factor g
    expect(sgd[0]).toBeCloseTo(1 - 0.1 * factor * 3, 5);
    expect(sgd[1]).toBeCloseTo(1 - 0.1 * factor * 4, 5);
    expect(rest.flat().every((value) => value !== 1)).toBe(true);
  });

  it.each(rejected)("changes nothing $name", async ({ given }) => {
    const { checked, left } = await outcome(given);
    expect(checked[STATUS.REJECTED]).toBe(1);
    expect(left).toEqual(left.map(() => [1, 1]));
  });
});
