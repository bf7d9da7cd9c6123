import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openEngine } from "../../../src/engine/engines.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { initialParameters } from "../../../src/model/initialization.ts";
import { Network, type ModelConfig } from "../../../src/model/network.ts";
import { type NetworkSizes } from "../../../src/model/shapes.ts";
import { namedData, writeStored } from "../../../src/model/weights.ts";
import { Random } from "../../../src/random.ts";
import { outputCount, type Answers } from "../../../src/tasks/examples/answers.ts";
import { ExampleScorer } from "../../../src/tasks/examples/example-scorer.ts";
import { batchesOf, paddedLength } from "../../../src/tasks/examples/batches.ts";
import { lengthIn, type Examples } from "../../../src/tasks/examples/encoder.ts";
import { examplesOf } from "./fixture.ts";

/** 40 examples of 1 to 12 steps. */
const random = Random.of(3);
const lengths = Array.from({ length: 40 }, () => 1 + Math.floor(12 * random.next()));
const numbers = (count: number) => Array.from({ length: count }, () => 2 * random.next() - 1);
const texts = lengths.map((length) => Array.from({ length }, () => Math.floor(7 * random.next())));
const series = lengths.map((length) => Array.from({ length }, () => numbers(3)));
const classes = (count: number) => lengths.map(() => Math.floor(count * random.next()));

interface Variant {
  readonly examples: Examples;
  readonly answers: Answers;
  readonly sizes: Omit<NetworkSizes, "outputs">;
  readonly model: Partial<ModelConfig>;
}

/** A tag for each step, but none for a sixth of them. */
const tags = texts.flat().map(() => Math.floor(6 * random.next()) - 1);
const tagged = {
  ...examplesOf(texts, []),
  tags: Int32Array.from(tags, (tag, step) => (tag < 0 ? -1 : step)),
  targets: Int32Array.from(tags),
};

const variants: [string, Variant][] = [
  [
    "texts with three classes, read in both directions",
    {
      examples: examplesOf(texts, classes(3)),
      answers: { labels: ["a", "b", "c"] },
      sizes: { inputs: 7 },
      model: { layers: 2, bidirectional: true },
    },
  ],
  [
    "texts with two classes, through an embedding",
    {
      examples: examplesOf(texts, classes(2)),
      answers: { labels: ["no", "yes"] },
      sizes: { inputs: 7 },
      model: { embedding: 4 },
    },
  ],
  [
    "rows of numbers with a number, read in both directions",
    {
      examples: examplesOf(series, numbers(40)),
      answers: { mean: 0.1, deviation: 0.5 },
      sizes: { inputs: 3, numeric: true },
      model: { cell: "lstm", bidirectional: true },
    },
  ],
  [
    "texts with five tags, read in both directions",
    {
      examples: tagged,
      answers: { labels: ["a", "b", "c", "d", "e"] },
      sizes: { inputs: 7 },
      model: { bidirectional: true },
    },
  ],
];

async function scored(
  { examples, answers, sizes, model }: Variant,
  batchSize: number,
  padded: readonly number[],
) {
  const config: ModelConfig = { cell: "gru", layers: 1, hidden: 10, embedding: 0, dropout: 0, ...model };
  const all = { ...sizes, outputs: outputCount(answers) };
  const loss = { answers, isTagged: examples.tags !== undefined };
  const layout = new Layout();
  const network = new Network(layout, config, all, { training: false });
  const scorer = new ExampleScorer(layout, network, loss, { batchSize, lengths: padded });
  const engine = await openEngine(layout, scorer.programs, { engine: "wasm", threads: 0 });
  const init = { init: "uniform", initRange: 0.7, forgetBias: 1 } as const;
  writeStored(
    engine,
    network.parameters,
    namedData(await initialParameters(config, all, init, Random.of(1))),
  );
  const result = await scorer.score(engine, examples);
  await engine.close();
  const lengthOf = (example: number) => lengthIn(examples, example);
  const steps = batchesOf(Array(examples.count).keys(), batchSize, padded, lengthOf)
    .map((batch) => batchSize * paddedLength(Math.max(...batch.map(lengthOf)), padded))
    .reduce((sum, own) => sum + own, 0);
  return { ...result, steps };
}

describe("the scores of examples", () => {
  it.each(variants)(
    "are the same in batches of any size, padded to any lengths: %s",
    async (_name, variant) => {
      const own = await scored(
        variant,
        1,
        [...new Set(lengths)].sort((a, b) => a - b),
      );
      expect(own.steps).toBe(lengths.reduce((sum, length) => sum + length, 0));
      const shorter = fc.uniqueArray(fc.integer({ min: 1, max: 11 }), { maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 50 }),
          shorter,
          fc.nat(3),
          async (batchSize, some, more) => {
            const padded = [...some.toSorted((a, b) => a - b), 12 + more];
            const { losses, outputs } = await scored(variant, batchSize, padded);
            const worst = losses.reduce(
              (most, loss, i) => Math.max(most, Math.abs(loss / own.losses[i] - 1) || 0),
              0,
            );
            expect(worst).toBeLessThan(1e-5);
            const apart = outputs.reduce(
              (most, output, i) => Math.max(most, Math.abs(output - own.outputs[i])),
              0,
            );
            expect(apart).toBeLessThan(1e-5);
          },
        ),
        { numRuns: 15 },
      );
    },
  );

  it("are the losses of the outputs: -ln of the right class's probability", async () => {
    const [, variant] = variants[0];
    const { outputs, losses } = await scored(variant, 8, [12]);
    for (const [example, target] of variant.examples.targets.entries()) {
      const logits = [...outputs.subarray(3 * example, 3 * example + 3)];
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      expect(losses[example]).toBeCloseTo(Math.log(sum) - logits[target], 5);
    }
  });

  it("are the losses of tagged steps, and 0 for a step without a tag", async () => {
    const [, variant] = variants[3];
    const { outputs, losses } = await scored(variant, 8, [12]);
    expect(losses.length).toBe(tags.length);
    tags.forEach((tag, step) => {
      const logits = [...outputs.subarray(5 * step, 5 * step + 5)];
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      expect(losses[step]).toBeCloseTo(tag < 0 ? 0 : Math.log(sum) - logits[tag], 5);
    });
  });

  it("are squared errors in deviations, for numbers", async () => {
    const [, variant] = variants[2];
    const { outputs, losses } = await scored(variant, 8, [12]);
    for (const [example, target] of variant.examples.targets.entries()) {
      expect(losses[example]).toBeCloseTo((outputs[example] - (target - 0.1) / 0.5) ** 2, 4);
    }
  });
});
