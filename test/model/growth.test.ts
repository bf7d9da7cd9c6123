import { describe, expect, it } from "vitest";
import { cellNames } from "../../src/model/cells/index.ts";
import { growAlong, growParameters } from "../../src/model/growth.ts";
import { initialParameters } from "../../src/model/initialization.ts";
import { Random } from "../../src/random.ts";
import { Sampler } from "../../src/sampling/sampler.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";
import { charactersOf, randomModel, sizesOf } from "./fixture.ts";

describe("growAlong", () => {
  const old = Float32Array.of(1, 2, 3, 4);
  const fresh = Float32Array.of(-1, -2, -3, -4, -5, -6);

  it("keeps the rows of old symbols, and takes those of new ones from the fresh tensor", () => {
    // The rows (1, 2) and (3, 4) are now the rows 0 and 2.
    const grown = growAlong(0, [0, undefined, 1], { old, fresh, shape: [3, 2] });
    expect([...grown]).toEqual([1, 2, -3, -4, 3, 4]);
  });

  it("does the same with columns", () => {
    // The columns (1, 3) and (2, 4) are now the columns 0 and 2.
    const grown = growAlong(1, [0, undefined, 1], { old, fresh, shape: [2, 3] });
    expect([...grown]).toEqual([1, -2, 2, 3, -5, 4]);
  });

  it("does the same with a vector, and with an axis between others", () => {
    const vector = { old: old.subarray(0, 2), fresh: fresh.subarray(0, 3), shape: [3] };
    expect([...growAlong(0, [1, 0, undefined], vector)]).toEqual([2, 1, -3]);
    const cube = { old, fresh: Float32Array.from({ length: 8 }, (_, i) => -i), shape: [2, 2, 2] };
    // [2, 1, 2] grows to [2, 2, 2]: in each of the two blocks comes a new row first.
    expect([...growAlong(1, [undefined, 0], cube)]).toEqual([-0, -1, 1, 2, -4, -5, 3, 4]);
  });
});

describe("growParameters", () => {
  const small = Vocabulary.fromJson(charactersOf("bdf"));
  const large = small.grownBy([0x61, 0x65, 0x67]);
  const origins = large.indicesIn(small);

  /** The logits after each symbol of a text. */
  async function logitsOf(
    model: ReturnType<typeof randomModel>["model"],
    vocabulary: Vocabulary,
    parameters: ReadonlyMap<string, Float32Array>,
    text: string,
  ) {
    const stored = new Map([...parameters].map(([name, data]) => [name, { data }]));
    const sampler = await Sampler.open(model, sizesOf(vocabulary.size), stored, {
      rows: 1,
      engine: "reference",
    });
    const logits: number[][] = [];
    for (const symbol of vocabulary.encode(text, "error")) logits.push([...(await sampler.step([symbol]))]);
    await sampler.close();
    return logits;
  }

  it.each(cellNames.flatMap((cell) => [0, 4].map((embedding) => [cell, embedding] as const)))(
    "leaves all that the network says about old symbols as it was: %s, embedding %i",
    async (cell, embedding) => {
      const { model, parameters } = randomModel(small.toJSON(), { cell, embedding });
      const options = { init: "torch", initRange: 1, forgetBias: 1 } as const;
      const fresh = await initialParameters(model, sizesOf(large.size), options, Random.of(5));
      const grown = growParameters(model, { inputs: origins, outputs: origins }, parameters, fresh);
      const old = new Map([...parameters].map(([name, { data }]) => [name, data]));
      const before = await logitsOf(model, small, old, "bdffdb");
      const after = await logitsOf(model, large, grown, "bdffdb");
      // b, d and f are symbols 1, 2 and 4 of "abdefg".
      expect(large.symbols.join("")).toBe("abdefg");
      expect(after.map((logits) => [logits[1], logits[2], logits[4]])).toEqual(before);
    },
  );

  it("lets input and output grow apart, as those of a tagger do", () => {
    const { model, parameters } = randomModel(
      { unit: "char", symbols: ["a", "b"] },
      { layers: 1, hidden: 3 },
    );
    const fresh = new Map(
      [...parameters].map(([name, { data }]) => [name, data.slice()] as [string, Float32Array]),
    );
    // Two inputs stay, and two outputs become three.
    fresh.set("head.weight", new Float32Array(9));
    fresh.set("head.bias", new Float32Array(3));
    const grown = growParameters(model, { inputs: [0, 1], outputs: [0, 1, undefined] }, parameters, fresh);
    const bias = parameters.get("head.bias")?.data ?? [];
    expect([...(grown.get("head.bias") ?? [])]).toEqual([...bias, 0]);
    expect(grown.get("rnn.weight_ih_l0")).toEqual(parameters.get("rnn.weight_ih_l0")?.data);
  });
});
