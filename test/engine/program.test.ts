import { describe, expect, it } from "vitest";
import { type Operation } from "../../src/engine/operation.ts";
import { lower } from "../../src/engine/lowering/lower.ts";
import { writeProgram } from "../../src/engine/program.ts";
import { columnShares } from "../../src/engine/sharing.ts";
import { entry, Layout, type Tensor } from "../../src/engine/tensor.ts";

const layout = new Layout();
const [a, b] = [layout.tensor([2, 3, 4]), layout.tensor([2, 3, 4])];
const [bias, status] = [layout.tensor([4]), layout.tensor([4])];

const words = (program: Operation[], base = 0, threads = 1) =>
  Array.from(writeProgram(lower({ it: program }, layout).programs.it, base, threads));

/** Units that two threads share where there is but one row. */
const H = 128;

/** How many threads meet at each barrier of a program: the word behind the code 1, which no operation has. */
function barriers(program: Operation[], threads: number): number[] {
  const lowered = lower({ it: program }, layout).programs.it;
  const all = Array.from(writeProgram(lowered, 0, threads));
  const members: number[] = [];
  let place = 0;
  for (const operation of lowered) {
    if (all[place] === 1) {
      members.push(all[place + 1]);
      place += 2;
    }
    place += writeProgram([operation], 0, threads).length - 1;
  }
  expect(all.slice(place)).toEqual([0]);
  return members;
}

const copy: Operation = { op: "copy", from: a, to: b };
const zero: Operation = { op: "zero", tensor: b };
const biasGradient: Operation = { op: "biasGradient", outputGradient: b, gradients: [bias] };

describe("a program", () => {
  it("ends with a 0", () => {
    expect(words([])).toEqual([0]);
    expect(words([zero]).at(-1)).toBe(0);
  });

  it("names tensors by their bytes in the arena, and what is left out as 0", () => {
    // The code, two places from 4,096 on (a takes 96 bytes, so b starts at 128), no guard, 2 x 3 rows, 4 wide.
    const [, ...operands] = words([copy], 4096);
    expect(operands).toEqual([4096, 4096 + 128, 0, 6, 4, 0]);
    const guarded = words([{ ...copy, guard: status }], 4096);
    expect(guarded[3]).toBe(4096 + status.offset);
  });

  it("writes numbers as the bits of float32", () => {
    const [losses, counted, rates] = [layout.tensor([5]), layout.tensor([1]), layout.tensor([4])];
    const operands = { losses, counted, partials: bias, status, rates, maxNorm: 0.5 };
    // 0.5 in IEEE 754: exponent 126, fraction 0.
    expect(words([{ op: "checkDivergence", ...operands }]).at(-2)).toBe(0x3f000000);
  });

  it("has a barrier wherever threads share out the work in another way, and nowhere else", () => {
    const alone = (operation: Operation) => words([operation]).slice(0, -1);
    expect(words([copy, zero])).toEqual([...alone(copy), ...alone(zero), 0]);
    expect(words([copy, biasGradient, zero])).toEqual([
      ...alone(copy),
      1,
      1,
      ...alone(biasGradient),
      1,
      1,
      ...alone(zero),
      0,
    ]);
  });

  it("has a barrier before each product where threads share columns: its input was made by others", () => {
    const weights = layout.tensor([H, H]);
    const product = { op: "multiply", weights, transposed: true } as const;
    const step = (hidden: Tensor, t: number): Operation[] => {
      const [input, output] = [entry(hidden, t), entry(hidden, t + 1)];
      return [
        { ...product, input, output },
        { op: "rnnForward", gates: output, hidden: output },
      ];
    };
    const pack: Operation = { op: "pack", weights, transposed: true };
    const programOf = (rows: number): Operation[] => {
      const hidden = layout.tensor([3, rows, H]);
      return [pack, ...step(hidden, 0), ...step(hidden, 1)];
    };
    // One row: two threads share its columns. After packing, and again before the second product.
    expect(columnShares(2, 1, H)).toBe(2);
    expect(barriers(programOf(1), 1)).toEqual([1]);
    expect(barriers(programOf(1), 2)).toEqual([2, 2]);
    // Twenty-five: of twelve threads, each four share the columns of some rows. Only they meet, once all have packed.
    expect(columnShares(12, 25, H)).toBe(4);
    expect(barriers(programOf(25), 12)).toEqual([12, 4]);
  });

  it("has a barrier before and after rows are moved: they were made by others, and others read them", () => {
    const moveRows: Operation = { op: "moveRows", from: a, to: b, columns: 4 };
    const back: Operation = { op: "moveRows", from: b, to: a, columns: 4 };
    expect(barriers([moveRows], 2)).toEqual([]);
    expect(barriers([zero, moveRows], 2)).toEqual([2]);
    expect(barriers([moveRows, zero], 2)).toEqual([2]);
    expect(barriers([copy, moveRows, back, moveRows, zero, copy], 3)).toEqual([3, 3, 3, 3]);
  });

  it("has a barrier before a product's input is overwritten where threads share columns", () => {
    const weights = layout.tensor([H, H]);
    const [input, gates, hidden] = [1, 2, 3].map(() => layout.tensor([1, H]));
    const product: Operation = { op: "multiply", input, weights, transposed: true, output: gates };
    expect(barriers([product, { op: "rnnForward", gates, hidden }], 2)).toEqual([]);
    expect(barriers([product, { op: "rnnForward", gates, hidden: input }], 2)).toEqual([2]);
    expect(barriers([product, { op: "rnnForward", gates, hidden: input }], 1)).toEqual([]);
  });
});
