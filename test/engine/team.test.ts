import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { Arena, control } from "../../src/engine/arena.ts";
import { Team } from "../../src/engine/team.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { compileKernels } from "../../src/engine/wasm.ts";

it("runs a program once for each time it is asked to, though its threads are woken for nothing", async () => {
  const layout = new Layout();
  const [parameter, gradient] = [layout.tensor([10_000]), layout.tensor([10_000])];
  const [status, rates] = [layout.tensor([4]), layout.tensor([4])];
  const base = { parameter, gradient, status, rates, limit: 0, weightDecay: 0 };
  const arena = new Arena(layout, { step: [{ ...base, op: "sgd", momentum: 0 }] }, 2);
  const team = new Team(arena, { name: "wasm", module: await compileKernels() }, 2);
  try {
    // Factor 1 and sound; learning rate 1 and gradient -1: each run adds 1.
    arena.floats(status.offset, 4).set([0, 0, 1, 1]);
    arena.floats(rates.offset, 4).set([1, 0, 0, 0]);
    arena.floats(gradient.offset, gradient.size).fill(-1);
    for (let runs = 1; runs <= 20; runs++) {
      await team.run(arena.program("step"));
      // Once the threads sleep again, as a caller does who was held up between counting a run and waking for it.
      await setTimeout(5);
      Atomics.notify(arena.controlWords, control.command);
      await setTimeout(5);
      const values = arena.floats(parameter.offset, parameter.size);
      expect(values.every((value) => value === runs)).toBe(true);
    }
  } finally {
    await team.close();
  }
});
