import { expect, it } from "vitest";
import { idleOptions } from "../../src/training/idle-options.ts";
import { completeOptions, type TrainOptions } from "../../src/training/options.ts";

const said: [Partial<TrainOptions>, string[]][] = [
  [{}, []],
  [{ momentum: 0.9 }, ["--momentum 0.9 has no say with --optimizer adam"]],
  [{ momentum: 0.9, optimizer: "sgd" }, []],
  [
    { optimizer: "sgd", beta1: 0.5, beta2: 0.9 },
    ["--beta1 0.5 has no say with --optimizer sgd", "--beta2 0.9 has no say with --optimizer sgd"],
  ],
  [{ initRange: 0.5 }, ["--init-range 0.5 has no say with --init torch"]],
  [{ cell: "gru", forgetBias: 2 }, ["--forget-bias 2 has no say with --cell gru"]],
  [{ minLr: 1e-4 }, ["--min-lr 0.0001 has no say with --schedule constant"]],
  [{ minLr: 1e-4, schedule: "cosine" }, []],
  [{ decayAfter: 3, schedule: "plateau" }, ["--decay-after 3 has no say with --schedule plateau"]],
  [{ decay: 0.9, decayEvery: 2, schedule: "plateau" }, []],
];

it.each(said)("of %o it is said what makes no difference", (given, lines) => {
  expect(idleOptions(completeOptions(given))).toEqual(lines);
});
