import { expect } from "vitest";
import { type Engine } from "../../src/engine/engine.ts";
import { type Network } from "../../src/model/network.ts";

/**
 * That the gradients of a mean loss, which the program `gradients` computes in float64, agree with its differences.
 *
 * Central differences with step h err by h^2 f'''/6 + eps f / h: about 1e-10 + 1e-11 for h = 1e-5, so 1e-6 of a
 * tensor's largest gradient asks for agreement in every element with room to spare.
 */
export async function expectFiniteDifferences(
  engine: Engine<"gradients">,
  network: Network,
  loss: () => Promise<number>,
): Promise<void> {
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
}
