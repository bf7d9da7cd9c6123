import { describe, expect, it } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { trainedChunk } from "./chunk.ts";
import { allOr } from "../scope.ts";

/** Enough rows for a chunk's weight gradients to be added up in two spans of steps, of 256 rows at most. */
const B = 90;
const T = 4;

/** A network in float64 on the reference engine, with a chunk of symbols and states to start from. */
async function setUp(config: ModelConfig, steps: number) {
  const { layout, network, unrolled, fill } = trainedChunk(config, { vocabularySize: 5, batch: B, steps: T });
  const forward = [...network.pack(), ...unrolled.loadStates(), ...unrolled.forward(steps)];
  const programs = {
    loss: [...forward, ...unrolled.score(steps)],
    gradients: [...forward, ...unrolled.backward(steps)],
  };
  const engine = new ReferenceEngine(layout, programs, "float64");
  await fill(engine, { init: "uniform", initRange: 0.8, forgetBias: 1 });
  engine.write(unrolled.counted, [steps * B]);

  const loss = async () => {
    await engine.run("loss");
    const losses = await engine.read(unrolled.losses);
    return Array.from(losses.slice(0, steps * B)).reduce((sum, x) => sum + x, 0) / (steps * B);
  };
  return { engine, network, loss };
}

const variants: [string, Partial<ModelConfig>, number][] = [
  ["one layer, one-hot", { layers: 1 }, T],
  ["two layers, one-hot", {}, T],
  ["an embedding wider than the hidden state", { embedding: 6 }, T],
  ["dropout", { dropout: 0.4 }, T],
  ["a last chunk of fewer steps", { embedding: 2 }, 2],
];

describe.each(cellNames)("the gradients of a network of %s cells", (cell) => {
  /*
   * Central differences with step h err by h^2 f'''/6 + eps f / h: about 1e-10 + 1e-11 for h = 1e-5, so 1e-6 of a
   * tensor's largest gradient asks for agreement in every element with room to spare.
   */
  it.each(allOr(variants.slice(2), variants))(
    "agree with finite differences in float64: %s",
    async (_name, variant, steps) => {
      const config = { cell, layers: 2, hidden: 3, embedding: 0, dropout: 0, ...variant };
      const { engine, network, loss } = await setUp(config, steps);
      await engine.run("gradients");
      const gradients = await Promise.all(
        network.parameters.map(async ({ gradient }) => (gradient ? engine.read(gradient) : [])),
      );
      for (const [index, { name, tensor }] of network.parameters.entries()) {
        const values = await engine.read(tensor);
        const gradient = gradients[index];
        const largest = Math.max(...Array.from(gradient, Math.abs));
        expect(largest, name).toBeGreaterThan(0);
        for (let i = 0; i < values.length; i++) {
          const nudged = async (h: number) => {
            const moved = Float64Array.from(values);
            moved[i] += h;
            engine.write(tensor, moved);
            return loss();
          };
          const numeric = ((await nudged(1e-5)) - (await nudged(-1e-5))) / 2e-5;
          expect(Math.abs(numeric - gradient[i]), `${name}[${i}]`).toBeLessThan(1e-6 * largest);
        }
        engine.write(tensor, values);
      }
    },
  );
});
