import { describe, expect, it } from "vitest";
import { learningRate, type ScheduleOptions } from "../../src/training/schedule.ts";

/** 8 steps in epochs of 2, at a rate of 1. */
const length = { steps: 8, stepsPerEpoch: 2 };
const base: ScheduleOptions = {
  schedule: "constant",
  lr: 1,
  minLr: 0,
  warmup: 0,
  decay: 0.5,
  decayAfter: 2,
  decayEvery: 1,
};

/** The rates of all steps, with as many drops of the plateau. */
function rates(options: Partial<ScheduleOptions>, drops = 0): number[] {
  return Array.from({ length: length.steps }, (_, i) =>
    learningRate(i + 1, { ...base, ...options }, length, drops),
  );
}

function expectRates(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((rate, i) => {
    expect(rate, `step ${i + 1}`).toBeCloseTo(expected[i], 12);
  });
}

describe("the learning rate", () => {
  it("stays constant", () => {
    expectRates(rates({}), [1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it("rises over the warm-up to the full rate at its last step", () => {
    expectRates(rates({ warmup: 4 }), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]);
  });

  it("rises through what would be too low for the schedule", () => {
    const warmed = rates({ warmup: 4, minLr: 0.5, schedule: "step", decayAfter: 3, decay: 0.1 });
    expectRates(warmed, [0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5]);
  });

  it("falls in a line from the first step to minLr at the one after the last", () => {
    // 1 - 0.8 (s - 1) / 8
    expectRates(rates({ schedule: "linear", minLr: 0.2 }), [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]);
  });

  it("falls in a line over what the warm-up leaves", () => {
    // After 4 steps of warm-up the line falls over 4: 1 - (s - 5) / 4.
    expectRates(rates({ schedule: "linear", warmup: 4 }), [0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25]);
  });

  it("falls along half a cosine", () => {
    // Halfway, at step 5, (1 + cos(pi / 2)) / 2 = 1/2; at a quarter (1 + sqrt(1/2)) / 2; at three, (1 - sqrt(1/2)) / 2.
    const [first, , third, , fifth, , seventh] = rates({ schedule: "cosine" });
    expectRates([first, third, fifth, seventh], [1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2]);
    // Between 0.4 and 1 instead of 0 and 1: 0.4 + 0.6 / 2.
    expect(rates({ schedule: "cosine", minLr: 0.4 })[4]).toBeCloseTo(0.7, 12);
  });

  it("is multiplied by decay once decayAfter epochs are done, and every decayEvery epochs from then on", () => {
    expectRates(rates({ schedule: "step" }), [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]);
    expectRates(
      rates({ schedule: "step", decayAfter: 1, decayEvery: 2 }),
      [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25],
    );
    expectRates(rates({ schedule: "step", decayAfter: 3, decayEvery: 3 }), [1, 1, 1, 1, 1, 1, 0.5, 0.5]);
    expectRates(
      rates({ schedule: "step", decayAfter: 0 }),
      [0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625],
    );
  });

  it("decays smoothly: by decay over decayEvery epochs", () => {
    // Epochs done before step s: (s - 1) / 2; from 2 on 0.25^(epochs - 2).
    const expected = [1, 1, 1, 1, 1, 0.5, 0.25, 0.125];
    expectRates(rates({ schedule: "exponential", decay: 0.25 }), expected);
  });

  it("is multiplied by decay for every drop of a plateau", () => {
    expectRates(
      rates({ schedule: "plateau", decay: 0.1 }, 2),
      Array.from({ length: 8 }, () => 0.01),
    );
  });

  it("never decays below minLr", () => {
    expect(rates({ schedule: "step", minLr: 0.3 }).at(-1)).toBe(0.3);
    expect(rates({ schedule: "exponential", minLr: 0.3, decay: 0.01 }).at(-1)).toBe(0.3);
    expect(rates({ schedule: "plateau", minLr: 0.3 }, 9).at(-1)).toBe(0.3);
  });
});
