import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../src/errors.ts";
import {
  completeOptions,
  ignoredOptions,
  parseOptions,
  withChanges,
} from "../../src/training/option-checks.ts";
import { optionDefinitions, optionNames, type TrainOptions } from "../../src/training/options.ts";
import { cellNames, cells } from "../../src/model/cells/index.ts";

describe("parseOptions", () => {
  it("reads the text of a command line and the values of a program alike", () => {
    const typed = { cell: "gru", layers: 3, dropout: 0.25, name: "a", clipValue: 1e-3 };
    const text = { cell: "gru", layers: "3", dropout: "0.25", name: "a", clipValue: "1e-3" };
    expect(parseOptions(typed)).toEqual(typed);
    expect(parseOptions(text)).toEqual(typed);
  });

  it("takes steps or a time between checkpoints", () => {
    expect(parseOptions({ checkpointEvery: "10m" })).toEqual({ checkpointEvery: "10m" });
    expect(parseOptions({ checkpointEvery: "200" })).toEqual({ checkpointEvery: 200 });
  });

  it("counts undefined as not given", () => {
    expect(parseOptions({ layers: undefined })).toEqual({});
  });

  it.each([
    ["layers", 0, "--layers takes a whole number at least 1 and at most 64, not 0"],
    ["layers", "two", '--layers takes a whole number at least 1 and at most 64, not "two"'],
    ["layers", 1.5, "--layers takes a whole number at least 1 and at most 64, not 1.5"],
    ["hidden", "", '--hidden takes a whole number at least 1 and at most 65536, not ""'],
    ["dropout", 1, "--dropout takes a number at least 0 and below 1, not 1"],
    ["dropout", "-0.1", '--dropout takes a number at least 0 and below 1, not "-0.1"'],
    ["lr", 0, "--lr takes a number above 0 and at most 1000000, not 0"],
    ["lr", "Infinity", '--lr takes a number above 0 and at most 1000000, not "Infinity"'],
    ["seed", 2 ** 32, "--seed takes a whole number at least 0 and at most 4294967295, not 4294967296"],
    ["threads", 257, "--threads takes a whole number at least 1 and at most 256, not 257"],
    ["cell", "transformer", `--cell takes one of ${cellNames.join(", ")}, not "transformer"`],
    ["seqLength", null, "--seq-length takes a whole number at least 1 and at most 1000000, not null"],
    [
      "checkpointEvery",
      "0s",
      '--checkpoint-every takes a number of steps, or a time such as 30s or 10m, not "0s"',
    ],
    [
      "checkpointEvery",
      "10 m",
      '--checkpoint-every takes a number of steps, or a time such as 30s or 10m, not "10 m"',
    ],
    ["checkpointEvery", "soon", /^--checkpoint-every takes a whole number .*, not "soon"$/],
    ["name", "", '--name takes a text, not ""'],
    ["name", 7, "--name takes a text, not 7"],
    [
      "learningRate",
      1,
      'there is no option "learningRate": `charrnn train --help` lists the options, such as seqLength',
    ],
    [
      "toString",
      1,
      'there is no option "toString": `charrnn train --help` lists the options, such as seqLength',
    ],
  ])("refuses %s: %o", (name, value, message) => {
    expect(() => parseOptions({ [name]: value })).toThrow(UsageError);
    expect(() => parseOptions({ [name]: value })).toThrow(message);
  });

  it("takes or refuses anything at all, and refuses in one line", () => {
    fc.assert(
      fc.property(fc.constantFrom(...optionNames), fc.anything(), (name, value) => {
        try {
          expect(Object.keys(parseOptions({ [name]: value }))).toEqual(value === undefined ? [] : [name]);
        } catch (error) {
          expect(error).toBeInstanceOf(CharrnnError);
          expect((error as Error).message).not.toContain("\n");
        }
      }),
    );
  });
});

describe("completeOptions", () => {
  it("fills in the defaults and gives back what it is given", () => {
    const options = completeOptions({});
    expect(options).toMatchObject({ cell: "lstm", layers: 2, hidden: 128, lr: 0.002, clipNorm: 5, seed: 1 });
    expect(options.steps).toBeUndefined();
    expect(completeOptions(parseOptions(options))).toEqual(options);
  });

  it.each([
    [{ valFrac: 0.5, testFrac: 0.5 }, "--val-frac 0.5 and --test-frac 0.5 leave nothing to train on"],
    [{ lr: 0.001, minLr: 0.01 }, "--min-lr 0.01 is above --lr 0.001: give a smaller --min-lr"],
    [{ layers: 2, seqLength: 50_001 }, "--seq-length 50001 times --layers 2 is more than 100000 steps"],
    [{ task: "many-to-one" as const, encoding: "shift_jis" }, "--encoding is for --task language-model"],
    [{ unit: "byte" as const, encoding: "shift_jis" }, "--encoding shift_jis is for characters"],
    [{ valFrac: 0, patience: 3 }, "--patience needs a validation loss"],
    [{ valFrac: 0, schedule: "plateau" as const }, "--schedule plateau needs a validation loss"],
  ])("refuses %o", (given, message) => {
    expect(() => completeOptions(given)).toThrow(UsageError);
    expect(() => completeOptions(given)).toThrow(message);
  });
});

describe("withChanges", () => {
  it.each([
    [{ steps: 10, lr: 1 }, { lr: 2 }, { steps: 10, lr: 2 }],
    [{ steps: 10 }, { epochs: 3 }, { steps: undefined, epochs: 3 }],
    [{ steps: 10 }, { epochs: 3, steps: 20 }, { epochs: 3, steps: 20 }],
    [{ clipValue: 1 }, { clipNorm: 5 }, { clipValue: undefined, clipNorm: 5 }],
    [{ clipNorm: 1 }, { clipValue: 5 }, { clipNorm: 1, clipValue: 5 }],
  ])("makes of %o and %o %o", (own, changes, result) => {
    expect(withChanges(own, changes)).toEqual(result);
  });
});

const schedules = optionDefinitions.schedule.choices ?? [];

/** A value that is not the default, the option that decides whether it matters, and the values with which it does. */
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

describe("ignoredOptions", () => {
  it.each(decided)("%o matters only if --%s is %j", (given, other, values) => {
    const choices = optionDefinitions[other].choices ?? [];
    const idle = choices.filter(
      (choice) => ignoredOptions(completeOptions({ ...given, [other]: choice })).length > 0,
    );
    expect(idle).toEqual(choices.filter((choice) => !values.includes(choice)));
  });

  it.each([
    [{ momentum: 0.9 }, ["--momentum 0.9 is ignored with --optimizer adam"]],
    [{ clipNorm: 3, clipValue: 1 }, ["--clip-norm 3 is ignored with --clip-value 1"]],
    [{ unknown: "grow" as const }, ["--unknown grow is ignored without --init-from"]],
    [{ unknown: "grow" as const, initFrom: "mine" }, []],
    [{}, []],
    [{ clipNorm: 3, epochs: 3, steps: 10 }, []],
    // Defaults go without saying.
    [{ steps: 10, clipValue: 1, optimizer: "sgd" as const, cell: "gru" as const }, []],
  ])("of %o the ignored options are told: %j", (given, lines) => {
    expect(ignoredOptions(completeOptions(given))).toEqual(lines);
  });
});
