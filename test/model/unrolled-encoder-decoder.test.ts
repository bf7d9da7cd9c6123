import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCompiled } from "../../src/engine/node/compiled-engine.ts";
import { type Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/engines.ts";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { Random } from "../../src/random.ts";
import { compiledKernels } from "../engine/compiled-kernels.ts";
import { expectSameBits } from "../engine/same-bits.ts";
import { allOr, testsAll } from "../scope.ts";
import { expectFiniteDifferences } from "./finite-differences.ts";
import { pairBatch, randomPairs, type Pair, type PairNetwork } from "./pair-batch.ts";

const sum = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((total, x) => total + x, 0);

type Variant = Partial<ModelConfig> & { readonly smoothing?: number };

function networkOf(
  cell: ModelConfig["cell"],
  { smoothing = 0, ...variant }: Variant,
  hidden = 3,
): PairNetwork {
  const config = {
    cell,
    layers: 1,
    hidden,
    embedding: 0,
    dropout: 0,
    attention: "luong",
    ...variant,
  } as const;
  return { config, sizes: { inputs: 5, outputs: 4 }, smoothing };
}

const few: [string, Variant][] = [
  ["attention, one-hot, both directions", { bidirectional: true }],
  ["no attention, embedding, two layers", { attention: "none", embedding: 2, layers: 2 }],
  [
    "attention, embedding, two layers, both directions, dropout",
    { embedding: 2, layers: 2, bidirectional: true, dropout: 0.3 },
  ],
];

const everything: [string, Variant][] = [
  ...few,
  ...(["luong", "none"] as const).flatMap((attention) =>
    [0, 2].flatMap((embedding) =>
      [1, 2].flatMap((layers) =>
        [false, true].map((bidirectional): [string, Variant] => [
          `attention ${attention}, embedding ${embedding}, ${layers} layers, bidirectional ${bidirectional}`,
          { attention, embedding, layers, bidirectional },
        ]),
      ),
    ),
  ),
];

/** Inputs and outputs of unequal length; one row of the batch is empty, and one output is only its end. */
const LENGTHS = [
  [3, 2],
  [1, 4],
  [4, 0],
] as const;

/** The cell with two states, and one with a single state; `npm run test:all` has every cell. */
const tried = allOr(["lstm", "gru"] as const, cellNames);

describe.each(tried)("the gradients of an encoder and a decoder of %s cells", (cell) => {
  it.each(allOr(few, everything))("agree with finite differences in float64: %s", async (_name, variant) => {
    const pairNetwork = networkOf(cell, variant);
    const capacity = { encoder: 5, decoder: 6 };
    const counts = { encoder: 4, decoder: 5 };
    const { layout, network, unrolled, ...batch } = pairBatch(pairNetwork, { batch: 4, steps: capacity });
    const engine = new ReferenceEngine(layout, batch.programs(counts), "float64");
    await batch.fillParameters(engine);
    const [first, ...others] = randomPairs(pairNetwork, LENGTHS, Random.of(4));
    const counted = batch.fillPairs(engine, [first, undefined, ...others]);
    await expectFiniteDifferences(engine, network, async () => {
      await engine.run("losses");
      return sum(await engine.read(unrolled.lossesOf(counts))) / counted;
    });
  });
});

it("spreads a share of each target's probability in training, and none in a validation", async () => {
  const pairNetwork = networkOf("gru", { smoothing: 0.2 });
  const counts = { encoder: 3, decoder: 3 };
  const { layout, unrolled, ...batch } = pairBatch(pairNetwork, { batch: 1, steps: counts });
  const engine = new ReferenceEngine(layout, batch.programs(counts), "float64");
  await batch.fillParameters(engine);
  batch.fillPairs(engine, [{ input: [0, 1, 2], output: [2, 0] }]);
  await engine.run("losses");
  const plain = sum(await engine.read(unrolled.lossesOf(counts)));
  const logits = await engine.read(unrolled.head.logits);
  await engine.run("gradients");
  const smoothed = sum(await engine.read(unrolled.lossesOf(counts)));
  // The mean of -ln p over all four symbols has the weight 0.2, and that of the target has 0.8.
  const spread = [0, 1, 2].reduce((total, step) => {
    const z = Array.from(logits.slice(step * 4, step * 4 + 4));
    const log = Math.log(sum(z.map(Math.exp)));
    return total + log - sum(z) / 4;
  }, 0);
  expect(smoothed).toBeCloseTo(0.8 * plain + 0.2 * spread, 10);
});

const wide: [string, PairNetwork][] = [
  ["gru, attention, both directions", networkOf("gru", { bidirectional: true, layers: 2, embedding: 4 }, 19)],
  ["lstm, attention", networkOf("lstm", { embedding: 4 }, 33)],
  ["lstm, no attention, both directions", networkOf("lstm", { attention: "none", bidirectional: true }, 19)],
  ["rnn, attention", networkOf("rnn", {}, 19)],
  ["mingru, attention, both directions", networkOf("mingru", { bidirectional: true }, 19)],
];

/** The losses and gradients of a batch. */
async function computed(laid: ReturnType<typeof pairBatch>, engine: Engine, decoder: number) {
  await engine.run("gradients");
  const tensors = [
    laid.unrolled.lossesOf({ encoder: 0, decoder }),
    ...laid.gradients.map(({ tensor }) => tensor),
  ];
  return Promise.all(tensors.map(async (tensor) => Float64Array.from(await engine.read(tensor))));
}

describe.each(await compiledKernels())("an encoder and a decoder on the $label engine", ({ kernels }) => {
  it.each(allOr(wide.slice(0, 1), wide))(
    "agree with the reference, and are the same to the bit on 1, 2 and 3 threads: %s",
    async (_name, pairNetwork) => {
      const counts = { encoder: 7, decoder: 6 };
      const laid = pairBatch(pairNetwork, { batch: 9, steps: counts });
      const lengths = Array.from({ length: 8 }, (_, i) => [1 + ((i * 3) % 7), (i * 2) % 6] as const);
      const pairs = randomPairs(pairNetwork, lengths, Random.of(5));
      const results = async (engine: Engine) => {
        await laid.fillParameters(engine, 0.4);
        laid.fillPairs(engine, pairs);
        const values = await computed(laid, engine, counts.decoder);
        await engine.close();
        return values;
      };
      const programs = laid.programs(counts);
      const expected = await results(new ReferenceEngine(laid.layout, programs, "float64"));
      const onThreads = async (threads: number) =>
        results(await openCompiled(kernels, laid.layout, programs, { threads }));
      const one = await onThreads(1);
      for (const [index, values] of one.entries()) {
        const largest = expected[index].reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        const apart = values.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[index][i])), 0);
        expect(apart / largest, `tensor ${index}`).toBeLessThan(1e-5);
      }
      for (const threads of [2, 3])
        expectSameBits(await onThreads(threads), one, `${threads} threads, tensor`);
    },
  );
});

/** A batch that holds a pair: in which place, with which others, padded how far and with what. */
const shapes = fc.record({
  pair: fc.nat(4),
  seed: fc.nat(1000),
  place: fc.nat(3),
  encoder: fc.integer({ min: 1, max: 6 }),
  decoder: fc.integer({ min: 1, max: 6 }),
  padding: fc.nat(3),
});

describe.each(allOr(wide.slice(0, 1), wide))(
  "a padded batch of an encoder and a decoder: %s",
  (_name, network) => {
    const MOST = 6;
    const pairs = randomPairs(
      network,
      [
        [3, 5],
        [6, 1],
        [1, 2],
        [4, 0],
        [2, 4],
      ],
      Random.of(2),
    );
    const laid = pairBatch(network, { batch: 4, steps: { encoder: MOST, decoder: MOST } });
    const fits = ({ input, output }: Pair, encoder: number, decoder: number) =>
      input.length <= encoder && output.length < decoder;
    let engine: Engine;
    beforeAll(async () => {
      const every = Array.from({ length: MOST * MOST }, (_, index) => {
        const counts = { encoder: Math.floor(index / MOST) + 1, decoder: (index % MOST) + 1 };
        return [`${counts.encoder}x${counts.decoder}`, laid.programs(counts).losses] as const;
      });
      engine = await openEngine(laid.layout, Object.fromEntries(every), { engine: "wasm", threads: 0 });
      await laid.fillParameters(engine);
    });
    afterAll(() => engine.close());

    it("gives a pair the same loss in every batch", async () => {
      const lossAt = async (batch: (Pair | undefined)[], place: number, shape: string, padding: number) => {
        laid.fillPairs(engine, batch, padding);
        await engine.run(shape);
        const [, decoder] = shape.split("x").map(Number);
        const losses = await engine.read(laid.unrolled.lossesOf({ encoder: 0, decoder }));
        return Array.from(losses).reduce((total, loss, index) => total + (index % 4 === place ? loss : 0), 0);
      };
      const alone: number[] = [];
      for (const pair of pairs) {
        alone.push(await lossAt([pair], 0, `${pair.input.length}x${pair.output.length + 1}`, 0));
      }
      await fc.assert(
        fc.asyncProperty(shapes, async ({ pair, seed, place, padding, ...padded }) => {
          const own = pairs[pair];
          const encoder = Math.max(padded.encoder, own.input.length);
          const decoder = Math.max(padded.decoder, own.output.length + 1);
          const others = pairs.filter((other) => fits(other, encoder, decoder));
          const random = Random.of(seed);
          const batch = Array.from({ length: 4 }, () =>
            others.at(Math.floor(random.next() * 2 * others.length)),
          );
          batch[place] = own;
          const loss = await lossAt(batch, place, `${encoder}x${decoder}`, padding);
          expect(Math.abs(loss / alone[pair] - 1)).toBeLessThan(1e-5);
        }),
        { numRuns: testsAll ? 60 : 20 },
      );
    });
  },
);
