import { describe, expect, it } from "vitest";
import { Sampler } from "../../src/sampling/sampler.ts";
import { charactersOf, randomModel, sizesOf } from "../model/fixture.ts";

const vocabulary = charactersOf("abcde");
const V = 5;

function open(rows: number, engine: "wasm" | "reference" = "wasm") {
  const { model, parameters } = randomModel(vocabulary, { cell: "lstm", embedding: 3 });
  return Sampler.open(model, sizesOf(V), parameters, { rows, engine, threads: 0 });
}

describe("the sampler", () => {
  it("gives each row the logits that it would have alone, to the bit", async () => {
    // 30 rows are more than one tile of the kernels; each is fed symbols of its own.
    const rows = 30;
    const fed = (row: number, step: number) => (row * 3 + step * step) % V;
    const many = await open(rows);
    const one = await open(1);
    const together: Float32Array[] = [];
    for (let step = 0; step < 4; step++) {
      const symbols = Array.from({ length: rows }, (_, row) => fed(row, step));
      together.push(Float32Array.from(await many.step(symbols)));
    }
    for (let row = 0; row < rows; row++) {
      one.reset();
      for (let step = 0; step < 4; step++) {
        const alone = await one.step([fed(row, step)]);
        expect(together[step].subarray(row * V, (row + 1) * V), `row ${row}`).toEqual(alone);
      }
    }
    await many.close();
    await one.close();
  });

  it("remembers what it was fed, until it is reset", async () => {
    const sampler = await open(1);
    const first = await sampler.step([2]);
    const second = await sampler.step([2]);
    expect(second).not.toEqual(first);
    sampler.reset();
    expect(await sampler.step([2])).toEqual(first);
    await sampler.close();
  });

  it("starts some rows from the zero state, and lets the others go on", async () => {
    const sampler = await open(3);
    const fresh = Float32Array.from(await sampler.step([2, 2, 2]));
    await sampler.step([1, 3, 4]);
    const going = await open(3);
    for (const symbols of [
      [2, 2, 2],
      [1, 3, 4],
    ])
      await going.step(symbols);
    await sampler.resetRows([0, 2]);
    const [after, without] = [await sampler.step([2, 2, 2]), await going.step([2, 2, 2])];
    const row = (logits: Float32Array | Float64Array, index: number) =>
      Array.from(logits.subarray(index * V, (index + 1) * V));
    expect([row(after, 0), row(after, 2)]).toEqual([row(fresh, 0), row(fresh, 2)]);
    expect(row(after, 1)).toEqual(row(without, 1));
    expect(row(after, 1)).not.toEqual(row(fresh, 1));
    await sampler.close();
    await going.close();
  });

  it("agrees with the reference engine", async () => {
    const [wasm, reference] = [await open(2), await open(2, "reference")];
    for (const symbols of [
      [0, 4],
      [1, 3],
      [2, 2],
    ]) {
      const [ours, expected] = [await wasm.step(symbols), await reference.step(symbols)];
      ours.forEach((logit: number, i: number) => {
        expect(logit).toBeCloseTo(expected[i], 5);
      });
    }
    await wasm.close();
    await reference.close();
  });
});
