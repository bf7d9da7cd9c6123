import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type HealthEvent } from "../../src/training/events.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { bitsOf, corpusIn, eventsOf, metricsOf, setUp, trainInStretches, wordsOf } from "./fixture.ts";

const isHealth = (event: { event: string }): event is HealthEvent => event.event === "health";

describe("--health-every", () => {
  it("reports the gradient and the update of each parameter", async () => {
    const { start } = setUp();
    // An update of plain SGD is the learning rate times the gradient. Nothing is clipped, so it is exactly that.
    const sgd = { optimizer: "sgd", momentum: 0, lr: 0.5, clipNorm: 0, steps: 9, healthEvery: 3 } as const;
    const events = await eventsOf(start(sgd));
    const health = events.filter(isHealth);
    expect(health.map(({ step }) => step)).toEqual([3, 6, 9]);
    const steps = new Map(events.flatMap((event) => (event.event === "step" ? [[event.step, event]] : [])));
    for (const { step, parameters, updateRatio, clipped } of health) {
      expect(clipped).toBeNull();
      const weights = parameters.map(({ gradientNorm, updateRatio }) => (0.5 * gradientNorm) / updateRatio);
      // All gradients together have the norm of the step event, and the update is half of it.
      const norm = Math.hypot(...parameters.map(({ gradientNorm }) => gradientNorm));
      expect(norm / (steps.get(step)?.gradientNorm ?? 0)).toBeCloseTo(1, 5);
      expect(updateRatio / ((0.5 * norm) / Math.hypot(...weights))).toBeCloseTo(1, 3);
    }
    expect(health[0].parameters.map(({ name }) => name)).toContain("rnn.weight_hh_l1");
  });

  it("reports the share of steps that were clipped since the last report", async () => {
    const { start } = setUp();
    const events = await eventsOf(start({ steps: 12, healthEvery: 4, clipNorm: 0.1 }));
    const norms = events.flatMap((event) => (event.event === "step" ? [event.gradientNorm] : []));
    const shares = [0, 4, 8].map(
      (from) => norms.slice(from, from + 4).filter((norm) => norm > 0.1).length / 4,
    );
    expect(events.filter(isHealth).map(({ clipped }) => clipped)).toEqual(shares);
    expect(Math.max(...shares)).toBeGreaterThan(0);
  });

  it("changes no bit of the run, and adds no other line to its metrics", async () => {
    const folder = temporaryFolder();
    const corpus = corpusIn(folder, wordsOf(1200));
    const runs = await Promise.all(
      [{}, { healthEvery: 5 }].map((options, index) =>
        trainInStretches(corpus, join(folder, String(index)), { cell: "gru", ...options }, [[1, 1e6]]),
      ),
    );
    expect(bitsOf(runs[1])).toEqual(bitsOf(runs[0]));
  });

  it("reports the same in a run that was interrupted and resumed", async () => {
    const folder = temporaryFolder();
    const corpus = corpusIn(folder, wordsOf(1200));
    const options = { healthEvery: 6, clipNorm: 0.6 };
    const healthIn = async (name: string, stretches: [number, number][]) => {
      const out = join(folder, name);
      await trainInStretches(corpus, out, options, stretches);
      return metricsOf(out).filter(isHealth);
    };
    const whole = await healthIn("whole", [[1, 1e6]]);
    const parts = await healthIn("parts", [
      [1, 9],
      [1, 20],
      [1, 1e6],
    ]);
    expect(parts).toEqual(whole);
    expect(whole).toHaveLength(6);
  });
});
