import { describe, expect, it } from "vitest";
import { type Engine } from "../../../src/engine/engine.ts";
import { ReferenceEngine } from "../../../src/engine/reference.ts";
import { cellNames } from "../../../src/model/cells/index.ts";
import { type ModelConfig } from "../../../src/model/network.ts";
import { type LossRows } from "../../../src/inspection/gradients/rows.ts";
import {
  measureStateGradients,
  StateGradientLayout,
  type MeasuredModel,
  type StateGradientProgram,
} from "../../../src/inspection/gradients/state-gradients.ts";
import { textRows } from "../../../src/inspection/gradients/text-rows.ts";
import { type StoredValues } from "../../../src/model/weights.ts";
import { Random } from "../../../src/random.ts";
import { Symbols } from "../../../src/text/symbols.ts";
import { charactersOf, randomModel, sizesOf } from "../../model/fixture.ts";
import { allOr } from "../../scope.ts";
import { plainLoss, type Nudge } from "./plain-network.ts";

const V = 5;

/** The text of random symbols, and one row: the place after its last symbol but one. */
function onePlace(length: number): { symbols: number[]; rows: LossRows } {
  const random = Random.of(3);
  const symbols = Array.from({ length }, () => Math.floor(random.next() * V));
  const text = Symbols.from(symbols, V);
  // The earliest place of a text of up to 102 symbols is its last symbol.
  return { symbols, rows: textRows({ text, examples: undefined }, sizesOf(V), { count: 1, seed: 1 }) };
}

function inFloat64(model: MeasuredModel, rows: LossRows) {
  const laid = new StateGradientLayout(model, rows);
  const engine: Engine<StateGradientProgram> = new ReferenceEngine(laid.layout, laid.programs, "float64");
  return laid.measure(engine, model);
}

describe.each(cellNames)("the gradients of the states of a network of %s cells", (cell) => {
  const variants: [string, Partial<ModelConfig>][] = [
    ["one-hot", {}],
    ["with an embedding", { embedding: 3 }],
  ];

  it.each(allOr(variants.slice(1), variants))(
    "agree with finite differences in float64, at small lags: %s",
    async (_name, variant) => {
      const config = { layers: 2, hidden: 4, embedding: 0, dropout: 0.3, ...variant, cell };
      const model = randomModel(charactersOf("abcde"), config);
      const { symbols, rows } = onePlace(12);
      const [sequence, target] = [symbols.slice(0, -1), symbols[11]];
      const measured = await inFloat64(model, rows);
      expect(measured.map(({ state, layer }) => `${state}${layer}`)).toEqual(
        cell === "lstm" ? ["h0", "c0", "h1", "c1"] : ["h0", "h1"],
      );
      for (const { state, layer, mean, spread } of measured) {
        for (let lag = 0; lag < 5; lag++) {
          const at = { state, layer, step: sequence.length - 1 - lag };
          const loss = (nudge: Nudge) => plainLoss(config, model.parameters, sequence, target, nudge);
          const slopes = Array.from({ length: config.hidden }, (_, unit) => {
            const by = 1e-5;
            return (loss({ ...at, unit, by }) - loss({ ...at, unit, by: -by })) / (2 * by);
          });
          const norm = Math.hypot(...slopes);
          // Layer 0 of a state at lag 0 acts through layer 1 alone, and is never 0.
          expect(norm).toBeGreaterThan(1e-6);
          expect(Math.abs(mean[lag] / norm - 1), `${state}${layer} at lag ${lag}`).toBeLessThan(1e-4);
          expect(spread[lag]).toBe(0);
        }
        // The row has 11 steps, so it has the lags 0 to 10.
        expect(mean).toHaveLength(101);
        expect(mean.map(Number.isNaN).indexOf(true)).toBe(11);
      }
    },
  );
});

describe("the gradients of the state of an RNN with one unit", () => {
  const scalar = (data: readonly number[], shape: readonly number[]): StoredValues => ({
    shape,
    dtype: "float32",
    data: Float32Array.from(data),
  });
  const model = (recurrent: number, head = 1): MeasuredModel => ({
    model: { cell: "rnn", layers: 1, hidden: 1, embedding: 0, dropout: 0 },
    parameters: new Map([
      // The symbols change nothing: the state stays 0, where tanh is linear.
      ["rnn.weight_ih_l0", scalar([0, 0], [1, 2])],
      ["rnn.weight_hh_l0", scalar([recurrent], [1, 1])],
      ["rnn.bias_ih_l0", scalar([0], [1])],
      ["rnn.bias_hh_l0", scalar([0], [1])],
      ["head.weight", scalar([head, -head], [2, 1])],
      ["head.bias", scalar([0, 0], [2])],
    ]),
  });
  const text = Symbols.from(
    Array.from({ length: 2000 }, (_, i) => i % 2),
    2,
  );
  const rows = textRows({ text, examples: undefined }, sizesOf(2), { count: 70, seed: 1 });

  it("are the recurrent weight to the power of the lag, times that of the head", async () => {
    // Both logits are 0, so dL/dz = (1/2 - 1, 1/2) or the same with the signs changed. With the head's weights 1 and -1,
    // |dL/dh| = |-1/2 - 1/2| = 1 at lag 0. Each step back multiplies by w (1 - 0^2) = 0.5.
    const [{ state, layer, mean, spread }] = await measureStateGradients(model(0.5), rows);
    expect([state, layer]).toEqual(["h", 0]);
    mean.forEach((value, lag) => {
      expect(Math.abs(value / 0.5 ** lag - 1)).toBeLessThan(1e-5);
    });
    // All 70 rows, of which 6 are in a second batch, have the same norm.
    spread.forEach((value, lag) => {
      expect(value / mean[lag]).toBeLessThan(1e-6);
    });
  });

  it("are measured below the smallest float32, and beyond the largest number of the first factor", async () => {
    const [small] = await measureStateGradients(model(0.35), rows);
    // 0.35^100 = e^(-104.98) = 2.6e-46; float32 has no normal numbers below 1.2e-38.
    expect(Math.abs(small.mean[100] / Math.fround(0.35) ** 100 - 1)).toBeLessThan(1e-4);
    const [large] = await measureStateGradients(model(2), rows);
    // 2^100 = 1.3e30, and times 2^40 it is above 3.4e38.
    expect(Math.abs(large.mean[100] / 2 ** 100 - 1)).toBeLessThan(1e-4);
    const [endless] = await measureStateGradients(model(50), rows);
    expect(endless.mean[100]).toBe(Infinity);
  });
});

describe("the warm-up", () => {
  it("reads whole runs of 50 symbols before each row, or starts the row from the zero state", async () => {
    const random = Random.of(3);
    const symbols = Array.from({ length: 160 }, () => Math.floor(random.next() * V));
    const text = Symbols.from(symbols, V);
    const count = 30;
    const rows = textRows({ text, examples: undefined }, sizesOf(V), { count, seed: 1 });
    // States that decay slowly, so that the symbols before a row matter.
    const config = { cell: "gru", layers: 1, hidden: 3, embedding: 0, dropout: 0 } as const;
    const model = randomModel(charactersOf("abcde"), config, 0.5);
    const before = Array.from({ length: count }, (_, row) => rows.before?.(row) ?? []);
    expect(new Set(before.map(({ length }) => length >= 50)).size).toBe(2);
    const norms = before.map((read, row) => {
      const { inputs, targets } = rows.fill(Int32Array.of(row), 1);
      const warm = read.length >= 50 ? read.slice(-50) : [];
      const sequence = [...warm, ...inputs];
      const slopes = [0, 1, 2].map((unit) => {
        const at = { state: "h", layer: 0, step: sequence.length - 1 - 40, unit };
        const loss = (by: number) => plainLoss(config, model.parameters, sequence, targets[0], { ...at, by });
        return (loss(1e-3) - loss(-1e-3)) / 2e-3;
      });
      return Math.hypot(...slopes);
    });
    const [measured] = await inFloat64(model, rows);
    const mean = norms.reduce((sum, norm) => sum + norm, 0) / count;
    expect(Math.abs(measured.mean[40] / mean - 1)).toBeLessThan(1e-4);
  });
});
