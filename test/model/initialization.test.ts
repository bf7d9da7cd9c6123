import { describe, expect, it, vi } from "vitest";
import { initialParameters, type InitOptions } from "../../src/model/initialization.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { parameterShapes } from "../../src/model/shapes.ts";
import { Random } from "../../src/random.ts";
import { sizesOf } from "./fixture.ts";

const V = 30;
const H = 16;
const base: ModelConfig = { cell: "lstm", layers: 2, hidden: H, embedding: 0, dropout: 0 };

function parametersOf(options: Partial<InitOptions>, model: Partial<ModelConfig> = {}, seed = 1) {
  const all = { init: "torch", initRange: 0.08, forgetBias: 1, ...options } as const;
  return initialParameters({ ...base, ...model }, sizesOf(V), all, Random.of(seed));
}

/** A parameter's values. */
function valuesOf(parameters: Map<string, Float32Array>, name: string): number[] {
  const values = parameters.get(name);
  if (values === undefined) throw new Error(`no parameter ${name}`);
  return Array.from(values);
}

const largest = (values: number[]) => Math.max(...values.map(Math.abs));
const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe("initial parameters", () => {
  it.each(["torch", "uniform", "orthogonal"] as const)(
    "have the model's names and sizes: %s",
    async (init) => {
      const parameters = await parametersOf({ init }, { embedding: 5 });
      const shapes = parameterShapes({ ...base, embedding: 5 }, sizesOf(V));
      expect([...parameters.keys()]).toEqual([...shapes.keys()]);
      for (const [name, shape] of shapes) {
        expect(parameters.get(name)).toHaveLength(shape.reduce((size, n) => size * n, 1));
      }
    },
  );

  it.each(["torch", "orthogonal"] as const)(
    "let others have their turn where they take long: %s",
    async (init) => {
      const clock = vi.spyOn(performance, "now");
      for (let call = 0; call < 1000; call++) clock.mockReturnValueOnce(100 * call);
      let turned = false;
      setImmediate(() => (turned = true));
      await parametersOf({ init });
      clock.mockRestore();
      expect(turned).toBe(true);
    },
  );

  it("depend on the seed alone", async () => {
    expect(await parametersOf({})).toEqual(await parametersOf({}));
    expect(await parametersOf({}, {}, 2)).not.toEqual(await parametersOf({}));
  });

  it("are uniform within 1/sqrt(H) as PyTorch's: here within 1/4", async () => {
    const parameters = await parametersOf({}, { cell: "gru" });
    for (const name of parameters.keys()) {
      const values = valuesOf(parameters, name);
      expect(largest(values), name).toBeLessThanOrEqual(0.25);
      // The chance that none of 16 numbers or more is above half the range is at most 2^-16.
      expect(largest(values), name).toBeGreaterThan(0.125);
    }
    // Of 768 numbers uniform in +-r the mean is normal with deviation r / sqrt(3 x 768) = 0.005, the mean square r^2/3.
    const weights = valuesOf(parameters, "rnn.weight_hh_l0");
    expect(weights).toHaveLength(768);
    expect(Math.abs(mean(weights))).toBeLessThan(5 * 0.0053);
    expect(mean(weights.map((x) => x * x))).toBeCloseTo(0.25 ** 2 / 3, 2);
  });

  it("draw an embedding from N(0, 1)", async () => {
    const values = valuesOf(await parametersOf({}, { embedding: 40 }), "embedding.weight");
    expect(values).toHaveLength(1200);
    // Deviations of the mean, 1/sqrt(1200) = 0.029, and of the mean square, sqrt(2/1200) = 0.041; five of them.
    expect(Math.abs(mean(values))).toBeLessThan(0.15);
    expect(Math.abs(mean(values.map((x) => x * x)) - 1)).toBeLessThan(0.21);
    // 31.7 % lie beyond one deviation: 380 of 1200, give or take 16.
    expect(Math.abs(values.filter((x) => Math.abs(x) > 1).length - 380)).toBeLessThan(80);
  });

  it("are uniform within the range asked for", async () => {
    const parameters = await parametersOf({ init: "uniform", initRange: 0.5 }, { cell: "rnn" });
    for (const name of parameters.keys()) {
      expect(largest(valuesOf(parameters, name)), name).toBeLessThanOrEqual(0.5);
      expect(largest(valuesOf(parameters, name)), name).toBeGreaterThan(0.25);
    }
  });

  it.each([
    ["rnn", 1],
    ["gru", 3],
    ["lstm", 4],
  ] as const)(
    "make each gate's recurrent weights orthogonal: W W^T = I, for %s's %d blocks",
    async (cell, gates) => {
      const weights = valuesOf(await parametersOf({ init: "orthogonal" }, { cell }), "rnn.weight_hh_l1");
      expect(weights).toHaveLength(gates * H * H);
      for (let gate = 0; gate < gates; gate++) {
        const row = (i: number) => weights.slice((gate * H + i) * H, (gate * H + i + 1) * H);
        for (let i = 0; i < H; i++) {
          for (let j = 0; j < H; j++) {
            const product = row(i).reduce((sum, x, k) => sum + x * row(j)[k], 0);
            expect(product, `gate ${gate}, rows ${i} and ${j}`).toBeCloseTo(i === j ? 1 : 0, 5);
          }
        }
      }
      if (gates > 1) expect(weights.slice(0, H * H)).not.toEqual(weights.slice(H * H, 2 * H * H));
    },
  );

  it("keep the rest of an orthogonal start within Glorot's range, biases at zero", async () => {
    const parameters = await parametersOf({ init: "orthogonal" }, { cell: "gru" });
    // sqrt(6 / (48 + 30)) for the input weights [48, 30], sqrt(6 / (30 + 16)) for the head's [30, 16].
    const input = largest(valuesOf(parameters, "rnn.weight_ih_l0"));
    expect(input).toBeLessThanOrEqual(Math.sqrt(6 / 78));
    expect(input).toBeGreaterThan(0.9 * Math.sqrt(6 / 78));
    const head = largest(valuesOf(parameters, "head.weight"));
    expect(head).toBeLessThanOrEqual(Math.sqrt(6 / 46));
    expect(head).toBeGreaterThan(0.9 * Math.sqrt(6 / 46));
    for (const name of ["rnn.bias_ih_l0", "rnn.bias_hh_l1", "head.bias"]) {
      expect(largest(valuesOf(parameters, name)), name).toBe(0);
    }
  });

  it.each(["torch", "uniform", "orthogonal"] as const)(
    "let an LSTM's two forget biases sum to what is asked for, in every layer: %s",
    async (init) => {
      const parameters = await parametersOf({ init, forgetBias: 2.5 });
      for (const layer of [0, 1]) {
        const [ih, hh] = ["ih", "hh"].map((side) => valuesOf(parameters, `rnn.bias_${side}_l${layer}`));
        const sums = ih.map((bias, i) => bias + hh[i]);
        // The order is i, f, g, o: rows 16 to 31.
        expect(sums.slice(H, 2 * H)).toEqual(Array.from({ length: H }, () => 2.5));
        expect([...sums.slice(0, H), ...sums.slice(2 * H)]).not.toContain(2.5);
      }
    },
  );

  it.each([
    // The order of an LSTM's gates is i, f, g, o; of a GRU's r, z, n; of a minGRU's z, h. Only minGRU's z lets input in.
    ["lstm", { kept: 1, written: 0 }],
    ["gru", { kept: 1, written: undefined }],
    ["mingru", { kept: undefined, written: 0 }],
  ] as const)(
    "with chrono, remember for up to T steps, each unit of %s for a time of its own",
    async (cell, gates) => {
      const T = 100;
      const parameters = await parametersOf({ chrono: T }, { cell });
      const sumsOf = (gate: number) => {
        const [ih, hh] = ["ih", "hh"].map(
          (side) => parameters.get(`rnn.bias_${side}_l1`) ?? new Float32Array(4 * H),
        );
        return Array.from({ length: H }, (_, unit) => ih[gate * H + unit] + hh[gate * H + unit]);
      };
      const kept = gates.kept === undefined ? undefined : sumsOf(gates.kept);
      const written = gates.written === undefined ? undefined : sumsOf(gates.written).map((bias) => -bias);
      for (const times of [kept, written].filter((found) => found !== undefined)) {
        // A bias is log(u) with u uniform from 1 to T - 1. That 16 of them are all below T / 2 has the probability 2^-16.
        expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...times)).toBeLessThanOrEqual(Math.log(T - 1));
        expect(Math.max(...times)).toBeGreaterThan(Math.log(T / 2));
        expect(new Set(times).size).toBe(H);
      }
      // The gate that lets input in closes as far as the gate that keeps opens.
      if (kept && written) expect(written).toEqual(kept);
      const plain = await parametersOf({}, { cell });
      expect(valuesOf(parameters, "rnn.weight_ih_l1")).toEqual(valuesOf(plain, "rnn.weight_ih_l1"));
    },
  );

  it("change nothing else for the forget bias", async () => {
    const [one, two] = [await parametersOf({ forgetBias: 1 }), await parametersOf({ forgetBias: 2 })];
    expect(valuesOf(one, "rnn.weight_ih_l1")).toEqual(valuesOf(two, "rnn.weight_ih_l1"));
    expect(await parametersOf({ forgetBias: 1 }, { cell: "gru" })).toEqual(
      await parametersOf({ forgetBias: 2 }, { cell: "gru" }),
    );
  });

  it("are within 1/sqrt(2H) for a head that reads two directions of H units, and within 1/sqrt(H) in the layers", async () => {
    const parameters = await parametersOf({}, { cell: "gru", bidirectional: true });
    for (const name of parameters.keys()) {
      const range = name.startsWith("head.") ? 1 / Math.sqrt(2 * H) : 1 / Math.sqrt(H);
      expect(largest(valuesOf(parameters, name)), name).toBeLessThanOrEqual(range);
      // At least 30 numbers: the chance that all are within 0.75 of the range is at most 0.75^30 = 2e-4 for each tensor.
      expect(largest(valuesOf(parameters, name)), name).toBeGreaterThan(0.75 * range);
    }
    expect(valuesOf(parameters, "head.weight")).toHaveLength(V * 2 * H);
  });

  it("make the recurrent weights of the reverse direction orthogonal too, and Glorot's range that of 2H inputs", async () => {
    const parameters = await parametersOf({ init: "orthogonal" }, { cell: "rnn", bidirectional: true });
    const [forward, reverse] = ["", "_reverse"].map((end) => valuesOf(parameters, `rnn.weight_hh_l1${end}`));
    expect(forward).not.toEqual(reverse);
    for (const weights of [forward, reverse]) {
      for (let i = 0; i < H; i++) {
        for (let j = 0; j < H; j++) {
          const product = Array.from({ length: H }, (_, k) => weights[i * H + k] * weights[j * H + k]);
          expect(product.reduce((sum, x) => sum + x, 0)).toBeCloseTo(i === j ? 1 : 0, 5);
        }
      }
    }
    // The head is [30, 32].
    const head = largest(valuesOf(parameters, "head.weight"));
    expect(head).toBeLessThanOrEqual(Math.sqrt(6 / 62));
    expect(head).toBeGreaterThan(0.9 * Math.sqrt(6 / 62));
  });

  it.each(["torch", "uniform", "orthogonal"] as const)(
    "give both directions of an LSTM the forget bias: %s",
    async (init) => {
      const parameters = await parametersOf({ init, forgetBias: 2.5 }, { bidirectional: true });
      for (const name of ["l0", "l0_reverse", "l1", "l1_reverse"]) {
        const [ih, hh] = ["ih", "hh"].map((side) => valuesOf(parameters, `rnn.bias_${side}_${name}`));
        const sums = ih.map((bias, i) => bias + hh[i]);
        expect(sums.slice(H, 2 * H), name).toEqual(Array.from({ length: H }, () => 2.5));
        expect([...sums.slice(0, H), ...sums.slice(2 * H)], name).not.toContain(2.5);
      }
    },
  );
});
