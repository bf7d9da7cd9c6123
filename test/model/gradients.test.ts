import { describe, expect, it } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { cellNames, type CellName } from "../../src/model/cells/index.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { Random } from "../../src/random.ts";
import { trainedChunk } from "./chunk.ts";
import { expectFiniteDifferences } from "./finite-differences.ts";
import { paddedBatch, randomRows, type RowNetwork } from "./padded-batch.ts";
import { allOr } from "../scope.ts";

const sum = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((total, x) => total + x, 0);

describe.each(cellNames)("the gradients of a network of %s cells", (cell) => {
  /** Enough rows for a chunk's weight gradients to be added up in two spans of steps, of 256 rows at most. */
  const B = 90;
  const T = 4;

  const variants: [string, Partial<ModelConfig>, number][] = [
    ["one layer, one-hot", { layers: 1 }, T],
    ["two layers, one-hot", {}, T],
    ["an embedding wider than the hidden state", { embedding: 6 }, T],
    ["dropout", { dropout: 0.4 }, T],
    ["a last chunk of fewer steps", { embedding: 2 }, 2],
  ];

  it.each(allOr(variants.slice(3), variants))(
    "agree with finite differences in float64: %s",
    async (_name, variant, steps) => {
      const config = { cell, layers: 2, hidden: 3, embedding: 0, dropout: 0, ...variant };
      const chunk = { vocabularySize: 5, batch: B, steps: T };
      const { layout, network, unrolled, fill } = trainedChunk(config, chunk);
      const forward = [...network.pack(), ...unrolled.loadStates(), ...unrolled.forward(steps)];
      const programs = {
        loss: [...forward, ...unrolled.score(steps)],
        gradients: [...forward, ...unrolled.backward(steps)],
      };
      const engine = new ReferenceEngine(layout, programs, "float64");
      await fill(engine, { init: "uniform", initRange: 0.8, forgetBias: 1 });
      engine.write(unrolled.counted, [steps * B]);
      await expectFiniteDifferences(engine, network, async () => {
        await engine.run("loss");
        const losses = await engine.read(unrolled.losses);
        return sum(losses.slice(0, steps * B)) / (steps * B);
      });
    },
  );
});

type Variant = Omit<RowNetwork, "config"> & { readonly config: Partial<ModelConfig> };

const inputs = {
  "one-hot": { sizes: { inputs: 4 }, config: {} },
  embedding: { sizes: { inputs: 4 }, config: { embedding: 2 } },
  numeric: { sizes: { inputs: 2, numeric: true }, config: {} },
} as const;

const heads = {
  softmax: { loss: "softmax", weighted: false, outputs: 3 },
  "softmax, weighted": { loss: "softmax", weighted: true, outputs: 3 },
  sigmoid: { loss: "sigmoid", weighted: false, outputs: 1 },
  "two sigmoids, weighted": { loss: "sigmoid", weighted: true, outputs: 2 },
  squares: { loss: "squares", weighted: true, outputs: 2 },
} as const;

function variantOf(
  input: keyof typeof inputs,
  layers: number,
  bidirectional: boolean,
  reads: "steps" | "last",
  headName: keyof typeof heads,
  dropout = 0,
): [string, Variant] {
  const { outputs, ...head } = heads[headName];
  const { sizes, config } = inputs[input];
  const directions = bidirectional ? "both directions" : "one direction";
  const name = `${input}, ${layers} layers, ${directions}, reads ${reads}, ${headName}, dropout ${dropout}`;
  return [
    name,
    {
      config: { ...config, layers, bidirectional, dropout },
      sizes: { ...sizes, outputs },
      head: { reads, ...head },
    },
  ];
}

const few: [string, Variant][] = [
  variantOf("one-hot", 2, true, "last", "softmax, weighted"),
  variantOf("embedding", 1, false, "last", "sigmoid"),
  variantOf("numeric", 1, true, "last", "squares"),
  variantOf("embedding", 2, true, "steps", "softmax", 0.4),
  variantOf("numeric", 1, false, "steps", "squares"),
];

const inputNames = ["one-hot", "embedding", "numeric"] as const;
const headNames = Object.keys(heads) as (keyof typeof heads)[];
const everything = [
  ...few,
  variantOf("numeric", 2, true, "last", "two sigmoids, weighted", 0.4),
  ...inputNames.flatMap((input) =>
    [1, 2].flatMap((layers) => [
      ...[false, true].flatMap((both) =>
        headNames.map((head) => variantOf(input, layers, both, "last", head)),
      ),
      variantOf(input, layers, true, "steps", "softmax"),
      ...[false, true].map((both) => variantOf(input, layers, both, "steps", "squares")),
    ]),
  ),
];

describe.each(cellNames)(
  "the gradients of a network of %s cells for rows of unequal length",
  (cell: CellName) => {
    /** Rows of 5, 0, 1 and 3 steps, padded to 5 in tensors for 6. */
    const lengths = [5, 0, 1, 3];
    const [steps, capacity] = [5, 6];

    it.each(allOr(few, everything))(
      "agree with finite differences in float64: %s",
      async (_name, { config, sizes, head }) => {
        const rowNetwork = {
          config: { cell, layers: 1, hidden: 3, embedding: 0, dropout: 0, ...config },
          sizes,
          head,
        };
        const { layout, network, unrolled, ...batch } = paddedBatch(rowNetwork, {
          batch: lengths.length,
          steps: capacity,
        });
        const engine = new ReferenceEngine(layout, batch.programs(steps), "float64");
        await batch.fillParameters(engine);
        const counted = batch.fillRows(engine, randomRows(rowNetwork, lengths, Random.of(4)));
        await expectFiniteDifferences(engine, network, async () => {
          await engine.run("losses");
          const losses = await engine.read(unrolled.lossesOf(steps));
          return sum(losses) / counted;
        });
      },
    );

    it("are zero if no row counts", async () => {
      const [, variant] = few[0];
      const rowNetwork = {
        ...variant,
        config: { cell, hidden: 3, embedding: 0, dropout: 0, layers: 2, ...variant.config },
      };
      const { layout, unrolled, ...batch } = paddedBatch(rowNetwork, { batch: 2, steps: 3 });
      const engine = new ReferenceEngine(layout, batch.programs(3), "float64");
      await batch.fillParameters(engine);
      batch.fillRows(engine, []);
      engine.write(unrolled.counted, [1]);
      await engine.run("gradients");
      for (const { name, tensor } of batch.gradients) {
        expect(
          Array.from(await engine.read(tensor)).every((x) => x === 0),
          name,
        ).toBe(true);
      }
    });
  },
);
