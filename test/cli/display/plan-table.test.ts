import { expect, it } from "vitest";
import { describePlan } from "../../../src/cli/display/plan-table.ts";

const plan = {
  parameters: 234_561,
  vocabulary: 65,
  symbols: { train: 250_000, val: 14_000, test: 13_000 },
  unknown: 0,
  skipped: 0,
  batchSize: 5,
  stepsPerEpoch: 100,
  steps: 200,
  arenaBytes: 24_000_000,
  processBytes: 120_000_000,
  engine: "wasm",
  threads: 2,
  charactersPerSecond: 150_000,
  seconds: 3.3,
};

it("a plan is a table of size, memory and time", () => {
  expect(describePlan(plan).split("\n")).toEqual([
    "parameters  234,561",
    "vocabulary  65 symbols",
    "text        250,000 to train on, 14,000 to validate, 13,000 to test",
    "steps       200, 100 an epoch, in batches of 5",
    "memory      120 MB, 24.0 MB of it for the engine",
    "engine      wasm on 2 threads",
    "speed       about 150k characters a second",
    "time        about 3.3s",
    "",
  ]);
});

it("a plan says how many symbols are unknown, and how many were skipped", () => {
  expect(
    describePlan({ ...plan, unknown: 1200, skipped: 3 })
      .split("\n")
      .slice(2, 6),
  ).toEqual([
    "text        250,000 to train on, 14,000 to validate, 13,000 to test",
    "unknown     1,200 symbols of the text",
    "skipped     3 more symbols of the text",
    "steps       200, 100 an epoch, in batches of 5",
  ]);
});

it("a plan for a table says how many examples, inputs and classes it has", () => {
  const examples = { train: 4500, val: 250, test: 250 };
  const lines = describePlan({ ...plan, examples, classes: 8 }).split("\n");
  expect(lines.slice(1, 4)).toEqual([
    "inputs      65",
    "classes     8",
    "examples    4,500 to train on, 250 to validate, 250 to test",
  ]);
  expect(lines[7]).toBe("speed       about 150k symbols a second");
});

it("a plan for series counts rows", () => {
  const lines = describePlan({ ...plan, vocabulary: 2, numeric: true, series: 7 }).split("\n");
  expect(lines.slice(1, 3)).toEqual([
    "inputs      2",
    "rows        250,000 to train on, 14,000 to validate, 13,000 to test",
  ]);
  expect(lines[6]).toBe("speed       about 150k rows a second");
});
