import { describe, expect, it } from "vitest";
import { type Engine } from "../../src/engine/engine.ts";
import { openCompiled } from "../../src/engine/node/compiled-engine.ts";
import { type Operation } from "../../src/engine/operation.ts";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { Layout, type DType } from "../../src/engine/tensor.ts";
import { usualKernels } from "./compiled-kernels.ts";
import { everyEngine } from "./every-engine.ts";
import { expectSameBits } from "./same-bits.ts";
import { testsAll } from "../scope.ts";

describe.each(await everyEngine())("rows that the $label engine moves", ({ open }) => {
  const FROM = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];

  /** Rows [3, 3] moved to rows [n, 3] that hold 10 everywhere. */
  async function moved(
    options: { fromColumn?: number; toColumn?: number; columns: number; add?: boolean },
    { indices, dtype = "float32", rows = FROM }: { indices?: number[]; dtype?: DType; rows?: number[][] },
  ): Promise<number[][]> {
    const layout = new Layout();
    const R = indices?.length ?? rows.length;
    const [from, to] = [layout.tensor([rows.length, 3], dtype), layout.tensor([R, 3], dtype)];
    const at = layout.tensor([R], "int32");
    const engine = await open(layout, [
      { op: "moveRows", from, to, ...options, ...(indices && { indices: at }) },
    ]);
    engine.write(from, rows.flat());
    engine.write(to, Array<number>(R * 3).fill(10));
    if (indices) engine.write(at, indices);
    await engine.run("it");
    const values = Array.from(await engine.read(to));
    await engine.close();
    return Array.from({ length: R }, (_, row) => values.slice(row * 3, row * 3 + 3));
  }

  it("are the rows of the indices, or zeros for an index below 0", async () => {
    expect(await moved({ columns: 3 }, { indices: [2, -1, 0, 2] })).toEqual([
      [7, 8, 9],
      [0, 0, 0],
      [1, 2, 3],
      [7, 8, 9],
    ]);
  });

  it("are the same rows without indices", async () => {
    expect(await moved({ columns: 3 }, {})).toEqual(FROM);
  });

  it("may be some columns, which leave the others as they are", async () => {
    expect(await moved({ columns: 2, fromColumn: 1 }, { indices: [1, -1] })).toEqual([
      [5, 6, 10],
      [0, 0, 10],
    ]);
    expect(await moved({ columns: 1, fromColumn: 2, toColumn: 1 }, {})).toEqual([
      [10, 3, 10],
      [10, 6, 10],
      [10, 9, 10],
    ]);
  });

  it("may be added, and then an index below 0 adds nothing", async () => {
    expect(await moved({ columns: 2, toColumn: 1, add: true }, { indices: [2, -1, 0] })).toEqual([
      [10, 17, 18],
      [10, 10, 10],
      [10, 11, 12],
    ]);
  });

  it("may be integers, of any bits", async () => {
    // As float32: a signalling NaN, another of the other sign, and a subnormal number.
    const rows = [[0x7f800001, -1, 1]];
    expect(await moved({ columns: 3 }, { indices: [0, -1, 0], dtype: "int32", rows })).toEqual([
      rows[0],
      [0, 0, 0],
      rows[0],
    ]);
  });
});

describe.each(await usualKernels())("threads of the $label engine that move rows", ({ kernels }) => {
  /**
   * Every row goes to another thread, is added to a row there and comes back, again and again. Each tensor is
   * overwritten as soon as its rows are read. Without barriers a thread would read rows too early or too late.
   */
  it.each([2, 3])("meet before and after: %d threads", async (threads) => {
    const [R, N, ROUNDS] = [61, 40, 20];
    const layout = new Layout();
    const [input, a, b, c] = Array.from({ length: 4 }, () => layout.tensor([R, N]));
    const sums = layout.tensor([N]);
    const [mirrored, shifted] = [layout.tensor([R], "int32"), layout.tensor([R], "int32")];
    const round: Operation[] = [
      { op: "moveRows", from: a, to: b, indices: mirrored, columns: N },
      { op: "moveRows", from: b, to: c, indices: shifted, columns: N },
      { op: "zero", tensor: b },
      { op: "moveRows", from: c, to: a, indices: mirrored, columns: N - 1, toColumn: 1 },
      { op: "copy", from: b, to: c },
      { op: "moveRows", from: a, to: c, indices: shifted, columns: N, add: true },
      { op: "biasGradient", outputGradient: c, gradients: [sums] },
    ];
    const program: Operation[] = [
      { op: "copy", from: input, to: a },
      ...Array.from({ length: ROUNDS }, () => round).flat(),
    ];
    const engine = await openCompiled(kernels, layout, { it: program }, { threads });
    const reference = new ReferenceEngine(layout, { it: program });
    for (const each of [engine, reference]) {
      each.write(
        mirrored,
        Array.from({ length: R }, (_, r) => R - 1 - r),
      );
      each.write(
        shifted,
        Array.from({ length: R }, (_, r) => (r + 23) % R),
      );
    }
    for (let run = 0; run < (testsAll ? 50 : 12); run++) {
      // Whole numbers: their sums are exact in any order.
      const values = Array.from({ length: R * N }, (_, i) => (i * 31 + run * 7) % 1009);
      for (const each of [engine, reference]) {
        each.write(input, values);
        await each.run("it");
      }
      const left = async (each: Engine) =>
        Promise.all([a, b, c, sums].map(async (tensor) => Float64Array.from(await each.read(tensor))));
      expectSameBits(await left(engine), await left(reference), `run ${run}, tensor`);
    }
    await engine.close();
  });
});
