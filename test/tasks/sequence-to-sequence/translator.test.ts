import { describe, expect, it } from "vitest";
import { openEngine } from "../../../src/engine/engines.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { initialParameters } from "../../../src/model/initialization.ts";
import { Network, type ModelConfig } from "../../../src/model/network.ts";
import { namedData, writeStored } from "../../../src/model/weights.ts";
import { Random } from "../../../src/random.ts";
import { type Hypothesis } from "../../../src/sampling/beam-search.ts";
import { pairLengths } from "../../../src/tasks/sequence-to-sequence/pair-batches.ts";
import { PairScorer } from "../../../src/tasks/sequence-to-sequence/pair-scorer.ts";
import { Translator } from "../../../src/tasks/sequence-to-sequence/translator.ts";
import { allOr } from "../../scope.ts";
import { pairsOf, stepsOf } from "./fixture.ts";

const INPUTS = [[0, 1, 2, 3], [4], [3, 3, 1], [2, 0, 4, 1, 1, 3], [1, 2]];
const SIZES = { inputs: 5, outputs: 4 };
const END = 3;

const common = { layers: 1, hidden: 11, embedding: 0, dropout: 0, bidirectional: false } as const;
const models: [string, ModelConfig][] = [
  ["lstm, both directions", { ...common, cell: "lstm", attention: "luong", bidirectional: true }],
  [
    "gru of two layers without attention",
    { ...common, cell: "gru", attention: "none", layers: 2, embedding: 3 },
  ],
  ["rnn", { ...common, cell: "rnn", attention: "luong" }],
  ["mingru, both directions", { ...common, cell: "mingru", attention: "luong", bidirectional: true }],
];

const parametersOf = (config: ModelConfig) =>
  initialParameters(config, SIZES, { init: "uniform", initRange: 1.5, forgetBias: 1 }, Random.of(3));

async function written(config: ModelConfig, beams: number, batchSize: number, threads = 0) {
  const layout = new Layout();
  const network = new Network(layout, config, SIZES, { training: false });
  const options = { batchSize, lengths: [2, 6], beams, end: END, maxOutput: 7 };
  const translator = new Translator(layout, network, options);
  const engine = await openEngine(layout, translator.programs, { engine: "wasm", threads });
  writeStored(engine, network.parameters, namedData(await parametersOf(config)));
  const outputs = await translator.write(engine, stepsOf(INPUTS));
  await engine.close();
  return outputs;
}

/** The log-probability of an output with its end, by the forward pass that reads the whole output at once. */
async function logProbability(config: ModelConfig, input: number[], output: readonly number[]) {
  const pairs = pairsOf([input], [output]);
  const layout = new Layout();
  const network = new Network(layout, config, SIZES, { training: false });
  const scorer = new PairScorer(layout, network, { batchSize: 1, lengths: pairLengths(pairs) });
  const engine = await openEngine(layout, scorer.programs, { engine: "wasm", threads: 0 });
  writeStored(engine, network.parameters, namedData(await parametersOf(config)));
  const { loss } = await scorer.score(engine, pairs, END);
  await engine.close();
  return -loss;
}

describe.each(allOr(models.slice(0, 2), models))("outputs that a model writes: %s", (_name, config) => {
  it("have the probabilities of a model that reads them whole", async () => {
    for (const [example, best] of (await written(config, 3, 2)).entries()) {
      const complete = best.filter(({ cut }) => !cut);
      for (const { symbols, logProbability: own } of complete) {
        expect(own).toBeCloseTo(await logProbability(config, INPUTS[example], symbols), 4);
      }
      expect(new Set(best.map(({ symbols }) => symbols.join())).size).toBe(best.length);
    }
  });

  it("are the same in batches of any size, and on any number of threads", async () => {
    const plain = (all: readonly (readonly Hypothesis[])[]) =>
      all.map((best) => best.map(({ symbols }) => symbols));
    const alone = plain(await written(config, 3, 1));
    expect(plain(await written(config, 3, 4))).toEqual(alone);
    expect(plain(await written(config, 3, 4, 2))).toEqual(alone);
  });

  it("are at most as long as allowed, and say if they were cut", async () => {
    const all = (await written(config, 1, 5)).flat();
    expect(all).toHaveLength(INPUTS.length);
    for (const { symbols, cut } of all) {
      expect(symbols).not.toContain(END);
      expect(cut ? symbols.length : Math.min(symbols.length, 6)).toBe(cut ? 7 : symbols.length);
    }
  });
});
