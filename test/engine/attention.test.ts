import { describe, expect, it } from "vitest";
import { type Operation } from "../../src/engine/operation.ts";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { everyEngine } from "./every-engine.ts";
import { numbers } from "./operation-cases.ts";

/** Attention with its backward pass. `weighing` [S, B, D] is the gradient of the contexts. */
function attention(S: number, T: number, B: number, D: number) {
  const layout = new Layout();
  const [queries, keys] = [layout.tensor([S, B, D]), layout.tensor([T, B, D])];
  const lengths = layout.tensor([B], "int32");
  const [weights, contexts] = [layout.tensor([S, B, T]), layout.tensor([S, B, D])];
  const [weighing, scoreGradients] = [layout.tensor([S, B, D]), layout.tensor([S, B, T])];
  const keyGradients = layout.tensor([T, B, D]);
  const attended = { queries, keys, lengths, weights } as const;
  const forward: Operation = { op: "attend", ...attended, contexts };
  const backward: Operation = {
    op: "attendGradient",
    ...attended,
    contextGradients: weighing,
    scoreGradients,
    keyGradients,
  };
  return { layout, forward, backward, ...attended, contexts, weighing, scoreGradients, keyGradients };
}

describe.each(await everyEngine())("attention on the $label engine", ({ open }) => {
  it("weighs the keys of each example by the softmax of their products with the query", async () => {
    const { layout, forward, ...tensors } = attention(1, 2, 3, 2);
    const engine = await open(layout, [forward]);
    // Keys by steps: example 0 has (1, 0) and (0, 2), example 1 only (3, 4), example 2 none.
    engine.write(tensors.keys, [1, 0, 3, 4, 9, 9, 0, 2, 9, 9, 9, 9]);
    engine.write(tensors.lengths, [2, 1, 0]);
    // Example 0 has the scores ln 3 and 0, so the weights 3/4 and 1/4, and the mean (3/4, 2/4).
    engine.write(tensors.queries, [Math.log(3), 0, 5, 5, 1, 1]);
    await engine.run("it");
    const [weights, contexts] = [await engine.read(tensors.weights), await engine.read(tensors.contexts)];
    [0.75, 0.25, 1, 0, 0, 0].forEach((weight, i) => {
      expect(weights[i]).toBeCloseTo(weight, 6);
    });
    [0.75, 0.5, 3, 4, 0, 0].forEach((mean, i) => {
      expect(contexts[i]).toBeCloseTo(mean, 6);
    });
    await engine.close();
  });

  it("gives a key that is far ahead all the weight, however large the products are", async () => {
    const { layout, forward, ...tensors } = attention(1, 3, 1, 1);
    const engine = await open(layout, [forward]);
    engine.write(tensors.keys, [1, 3, -2]);
    engine.write(tensors.lengths, [3]);
    engine.write(tensors.queries, [1e4]);
    await engine.run("it");
    const weights = Array.from(await engine.read(tensors.weights));
    expect(weights[1]).toBeCloseTo(1, 6);
    expect(weights[0] + weights[2]).toBeLessThan(1e-30);
    expect((await engine.read(tensors.contexts))[0]).toBeCloseTo(3, 5);
    await engine.close();
  });
});

describe("the gradients of attention", () => {
  it("agree with finite differences in float64, and padding has none", async () => {
    const [S, T, B, D] = [2, 4, 3, 3];
    const { layout, forward, backward, ...tensors } = attention(S, T, B, D);
    const engine = new ReferenceEngine(layout, { forward: [forward], backward: [backward] }, "float64");
    const values = { queries: numbers(S * B * D, 1), keys: numbers(T * B * D, 2) };
    const weighing = numbers(S * B * D, 3);
    const LENGTHS = [3, 4, 0];
    engine.write(tensors.lengths, LENGTHS);
    engine.write(tensors.weighing, weighing);
    /** The sum of the contexts, weighed: its gradients with respect to the contexts are the weights. */
    const sum = async (queries: ArrayLike<number>, keys: ArrayLike<number>) => {
      engine.write(tensors.queries, queries);
      engine.write(tensors.keys, keys);
      await engine.run("forward");
      const contexts = await engine.read(tensors.contexts);
      return weighing.reduce((total, weight, i) => total + weight * contexts[i], 0);
    };
    await sum(values.queries, values.keys);
    await engine.run("backward");
    const gradients = {
      queries: await engine.read(tensors.queries),
      keys: await engine.read(tensors.keyGradients),
    };
    for (const of of ["queries", "keys"] as const) {
      for (let i = 0; i < values[of].length; i++) {
        const at = (h: number) => {
          const moved = { queries: Float64Array.from(values.queries), keys: Float64Array.from(values.keys) };
          moved[of][i] += h;
          return sum(moved.queries, moved.keys);
        };
        const numeric = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
        expect(gradients[of][i], `${of} ${i}`).toBeCloseTo(numeric, 8);
      }
    }
    // Example 0 has three keys and example 2 none.
    const isPadding = (i: number) => Math.floor(i / D / B) >= LENGTHS[Math.floor(i / D) % B];
    const padding = Array.from(gradients.keys).filter((_, i) => isPadding(i));
    expect(padding).toEqual(Array<number>(15).fill(0));
  });
});
