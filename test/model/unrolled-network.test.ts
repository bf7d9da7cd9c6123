import { describe, expect, it } from "vitest";
import { openCompiled } from "../../src/engine/node/compiled-engine.ts";
import { type Engine } from "../../src/engine/engine.ts";
import { lower } from "../../src/engine/lowering/lower.ts";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { columnShares } from "../../src/engine/sharing.ts";
import { type Tensor } from "../../src/engine/tensor.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { Random } from "../../src/random.ts";
import { usualKernels } from "../engine/compiled-kernels.ts";
import { expectSameBits } from "../engine/same-bits.ts";
import { trainedChunk } from "./chunk.ts";
import { paddedBatch, randomRows, type RowNetwork } from "./padded-batch.ts";
import { allOr } from "../scope.ts";

/** A network unrolled over a chunk of T steps of `batch` rows, forward and backward. */
function setUp(config: ModelConfig, batch: number, T = 6) {
  const { layout, network, states, unrolled, fill } = trainedChunk(config, {
    vocabularySize: 11,
    batch,
    steps: T,
  });
  const chunk = [
    ...network.pack(),
    ...unrolled.loadStates(),
    ...unrolled.forward(T),
    ...unrolled.backward(T),
    ...unrolled.saveStates(T),
  ];
  const read: Tensor[] = [unrolled.losses, ...states.flat()];
  for (const { gradient } of network.parameters) if (gradient) read.push(gradient);

  /** Losses, states and gradients of one chunk. */
  const results = async (engine: Engine<"chunk">): Promise<Float64Array[]> => {
    await fill(engine, { init: "torch", initRange: 0, forgetBias: 1 });
    await engine.run("chunk");
    const values = await Promise.all(read.map((tensor) => engine.read(tensor)));
    await engine.close();
    return values.map((numbers) => Float64Array.from(numbers));
  };
  return { layout, programs: { chunk }, results };
}

/** That each tensor is off by less than `bound` of its largest number. */
function expectNear(actual: readonly Float64Array[], expected: readonly Float64Array[], bound: number): void {
  actual.forEach((values, index) => {
    const scale = expected[index].reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
    const error = values.reduce((worst, x, i) => Math.max(worst, Math.abs(x - expected[index][i])), 0);
    expect(scale).toBeGreaterThan(0);
    expect(error / scale, `tensor ${index}`).toBeLessThan(bound);
  });
}

/** A team whose threads share rows, and columns in groups; `npm run test:all` tries more of them. */
const teams = allOr([4], [2, 3, 4, 6, 8]);

const expectations = new Map<string, Promise<Float64Array[]>>();

/** What the reference engine computes in float64, once for all engines that are compared with it. */
function expected(what: unknown, compute: () => Promise<Float64Array[]>): Promise<Float64Array[]> {
  const key = JSON.stringify(what);
  const values = expectations.get(key) ?? compute();
  expectations.set(key, values);
  return values;
}

function referenceOf(config: ModelConfig, batch: number, steps: number): Promise<Float64Array[]> {
  return expected([config, batch, steps], () => {
    const { layout, programs, results } = setUp(config, batch, steps);
    return results(new ReferenceEngine(layout, programs, "float64"));
  });
}

describe.each(await usualKernels())("a network on the $label engine", ({ kernels }) => {
  describe.each(allOr(["lstm", "gru", "mingru"], cellNames))("of two layers of %s cells", (cell) => {
    const config: ModelConfig = { cell, layers: 2, hidden: 70, embedding: 0, dropout: 0.2 };
    const on = async (threads: number, batch: number, more: Partial<ModelConfig> = {}, steps = 6) => {
      const { layout, programs, results } = setUp({ ...config, ...more }, batch, steps);
      return results(await openCompiled(kernels, layout, programs, { threads }));
    };

    it.each(allOr([7], [1, 2, 7]))("gives the same bits however a team shares out %d rows", async (batch) => {
      // 102 units are four blocks of columns, the last of six: two threads and more share the columns of a row alone, and
      // of seven rows four threads do, six, and each four of eight, which meet without the others.
      const hidden = 102;
      expect([2, 3, 4, 6, 8].map((threads) => columnShares(threads, 7, hidden))).toEqual([1, 1, 4, 6, 4]);
      const alone = await on(0, batch, { hidden });
      for (const threads of teams)
        expectSameBits(await on(threads, batch, { hidden }), alone, `${threads} threads`);
    });

    it.each(allOr([13], [0, 13]))("does so for a chunk of one step (embedding %d)", async (embedding) => {
      const alone = await on(0, 1, { embedding }, 1);
      for (const threads of allOr([3], [3, 4])) expectSameBits(await on(threads, 1, { embedding }, 1), alone);
    });

    /*
     * The reference computes in float64 here. A float32 engine rounds each of some 70 products of a sum and each of
     * 2 x 6 steps through time: sqrt(70 x 12) roundings of 2^-24 are 2e-6 of a tensor's largest number, and 2e-5
     * leaves a factor of ten.
     */
    it.each(allOr([13], [0, 13]))(
      "agrees with the reference in float64 (embedding %d)",
      async (embedding) => {
        expectNear(await on(0, 3, { embedding }), await referenceOf({ ...config, embedding }, 3, 6), 2e-5);
      },
    );

    // Ten times as many steps as above leave room for the halves: sqrt(10) times as many roundings.
    it.each(allOr([13], [0, 13]))("sums gradients by halves (embedding %d)", async (embedding) => {
      const size = { embedding, hidden: 38 };
      const hasHalves = (steps: number) => {
        const { layout, programs } = setUp({ ...config, ...size }, 9, steps);
        return lower(programs, layout).programs.chunk.some(({ op }) => op === "addHalf");
      };
      expect(hasHalves(6)).toBe(false);
      expect(hasHalves(60)).toBe(true);
      const alone = await on(0, 9, size, 60);
      for (const threads of allOr([2], [2, 3, 4])) expectSameBits(await on(threads, 9, size, 60), alone);
      expectNear(alone, await referenceOf({ ...config, ...size }, 9, 60), 6e-5);
    });
  });

  describe.each(allOr(["lstm", "gru"], cellNames))(
    "of two layers of %s cells that reads both directions",
    (cell) => {
      const everyStep = { reads: "steps", loss: "softmax", weighted: false } as const;
      const lastSteps = { reads: "last", loss: "squares", weighted: true } as const;
      it.each(
        allOr(
          [{ head: lastSteps, numeric: true }],
          [
            { head: everyStep, numeric: false },
            { head: everyStep, numeric: true },
            { head: lastSteps, numeric: false },
            { head: lastSteps, numeric: true },
          ],
        ),
      )(
        "gives the same bits on any team, near the reference's: reads $head.reads, numeric $numeric",
        async ({ head, numeric }) => {
          const rowNetwork: RowNetwork = {
            config: { cell, layers: 2, hidden: 34, embedding: 0, dropout: 0.2, bidirectional: true },
            sizes: { inputs: 11, outputs: 3, numeric },
            head,
          };
          const lengths = [7, 0, 12, 1, 5, 12, 9];
          const batch = paddedBatch(rowNetwork, { batch: lengths.length, steps: 13 });
          const programs = batch.programs(12);
          const computed = async (engine: Engine<"gradients">) => {
            await batch.fillParameters(engine, 1 / Math.sqrt(34));
            batch.fillRows(engine, randomRows(rowNetwork, lengths, Random.of(6)));
            await engine.run("gradients");
            const read = [batch.unrolled.lossesOf(12), ...batch.gradients.map(({ tensor }) => tensor)];
            const values = await Promise.all(read.map((tensor) => engine.read(tensor)));
            await engine.close();
            return values.map((numbers) => Float64Array.from(numbers));
          };
          const on = async (threads: number) =>
            computed(await openCompiled(kernels, batch.layout, programs, { threads }));
          const alone = await on(0);
          for (const threads of allOr([3], [2, 3, 4]))
            expectSameBits(await on(threads), alone, `${threads} threads`);
          // Twice as many steps as above: the error is sqrt(2) times as large.
          const reference = () => computed(new ReferenceEngine(batch.layout, programs, "float64"));
          expectNear(alone, await expected(rowNetwork, reference), 3e-5);
        },
      );
    },
  );
});
