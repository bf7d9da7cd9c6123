import { describe, expect, it } from "vitest";
import { record } from "../../src/inspection/record.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { Sampler } from "../../src/sampling/sampler.ts";
import { Symbols } from "../../src/text/symbols.ts";
import { charactersOf, randomModel, sizesOf } from "../model/fixture.ts";

const vocabulary = charactersOf("abcde");
const V = 5;
const text = (length: number) =>
  Symbols.from(
    Int32Array.from({ length }, (_, i) => (i * i + 3 * i) % V),
    V,
  );

describe("a recording", () => {
  it.each(cellNames)("of a short text has the losses that a sampler's logits give (%s)", async (cell) => {
    const { model, parameters } = randomModel(vocabulary, { cell });
    const symbols = text(40);
    const { losses } = await record({ model, parameters }, sizesOf(V), symbols, { engine: "wasm" });
    expect(losses[0]).toBeNaN();
    const sampler = await Sampler.open(model, sizesOf(V), parameters, {
      rows: 1,
      engine: "wasm",
      threads: 0,
    });
    for (let position = 0; position + 1 < symbols.length; position++) {
      const logits = Array.from(await sampler.step([symbols.at(position)]));
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      expect(losses[position + 1]).toBeCloseTo(Math.log(total) - logits[symbols.at(position + 1)], 4);
    }
    await sampler.close();
  });

  it("has a state of each layer after each character but the last, which explains the cell's output", async () => {
    const { model, parameters } = randomModel(vocabulary, { cell: "lstm", layers: 2, hidden: 3 });
    const { states } = await record({ model, parameters }, sizesOf(V), text(40), {
      engine: "wasm",
      gates: true,
    });
    const named = states.map(({ state, layer, isGate }) => `${state}:${layer}${isGate ? " gate" : ""}`);
    expect(named).toEqual(
      [0, 1].flatMap((layer) => [
        `h:${layer}`,
        `c:${layer}`,
        ...["i", "f", "g", "o"].map((gate) => `${gate}:${layer} gate`),
      ]),
    );
    const unit = (state: string, layer: number) =>
      states.find((found) => found.state === state && found.layer === layer)?.units[1] ?? new Float32Array();
    for (const layer of [0, 1]) {
      const [h, c, i, f, g, o] = ["h", "c", "i", "f", "g", "o"].map((state) => unit(state, layer));
      expect(h).toHaveLength(39);
      for (let t = 1; t < 39; t++) {
        // c_t = f c_t-1 + i g, and h = o tanh(c)
        expect(c[t]).toBeCloseTo(f[t] * c[t - 1] + i[t] * g[t], 5);
        expect(h[t]).toBeCloseTo(o[t] * Math.tanh(c[t]), 5);
      }
    }
  });

  it("counts the share of the time at which a gate is nearly closed or open, from the gates themselves", async () => {
    const { model, parameters } = randomModel(vocabulary, { cell: "gru", hidden: 4 });
    const recording = await record({ model, parameters }, sizesOf(V), text(200), {
      engine: "wasm",
      gates: true,
    });
    expect(recording.saturation.map(({ gate }) => gate)).toEqual(["r", "z", "r", "z"]);
    for (const { gate, layer, under, over } of recording.saturation) {
      const found = recording.states.find(({ state, ...rest }) => state === gate && rest.layer === layer);
      found?.units.forEach((values, unit) => {
        const share = (isCounted: (value: number) => boolean) =>
          values.filter(isCounted).length / values.length;
        expect(under[unit]).toBeCloseTo(
          share((value) => value < 0.1),
          9,
        );
        expect(over[unit]).toBeCloseTo(
          share((value) => value > 0.9),
          9,
        );
      });
    }
  });

  it("reads a long text in segments with a warm-up, and then has each place once", async () => {
    // 9,000 characters are 4 segments. The forget gates start near 1/2, so 1,000 characters before matter no more.
    const { model, parameters } = randomModel(vocabulary, { cell: "lstm", hidden: 4 });
    const symbols = text(9000);
    const { states, losses } = await record({ model, parameters }, sizesOf(V), symbols, { engine: "wasm" });
    expect(losses.subarray(1).every((loss) => loss > 0)).toBe(true);
    const sampler = await Sampler.open(model, sizesOf(V), parameters, {
      rows: 1,
      engine: "wasm",
      threads: 0,
    });
    let last: Float32Array | Float64Array = new Float32Array();
    for (let position = 0; position < 8999; position++) last = await sampler.step([symbols.at(position)]);
    const total = Array.from(last).reduce((sum, logit) => sum + Math.exp(logit), 0);
    expect(losses[8999]).toBeCloseTo(Math.log(total) - last[symbols.at(8999)], 4);
    expect(states.every(({ units }) => units.every((values) => values.length === 8999))).toBe(true);
    await sampler.close();
  });
});
