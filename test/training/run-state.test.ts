import { describe, expect, it } from "vitest";
import { type Checkpoint, type TrainingState } from "../../src/checkpoint/format.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import {
  bestOf,
  decidingMetric,
  isBetter,
  epochOf,
  hasLostPatience,
  parseRunState,
  runCheckpoint,
  type RunState,
} from "../../src/training/run-state.ts";
import { checkpointOf } from "../checkpoint/fixture.ts";

const { model, vocabulary, parameters } = checkpointOf();
const tensor = { shape: [2], dtype: "float32", data: Float32Array.of(1, 2) } as const;
const tensors = {
  parameters,
  moments: new Map([["mean.a", tensor]]),
  states: new Map([["hidden.l0", tensor]]),
};
const state: RunState = {
  step: 25,
  options: completeOptions({ cell: "gru", hidden: 3, patience: 3 }),
  corpus: { files: ["a.txt", "b.txt"], sha256: "abc", symbols: 1000, commonest: 2 },
  best: { step: 20, loss: 1.5, path: "runs/a/best.json", metric: "loss", value: 1.5 },
  evaluationsSinceBest: 2,
  drops: 1,
  evaluationDue: true,
  evaluationSpacing: 2,
  firstLoss: 3.5,
  seconds: 12,
  engine: "wasm",
  build: "0123456789abcdef",
  exact: false,
};
const whole = runCheckpoint(model, { vocabulary }, state, tensors, { stepsPerEpoch: 12, weightsOnly: false });

function changed(training: Partial<TrainingState>): Checkpoint {
  return { ...whole, training: { step: 25, ...whole.training, ...training } };
}

describe("the checkpoint of a run", () => {
  it("holds all that resuming needs, and gives it back", () => {
    expect(parseRunState(whole, "latest.json")).toEqual({ state, tensors });
  });

  it("says where the run stands: two epochs of 12 steps are done, and the first chunk of the third", () => {
    expect(whole.training).toMatchObject({ step: 25, epoch: 3, streams: { chunk: 1 }, random: { seed: 1 } });
  });

  it("leaves out moments and states where only the weights are asked for, and then cannot be resumed", () => {
    const best = runCheckpoint(model, { vocabulary }, state, tensors, {
      stepsPerEpoch: 12,
      weightsOnly: true,
    });
    expect(best.training).not.toHaveProperty("optimizer");
    expect(best.training).not.toHaveProperty("state");
    expect(() => parseRunState(best, "best.json")).toThrow("best.json holds weights only");
  });

  it.each([
    ["no corpus", { corpus: undefined }],
    ["no first loss", { firstLoss: null }],
    ["no engine", { engine: undefined }],
    ["no build", { build: undefined }],
    ["a moment that is no tensor", { optimizer: { "mean.a": [1, 2] } }],
    ["a state of another type", { state: { a: { shape: [1], dtype: "int32", data: Int32Array.of(1) } } }],
  ] as [string, Partial<TrainingState>][])("is refused with %s", (_name, training) => {
    expect(() => parseRunState(changed(training), "latest.json")).toThrow(
      "latest.json does not hold the state of a run",
    );
  });

  it.each([
    ["that no run can have", { hidden: -1 }, "--hidden takes a whole number"],
    ["that contradict each other", { minLr: 1 }, "--min-lr 1 is above --lr 0.002"],
    ["of a later version", { newOption: true }, 'there is no option "newOption"'],
  ])("is refused with options %s, and named", (_, options, message) => {
    const refused = () =>
      parseRunState(changed({ options: { ...state.options, ...options } }), "latest.json");
    expect(refused).toThrow(
      `cannot resume latest.json: another version of charrnn wrote its options; update charrnn (${message}`,
    );
    expect(refused).toThrow(expect.objectContaining({ exitCode: 1 }));
  });
});

describe("the epoch of an update", () => {
  it("counts from 1, and an epoch's last update still belongs to it", () => {
    expect([0, 1, 12, 13, 24, 25].map((step) => epochOf(step, 12))).toEqual([1, 1, 1, 2, 2, 3]);
  });
});

describe("patience", () => {
  it("is lost after so many evaluations without a better one, and never without a limit", () => {
    expect(hasLostPatience(state)).toBe(false);
    expect(hasLostPatience({ ...state, evaluationsSinceBest: 3 })).toBe(true);
    expect(hasLostPatience({ ...state, evaluationsSinceBest: 99, options: completeOptions({}) })).toBe(false);
  });
});

describe("the best validation", () => {
  const loss = { name: "loss", unit: "nats", shortUnit: "nats", better: "lower", decimals: 4 } as const;
  const accuracy = { name: "accuracy", unit: "%", shortUnit: "%", better: "higher", decimals: 2 } as const;
  const at = { step: 10, path: "best.json" };

  it("is the first one, unless it is no number", () => {
    expect(isBetter({ loss: 3 }, null, loss)).toBe(true);
    expect(isBetter({ loss: NaN }, null, loss)).toBe(false);
    expect(isBetter({ loss: 3, accuracy: 0.1 }, null, accuracy)).toBe(true);
  });

  it("goes by the metric that decides, whose lower or higher values are better", () => {
    const best = bestOf({ loss: 2, accuracy: 0.5 }, at, accuracy);
    expect(best).toEqual({ step: 10, loss: 2, path: "best.json", metric: "accuracy", value: 0.5 });
    expect(isBetter({ loss: 3, accuracy: 0.6 }, best, accuracy)).toBe(true);
    expect(isBetter({ loss: 1, accuracy: 0.5 }, best, accuracy)).toBe(false);
    expect(isBetter({ loss: 1.9 }, bestOf({ loss: 2 }, at, loss), loss)).toBe(true);
    expect(isBetter({ loss: 2 }, bestOf({ loss: 2 }, at, loss), loss)).toBe(false);
  });

  it("goes by the metric of --metric, and refuses one that the task does not measure", () => {
    const task = { metrics: () => [loss, { ...accuracy, name: "macroF1" }] };
    expect(decidingMetric(task, completeOptions({})).name).toBe("loss");
    expect(decidingMetric(task, completeOptions({ metric: "macro-f1" })).name).toBe("macroF1");
    expect(() => decidingMetric(task, completeOptions({ metric: "rmse" }))).toThrow(
      "--metric rmse is not measured by this task: take one of loss, macro-f1",
    );
  });

  it("of an older run, which has no metric, went by the loss", () => {
    const best = { step: 10, loss: 2, path: "best.json" };
    expect(parseRunState(changed({ best }), "latest.json").state.best).toEqual({
      ...best,
      metric: "loss",
      value: 2,
    });
  });

  it("comes back from a checkpoint with the metric that decides", () => {
    const best = bestOf({ loss: 2, accuracy: 0.5 }, at, accuracy);
    const checkpoint = runCheckpoint(model, { vocabulary }, { ...state, best }, tensors, {
      stepsPerEpoch: 12,
      weightsOnly: false,
    });
    expect(parseRunState(checkpoint, "latest.json").state.best).toEqual(best);
  });
});
