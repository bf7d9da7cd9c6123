import { describe, expect, it } from "vitest";
import { initialParameters } from "../../src/model/initialization.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { namedData } from "../../src/model/weights.ts";
import { Random } from "../../src/random.ts";
import { randomData } from "../../src/tasks/random-data.ts";
import { Learner } from "../../src/training/learner.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { sizesOf } from "../model/fixture.ts";
import { chunkOf } from "../tasks/chunk.ts";
import { cellNames } from "../../src/model/cells/index.ts";

const V = 3;
const T = 4;
const B = 2;
const HUGE = 3e38;

type Spoil = (parameters: Map<string, Float32Array>) => void;

/** What is found wrong with the first chunk of a small network, some of whose parameters are spoiled. */
async function diagnosisOf(
  engine: "wasm" | "reference",
  config: Partial<ModelConfig>,
  spoil: Spoil,
  largestLoss = 0,
) {
  const model = { cell: "gru", layers: 2, hidden: 4, embedding: 0, dropout: 0, ...config } as const;
  const options = completeOptions({ batchSize: B, seqLength: T });
  const plan = { config: model, data: randomData(V, { batch: B, lengths: [T] }), options };
  const learner = await Learner.open(plan, { engine, threads: 2 });
  try {
    const parameters = await initialParameters(model, sizesOf(V), options, Random.of(1));
    spoil(parameters);
    learner.loadParameters(namedData(parameters));
    const symbols = Int32Array.from({ length: T * B }, (_, i) => i % V);
    const chunk = chunkOf(T, symbols, symbols, true);
    const assessment = await learner.update(chunk, 1, 0.1, largestLoss);
    const kept = await learner.parameters();
    expect(assessment.applied).toBe(false);
    for (const [name, values] of parameters) expect(kept.get(name)?.data, name).toEqual(values);
    return await learner.diagnose();
  } finally {
    await learner.close();
  }
}

const fill = (parameters: Map<string, Float32Array>, name: string, value: number) => {
  const values = parameters.get(name);
  if (values === undefined) throw new Error(`no parameter ${name}`);
  values.fill(value);
};

describe.each(["wasm", "reference"] as const)("the diagnosis of a chunk on the %s engine", (engine) => {
  it.each(cellNames)("names a parameter that is no number, in a network of %s cells", async (cell) => {
    const diagnosis = await diagnosisOf(engine, { cell }, (parameters) => {
      const weights = parameters.get("rnn.weight_ih_l1");
      if (weights) weights[5] = NaN;
    });
    expect(diagnosis).toMatchObject({
      what: "the parameter rnn.weight_ih_l1",
      step: undefined,
      parameter: "rnn.weight_ih_l1",
      largestValue: NaN,
    });
  });

  it("names the layer and the step whose state went first", async () => {
    /*
     * Layer 1's candidates: from the input 3e38 + 3e38 times what layer 0 hands up, positive, plus 3e38: infinity.
     * From the hidden state at step 0, which is zero, -3e38: r times that is finite, so n = tanh(infinity) = 1.
     * At step 1 the hidden state is above zero and adds -3e38 h four times: -infinity, and the sum is no number.
     */
    const diagnosis = await diagnosisOf(engine, {}, (parameters) => {
      const [H, G] = [4, 3];
      fill(parameters, "rnn.weight_ih_l1", 0);
      for (const [name, value] of [
        ["rnn.bias_ih_l1", HUGE],
        ["rnn.bias_hh_l1", -HUGE],
      ] as const) {
        fill(parameters, name, 0);
        parameters.get(name)?.fill(value, (G - 1) * H);
      }
      fill(parameters, "rnn.weight_hh_l1", 0);
      parameters.get("rnn.weight_hh_l1")?.fill(-HUGE, (G - 1) * H * H);
      // Layer 0 always hands up something near 1: its n is tanh(9), its z sigmoid(-9).
      fill(parameters, "rnn.bias_ih_l0", 9);
      parameters.get("rnn.bias_ih_l0")?.fill(-9, H, 2 * H);
      parameters.get("rnn.weight_ih_l1")?.fill(HUGE, (G - 1) * H * H);
    });
    expect(diagnosis).toMatchObject({ what: "the hidden state of layer 1", step: 1 });
    expect(diagnosis.parameter).toMatch(/^rnn\.\w+_l1$/);
  });

  it("names the step at which gradients are largest where only the sum of their squares is no longer finite", async () => {
    /*
     * Without input and biases the hidden state stays 0, and tanh's slope 1: back from step 3 to step 0 a gradient
     * grows 1e9 times three times over. The largest, some 1e26, is finite in float32, but its square is not.
     */
    const diagnosis = await diagnosisOf(engine, { cell: "rnn", layers: 1 }, (parameters) => {
      for (const name of ["rnn.weight_ih_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0"]) fill(parameters, name, 0);
      fill(parameters, "rnn.weight_hh_l0", 1e9);
    });
    expect(diagnosis).toMatchObject({ what: "the gradient norm", step: 0 });
    expect(diagnosis.parameter).toMatch(/^rnn\.(weight|bias)_[ih]h_l0$/);
    expect(diagnosis.gradientNorm).toBeGreaterThan(1e19);
  });

  it("leaves a chunk whose loss is above the limit unapplied, and names its worst step", async () => {
    // Untrained, the loss is about ln 3 = 1.1 nats.
    const diagnosis = await diagnosisOf(engine, {}, () => undefined, 0.5);
    expect(diagnosis.what).toBe("the loss");
    expect(diagnosis.step).toBeLessThan(T);
    expect(diagnosis.gradientNorm).toBeGreaterThan(0);
  });

  it("names the head where the logits went first", async () => {
    const diagnosis = await diagnosisOf(engine, { layers: 1 }, (parameters) => {
      fill(parameters, "rnn.bias_ih_l0", 9);
      parameters.get("rnn.bias_ih_l0")?.fill(-9, 4, 8);
      fill(parameters, "head.weight", HUGE);
    });
    expect(diagnosis).toMatchObject({ what: "the logits", step: 0, parameter: "head.weight" });
    expect(diagnosis.largestValue).toBeCloseTo(HUGE, -33);
  });
});
