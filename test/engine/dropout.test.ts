import { describe, expect, it } from "vitest";
import { Layout } from "../../src/engine/tensor.ts";
import { everyEngine } from "./every-engine.ts";

const [T, B, N] = [4, 50, 500];
const P = 0.3;
const COUNT = T * B * N;

/** Standard deviations that chance is allowed: one such failure in two million. */
const SIGMAS = 5;
const deviation = (share: number) => Math.sqrt((share * (1 - share)) / COUNT);

describe.each(await everyEngine())("dropout by the $label engine", ({ open }) => {
  /** What becomes of ones, [T, B, N]. */
  async function dropped({ seed = 1, step = 1, layer = 0, probability = P } = {}): Promise<number[]> {
    const layout = new Layout();
    const [input, output] = [layout.tensor([T, B, N]), layout.tensor([T, B, N])];
    const clock = layout.tensor([1], "int32");
    const engine = await open(layout, [{ op: "dropout", input, output, clock, probability, seed, layer }]);
    engine.write(input, new Float32Array(COUNT).fill(1));
    engine.write(clock, [step]);
    await engine.run("it");
    const values = Array.from(await engine.read(output));
    await engine.close();
    return values;
  }

  it.each([0.1, 0.3, 0.5])("drops a share of %d and scales up what it keeps", async (probability) => {
    const values = await dropped({ probability });
    const kept = values.filter((value) => value !== 0);
    expect(kept.every((value) => Math.abs(value * (1 - probability) - 1) < 1e-6)).toBe(true);
    const share = 1 - kept.length / COUNT;
    expect(Math.abs(share - probability)).toBeLessThan(SIGMAS * deviation(probability));
  });

  it("draws each unit, row, step, layer, update and seed by itself", async () => {
    const values = await dropped();
    const after = (count: number) => [...values.slice(count), ...values.slice(0, count)];
    const others = {
      unit: after(1),
      row: after(N),
      step: after(B * N),
      layer: await dropped({ layer: 1 }),
      update: await dropped({ step: 2 }),
      seed: await dropped({ seed: 2 }),
    };
    // Two that have nothing to do with each other are both kept or both dropped as often as this.
    const chance = P ** 2 + (1 - P) ** 2;
    for (const [name, other] of Object.entries(others)) {
      const agreeing = values.filter((value, i) => (value === 0) === (other[i] === 0)).length;
      expect(Math.abs(agreeing / COUNT - chance), name).toBeLessThan(SIGMAS * deviation(chance));
    }
  });
});
