import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/engines.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { Random } from "../../src/random.ts";
import { shuffled } from "../../src/tasks/examples/batches.ts";
import { paddedBatch, randomRows, type Row, type RowNetwork } from "./padded-batch.ts";

/** Rows of up to nine steps, of which batches are made. */
const LENGTHS = [4, 9, 1, 6, 2, 5];
const [BATCH, STEPS] = [5, 9];

const variants: [
  string,
  Omit<RowNetwork, "config">,
  { layers: number; embedding: number; bidirectional: boolean },
][] = [
  [
    "one-hot, both directions",
    { sizes: { inputs: 6, outputs: 3 }, head: { reads: "last", loss: "softmax", weighted: false } },
    { layers: 2, embedding: 0, bidirectional: true },
  ],
  [
    "an embedding, one direction",
    { sizes: { inputs: 6, outputs: 1 }, head: { reads: "last", loss: "sigmoid", weighted: true } },
    { layers: 1, embedding: 3, bidirectional: false },
  ],
  [
    "numbers, both directions",
    {
      sizes: { inputs: 6, outputs: 1, numeric: true },
      head: { reads: "last", loss: "squares", weighted: true },
    },
    { layers: 2, embedding: 0, bidirectional: true },
  ],
  [
    "an embedding, both directions, read at every step",
    { sizes: { inputs: 6, outputs: 3 }, head: { reads: "steps", loss: "softmax", weighted: false } },
    { layers: 2, embedding: 3, bidirectional: true },
  ],
  [
    "numbers, one direction, read at every step",
    {
      sizes: { inputs: 3, outputs: 3, numeric: true },
      head: { reads: "steps", loss: "squares", weighted: true },
    },
    { layers: 1, embedding: 0, bidirectional: false },
  ],
];

/** A batch that holds a row: in which place, with which other rows, padded how far and with what. */
interface Shape {
  readonly row: number;
  readonly seed: number;
  readonly place: number;
  readonly steps: number;
  readonly padding: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  row: fc.nat(LENGTHS.length - 1),
  seed: fc.nat(1000),
  place: fc.nat(BATCH - 1),
  steps: fc.integer({ min: 1, max: STEPS }),
  padding: fc.nat(5),
});

describe.each(cellNames)("a network of %s cells", (cell) => {
  describe.each(variants)("that reads %s", (_name, { sizes, head }, shape) => {
    const rowNetwork = { sizes, head, config: { cell, hidden: 9, dropout: 0, ...shape } };
    const rows = randomRows(rowNetwork, LENGTHS, Random.of(2));
    const none: Row = { steps: [], answers: [] };
    const laid = paddedBatch(rowNetwork, { batch: BATCH, steps: STEPS });
    let engine: Engine;
    beforeAll(async () => {
      const programs = Array.from({ length: STEPS }, (_, index) => {
        const { losses, gradients } = laid.programs(index + 1);
        return [
          [`losses${index + 1}`, losses],
          [`gradients${index + 1}`, gradients],
        ] as const;
      });
      const named = Object.fromEntries(programs.flat());
      engine = await openEngine(laid.layout, named, { engine: "wasm", threads: 0 });
      await laid.fillParameters(engine);
    });
    afterAll(() => engine.close());

    /** The sum of the losses of the row in one place of a batch. */
    const lossAt = async (batch: readonly Row[], place: number, steps: number, padding: number) => {
      laid.fillRows(engine, batch, padding);
      await engine.run(`losses${steps}`);
      const losses = await engine.read(laid.unrolled.lossesOf(steps));
      return Array.from(losses).reduce((sum, loss, index) => sum + (index % BATCH === place ? loss : 0), 0);
    };

    /** The rows of a batch of some shape: its row, and others that fit, or none, around it. */
    const batchOf = ({ row, seed, place, steps }: Shape): { batch: Row[]; padded: number } => {
      const padded = Math.max(steps, LENGTHS[row]);
      const random = Random.of(seed);
      const others = [...rows.filter(({ steps: own }) => own.length <= padded), none, none, none, none];
      const batch = shuffled(others, random).slice(0, BATCH);
      batch[place] = rows[row];
      return { batch, padded };
    };

    it("has the same loss for a row in every batch", async () => {
      const alone: number[] = [];
      for (const row of rows) alone.push(await lossAt([row], 0, row.steps.length, 0));
      await fc.assert(
        fc.asyncProperty(shapes, async (shapeOfBatch) => {
          const { row, place, padding } = shapeOfBatch;
          const { batch, padded } = batchOf(shapeOfBatch);
          const loss = await lossAt(batch, place, padded, padding);
          expect(Math.abs(loss / alone[row] - 1)).toBeLessThan(1e-5);
        }),
        { numRuns: 30 },
      );
    });

    /** The losses and gradients of a batch. */
    const computed = async (batch: readonly Row[], steps: number, padding: number) => {
      laid.fillRows(engine, batch, padding);
      await engine.run(`gradients${steps}`);
      const tensors = [laid.unrolled.lossesOf(steps), ...laid.gradients.map(({ tensor }) => tensor)];
      // Adding 0 makes 0 of -0: the gradient of an input that no row reads may be either.
      return Promise.all(tensors.map(async (tensor) => Array.from(await engine.read(tensor), (x) => x + 0)));
    };

    it("computes the same bits, whatever the padding is", async () => {
      await fc.assert(
        fc.asyncProperty(shapes, async (shapeOfBatch) => {
          const { batch, padded } = batchOf(shapeOfBatch);
          expect(await computed(batch, padded, shapeOfBatch.padding)).toEqual(
            await computed(batch, padded, 0),
          );
        }),
        { numRuns: 10 },
      );
    });

    it("has the same gradients, however far a batch is padded", async () => {
      await fc.assert(
        fc.asyncProperty(shapes, async (shapeOfBatch) => {
          const { batch, padded } = batchOf(shapeOfBatch);
          const [, ...short] = await computed(batch, padded, 0);
          const [, ...long] = await computed(batch, STEPS, shapeOfBatch.padding);
          for (const [index, gradient] of short.entries()) {
            const largest = Math.max(...gradient.map(Math.abs));
            const apart = Math.max(...gradient.map((x, i) => Math.abs(x - long[index][i])));
            expect(apart, laid.gradients[index].name).toBeLessThanOrEqual(1e-5 * largest);
          }
        }),
        { numRuns: 10 },
      );
    });
  });
});
