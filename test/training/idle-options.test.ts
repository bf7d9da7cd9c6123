import { expect, it } from "vitest";
import { idleOptions } from "../../src/training/idle-options.ts";
import { completeOptions, optionDefinitions, type TrainOptions } from "../../src/training/options.ts";
import { cellNames, cells } from "../../src/model/cells/index.ts";

const schedules = optionDefinitions.schedule.choices ?? [];

/** A value that is not the default, the option that decides whether it has a say, and the values that leave it one. */
const decided: [Partial<TrainOptions>, "init" | "cell" | "optimizer" | "schedule", string[]][] = [
  [{ initRange: 0.5 }, "init", ["uniform"]],
  [{ forgetBias: 2 }, "cell", cellNames.filter((cell) => cells[cell].gates.includes("forget"))],
  [{ beta1: 0.5 }, "optimizer", ["adam"]],
  [{ beta2: 0.5 }, "optimizer", ["adam"]],
  [{ rmspropDecay: 0.5 }, "optimizer", ["rmsprop"]],
  [{ momentum: 0.5 }, "optimizer", ["sgd"]],
  [{ minLr: 1e-4 }, "schedule", schedules.filter((schedule) => schedule !== "constant")],
  [{ decay: 0.9 }, "schedule", ["step", "exponential", "plateau"]],
  [{ decayAfter: 3 }, "schedule", ["step", "exponential"]],
  [{ decayEvery: 2 }, "schedule", ["step", "exponential", "plateau"]],
];

it.each(decided)("%o has a say where --%s is %j alone", (given, other, values) => {
  const choices = optionDefinitions[other].choices ?? [];
  const idle = choices.filter(
    (choice) => idleOptions(completeOptions({ ...given, [other]: choice })).length > 0,
  );
  expect(idle).toEqual(choices.filter((choice) => !values.includes(choice)));
});

it.each([
  [{ momentum: 0.9 }, ["--momentum 0.9 is ignored with --optimizer adam"]],
  [{ clipNorm: 3, clipValue: 1 }, ["--clip-norm 3 is ignored with --clip-value 1"]],
  [{}, []],
  [{ clipNorm: 3, epochs: 3, steps: 10 }, []],
  // Defaults go without saying.
  [{ steps: 10, clipValue: 1, optimizer: "sgd" as const, cell: "gru" as const }, []],
])("of %o it is said: %j", (given, lines) => {
  expect(idleOptions(completeOptions(given))).toEqual(lines);
});
