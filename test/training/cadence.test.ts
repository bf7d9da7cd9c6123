import { expect, it } from "vitest";
import { isDue, secondsBetweenSaves, type Recurring } from "../../src/training/cadence.ts";
import { type TrainOptions } from "../../src/training/options.ts";

const stepsPerEpoch = 12;

/** The steps of a run of so many after which something is due. */
function stepsOf(
  every: Recurring,
  steps: number,
  said: Partial<Pick<TrainOptions, Recurring>> = {},
  evaluationSpacing = 0,
): number[] {
  const options = { evalEvery: undefined, sampleEvery: undefined, checkpointEvery: undefined, ...said };
  const all = Array.from({ length: steps }, (_, i) => i + 1);
  return all.filter((step) => isDue(every, step, options, { steps, stepsPerEpoch, evaluationSpacing }));
}

const multiples = (interval: number, last: number) =>
  Array.from({ length: Math.floor(last / interval) }, (_, i) => (i + 1) * interval);

it.each(["sampleEvery", "checkpointEvery"] as const)("%s is about a tenth of the run", (every) => {
  expect(stepsOf(every, 36)).toEqual(multiples(4, 36));
  expect(stepsOf(every, 240)).toEqual(multiples(24, 240));
  // A tenth of 35 is rounded up, and the last step counts whatever it is.
  expect(stepsOf(every, 35)).toEqual([...multiples(4, 32), 35]);
  expect(stepsOf(every, 3)).toEqual([1, 2, 3]);
});

it("evalEvery is that too, or an epoch where that is shorter", () => {
  expect(stepsOf("evalEvery", 36)).toEqual(multiples(4, 36));
  expect(stepsOf("evalEvery", 240)).toEqual(multiples(12, 240));
});

it("each is what its option says, and due after the last step", () => {
  const said = { evalEvery: 50, sampleEvery: 100, checkpointEvery: 1000 };
  expect(stepsOf("evalEvery", 240, said)).toEqual([50, 100, 150, 200, 240]);
  expect(stepsOf("sampleEvery", 240, said)).toEqual([100, 200, 240]);
  expect(stepsOf("checkpointEvery", 240, said)).toEqual([240]);
});

it("0 is never, not even after the last step", () => {
  expect(stepsOf("sampleEvery", 240, { sampleEvery: 0 })).toEqual([]);
});

it("a time between checkpoints counts no steps, but for the last", () => {
  expect(stepsOf("checkpointEvery", 240, { checkpointEvery: "30s" })).toEqual([240]);
});

it.each([
  ["30s", 30],
  ["2.5m", 150],
  ["1h", 3600],
  // Five minutes, whatever the number of steps.
  [100, 300],
  [undefined, 300],
])("with --checkpoint-every %s a run is saved by the clock after %d seconds", (checkpointEvery, seconds) => {
  expect(secondsBetweenSaves({ checkpointEvery })).toBe(seconds);
});

it("evaluations keep their least distance, unless their option says otherwise", () => {
  expect(stepsOf("evalEvery", 36, {}, 15)).toEqual([15, 30, 36]);
  expect(stepsOf("evalEvery", 20, {}, 30)).toEqual([20]);
  expect(stepsOf("evalEvery", 20, { evalEvery: 10 }, 30)).toEqual([10, 20]);
  expect(stepsOf("checkpointEvery", 36, {}, 15)).toEqual(multiples(4, 36));
});
