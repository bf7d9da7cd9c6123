import { describe, expect, it } from "vitest";
import { lower } from "../../../src/engine/lowering/lower.ts";
import { type LoweredOperation } from "../../../src/engine/lowering/kernel-records.ts";
import { type Operation } from "../../../src/engine/operation.ts";
import { Layout, type Tensor } from "../../../src/engine/tensor.ts";

const [K, N] = [8, 64];

/** A layout with weights [N, K], and products of `rows` rows with them. */
function setUp() {
  const layout = new Layout();
  const weights = layout.tensor([N, K]);
  const pack: Operation = { op: "pack", weights, transposed: true };
  const product = (rows: number): Operation => ({
    op: "multiply",
    input: layout.tensor([rows, K]),
    weights,
    transposed: true,
    output: layout.tensor([rows, N]),
  });
  return { layout, weights, pack, product };
}

const packsOf = (program: readonly LoweredOperation[]) =>
  program.filter((operation) => operation.op === "pack");
const panelsOf = (program: readonly LoweredOperation[]) =>
  program.flatMap((operation) => (operation.op === "multiply" ? [operation.panels] : []));
const end = ({ offset, size }: Tensor) => offset + 4 * size;

describe("weights for products", () => {
  it("are packed once, behind the layout, for all products that need them in one way", () => {
    const { layout, pack, product } = setUp();
    const programs = { prepare: [pack], step: [product(9), product(5)] };
    const { programs: lowered, bytes } = lower(programs, layout);
    const [packed] = packsOf(lowered.prepare);
    expect(packsOf(lowered.prepare)).toHaveLength(1);
    expect(panelsOf(lowered.step)).toEqual([packed.panels, packed.panels]);
    expect(packed.panels.offset).toBeGreaterThanOrEqual(layout.bytes);
    expect(bytes).toBeGreaterThanOrEqual(end(packed.panels));
  });

  it("are packed apart for few rows and for many, by the program that multiplies or by the one that prepares", () => {
    const { layout, pack, product } = setUp();
    const programs = { update: [pack, product(2)], prepare: [pack], score: [product(60)] };
    const { programs: lowered } = lower(programs, layout);
    expect(packsOf(lowered.update).map(({ fewRows }) => fewRows)).toEqual([true]);
    expect(packsOf(lowered.prepare).map(({ fewRows }) => fewRows)).toEqual([false]);
    const [few, many] = [panelsOf(lowered.update)[0], panelsOf(lowered.score)[0]];
    expect(many.offset).toBeGreaterThanOrEqual(end(few));
  });

  it("are packed alike for any number of rows if rows must not depend on each other", () => {
    const { layout, pack, product } = setUp();
    const { programs } = lower({ it: [pack, product(2), product(60)] }, layout, true);
    expect(packsOf(programs.it).map(({ fewRows }) => fewRows)).toEqual([true]);
  });

  it("have room for whole blocks of 32 columns in each gate, as floats or as scaled digits in blocks of 64 rows", () => {
    const layout = new Layout();
    // Three gates of 33 units; a GRU reads the product.
    const [weights, input, gates] = [
      [99, 33],
      [9, 33],
      [9, 99],
    ].map((shape) => layout.tensor(shape));
    const [hiddenGates, before, hidden] = [
      [9, 99],
      [9, 33],
      [9, 33],
    ].map((shape) => layout.tensor(shape));
    const { programs } = lower(
      {
        it: [
          { op: "multiply", input, weights, transposed: true, output: gates },
          { op: "gruForward", inputGates: gates, hiddenGates, hiddenBefore: before, hidden },
        ],
      },
      layout,
    );
    // 64 rows of 3 bytes, and a scale, take as much as 49 rows of floats; 3 x 64 columns hold 3 x 33.
    expect(panelsOf(programs.it)[0].shape).toEqual([49, 192]);
    expect(programs.it[0]).toMatchObject({ groups: 3 });
  });
});
