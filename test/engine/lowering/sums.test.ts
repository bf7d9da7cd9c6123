import { describe, expect, it } from "vitest";
import { type LoweredOperation } from "../../../src/engine/lowering/kernel-records.ts";
import { lower } from "../../../src/engine/lowering/lower.ts";
import { type Operation } from "../../../src/engine/operation.ts";
import { Layout, type Tensor } from "../../../src/engine/tensor.ts";

const [M, N] = [6, 4];

/** A layout with two sums over T steps of B rows, of [T, B, M] by [T, B, N] and of [T, B, M] alone. */
function setUp(T: number, B: number) {
  const layout = new Layout();
  const [outputGradient, input] = [layout.tensor([T, B, M]), layout.tensor([T, B, N])];
  const [gradient, bias] = [layout.tensor([M, N]), layout.tensor([M])];
  const sums: Operation[] = [
    { op: "biasGradient", outputGradient, gradients: [bias] },
    { op: "weightGradient", outputGradient, input, gradient },
  ];
  return { layout, outputGradient, gradient, sums };
}

/** The steps of each part of a sum, and whether it adds to what is there. */
const partsOf = (program: readonly LoweredOperation[], op: "biasGradient" | "weightGradient") =>
  program.flatMap((operation) =>
    operation.op === op ? [[operation.outputGradient.shape[0], operation.accumulate]] : [],
  );
const halfIn = (program: readonly LoweredOperation[]): Tensor | undefined =>
  program.flatMap((operation) => (operation.op === "addHalf" ? [operation.otherHalf] : []))[0];

describe("sums over the rows of a chunk", () => {
  it("are made together, as many steps at a time as have 256 rows", () => {
    const { layout, sums } = setUp(7, 100);
    const { it: program } = lower({ it: sums }, layout).programs;
    const parts = [
      [2, false],
      [2, true],
      [2, true],
      [1, true],
    ];
    expect(partsOf(program, "biasGradient")).toEqual(parts);
    expect(partsOf(program, "weightGradient")).toEqual(parts);
    expect(program.map(({ op }) => op).slice(0, 3)).toEqual([
      "biasGradient",
      "weightGradient",
      "biasGradient",
    ]);
  });

  it("are made at once if they are not over steps", () => {
    const { layout, gradient, sums } = setUp(2, 300);
    const bias = layout.tensor([N]);
    const alone: Operation = { op: "biasGradient", outputGradient: gradient, gradients: [bias] };
    const { it: program } = lower({ it: [...sums, alone] }, layout).programs;
    expect(program.at(-1)).toEqual({ ...alone, accumulate: false });
  });

  it("are made by halves in scratch room that nothing needs any more, and then of twice as many steps", () => {
    const { layout, outputGradient, sums } = setUp(7, 100);
    const scratch = layout.scratch([M, N]);
    const before: Operation = { op: "copy", from: scratch, to: scratch };
    const { it: program } = lower({ it: [before, ...sums] }, layout).programs;
    expect(halfIn(program)).toMatchObject({ shape: [M, N], offset: scratch.offset });
    expect(partsOf(program, "weightGradient")).toEqual([
      [5, false],
      [2, true],
    ]);
    expect(program.at(-1)?.op).toBe("addHalf");
    const needed = lower({ it: [...sums, before] }, layout).programs;
    expect(halfIn(needed.it)).toBeUndefined();
    expect(outputGradient.shape).toEqual([7, 100, M]);
  });

  it("are not made by halves without room, nor of few rows", () => {
    const small = setUp(7, 100);
    small.layout.scratch([1]);
    // 24 numbers take 128 bytes of a layout, and one number 64.
    expect(halfIn(lower({ it: small.sums }, small.layout).programs.it)).toBeUndefined();
    const few = setUp(7, 3);
    few.layout.scratch([M, N]);
    expect(halfIn(lower({ it: few.sums }, few.layout).programs.it)).toBeUndefined();
  });
});
