import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ArenaOptions } from "../../src/engine/arena.ts";
import { openCompiled } from "../../src/engine/node/compiled-engine.ts";
import { type Engine } from "../../src/engine/engine.ts";
import { type Operation } from "../../src/engine/operation.ts";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { expectSameBits } from "./same-bits.ts";
import { compiledKernels, otherKernels } from "./compiled-kernels.ts";
import { CaseBuilder, casesIn, numbers, type Case } from "./operation-cases.ts";
import { testsAll } from "../scope.ts";

// Other kernels are compiled as if this CPU's caches were others.
vi.mock(import("../../src/engine/node/processor.ts"), { spy: true });

/** What a case leaves in its tensors. */
async function results<Program extends string>(
  { filled, read }: Case,
  engine: Engine<Program>,
  program: Program,
): Promise<Float64Array[]> {
  for (const [tensor, values] of filled) engine.write(tensor, values);
  await engine.run(program);
  const all = await Promise.all(read.map((tensor) => engine.read(tensor)));
  return all.map((values) => Float64Array.from(values));
}

// One engine has all cases: to start the threads of another takes longer than a case.
const layout = new Layout();
const cases = casesIn(layout, testsAll);
const programs = Object.fromEntries(cases.map(({ name, program }) => [name, program]));
const reference = new ReferenceEngine(layout, programs);

const references = new Map<Case, Promise<Float64Array[]>>();
function referenceOf(c: Case): Promise<Float64Array[]> {
  const known = references.get(c) ?? results(c, reference, c.name);
  references.set(c, known);
  return known;
}

const folder = mkdtempSync(join(tmpdir(), "charrnn-kernels-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const others = testsAll ? await otherKernels(folder) : [];
const available = [...(await compiledKernels()), ...others];

describe.each(available)("every operation of the $label engine", ({ kernels, label }) => {
  const teams = new Map<number, Engine>();
  beforeAll(async () => {
    for (const threads of [1, 2, 3]) {
      teams.set(threads, await openCompiled(kernels, layout, programs, { threads }));
    }
  });
  afterAll(async () => {
    for (const engine of teams.values()) await engine.close();
  });
  const onThreads = (c: Case, threads: number) => {
    const engine = teams.get(threads);
    if (engine === undefined) throw new Error(`no engine of ${threads} threads`);
    return results(c, engine, c.name);
  };
  /** A case in an engine of its own. */
  const alone = async (c: CaseBuilder, program: Operation[], options: Partial<ArenaOptions> = {}) => {
    const engine = await openCompiled(kernels, c.layout, { it: program }, { threads: 1, ...options });
    const values = await results(c.build("", program), engine, "it");
    await engine.close();
    return values;
  };

  /*
   * The reference rounds to float32 only what it stores; the kernels round every step. A sum of n products then
   * differs by some sqrt(n) roundings of 2^-24, an exponential by 2 ulp: 1e-5 of the tensor's largest number covers
   * the largest n here, 17,408, for which they come to 8e-6. Tiles round whole rows and columns of numbers, here of much
   * the same size, once.
   */
  it.each(cases)("agrees with the reference: $name", async (c) => {
    const expected = await referenceOf(c);
    const actual = await onThreads(c, 1);
    actual.forEach((values, index) => {
      const scale = expected[index].reduce((largest, x) => Math.max(largest, Math.abs(x)), 1e-30);
      const error = values.reduce((worst, x, i) => Math.max(worst, Math.abs(x - expected[index][i])), 0);
      expect(error / scale, `tensor ${index}`).toBeLessThan(1e-5);
      expect(values.every(Number.isFinite)).toBe(true);
    });
  });

  it.each(cases)("gives the same bits on 1, 2 and 3 threads: $name", async (c) => {
    const one = await onThreads(c, 1);
    for (const threads of [2, 3])
      expectSameBits(await onThreads(c, threads), one, `${threads} threads, tensor`);
  });

  /** [R, 1] times [1, N], as a product and as a weight's gradient. */
  async function outerProducts(left: Float32Array, right: Float32Array): Promise<Float64Array[]> {
    const c = new CaseBuilder();
    const [R, N] = [left.length, right.length];
    const [input, weights] = [c.layout.tensor([R, 1]), c.layout.tensor([1, N])];
    const [output, gradient] = [c.values(c.layout.tensor([R, N]), []), c.values(c.layout.tensor([R, N]), [])];
    c.filled.push([input, left], [weights, right]);
    const program: Operation[] = [
      { op: "pack", weights, transposed: false },
      { op: "multiply", input, weights, transposed: false, output },
      { op: "weightGradient", outputGradient: { ...input, shape: [1, R] }, input: weights, gradient },
    ];
    return alone(c, program);
  }

  /*
   * A float32 product is rounded once, by up to 2^-24 of it. For tiles the largest number of a row or column, here the
   * only one, becomes a whole number near 2^23. Both are off by half of one, 2^-24, and by as much again as they were
   * scaled, scaled back and summed; the products of digits left out come to 2^-23: 2^-21 in all. One fewer would be
   * seen: the least of the six that are summed are up to 2^-16 of the whole.
   */
  const precision = label.includes("tiles") ? 2 ** -21 : 2 ** -23;

  it("multiplies two numbers of many sizes as precisely as its arithmetic allows", async () => {
    const sized = (seed: number) =>
      numbers(70, seed).map((x, i) => (1 + Math.abs(x)) * Math.sign(x) * 2 ** ((i % 7) * 15 - 45));
    const [left, right] = [sized(1), sized(2)];
    for (const products of await outerProducts(left, right)) {
      let worst = 0;
      products.forEach((product, i) => {
        const exact = left[Math.floor(i / 70)] * right[i % 70];
        worst = Math.max(worst, Math.abs(product / exact - 1));
      });
      expect(worst).toBeGreaterThan(0);
      expect(worst).toBeLessThan(precision);
    }
  });

  /*
   * Beside larger ones a number keeps fewer digits: for tiles all of a row, or of a column, share their scale. So the
   * bound above is one of the largest products that there may be, times the square root of how many are summed.
   */
  it("sums products of unlike numbers to a bound of the largest", async () => {
    const [R, K, N] = [20, 300, 24];
    const unlike = (count: number, seed: number) => {
      const sizes = numbers(count, seed + 1);
      return numbers(count, seed).map((x, i) => x * 2 ** Math.round(12 * sizes[i]));
    };
    const [left, right] = [unlike(R * K, 1), unlike(K * N, 3)];
    const leftColumns = Float32Array.from({ length: K * R }, (_, i) => left[(i % R) * K + Math.floor(i / R)]);
    const c = new CaseBuilder();
    const [input, weights] = [c.layout.tensor([R, K]), c.layout.tensor([K, N])];
    const outputGradient = c.layout.tensor([K, R]);
    const [output, gradient] = [c.floats([R, N]), c.floats([R, N])];
    c.filled.push([input, left], [weights, right], [outputGradient, leftColumns]);
    const program: Operation[] = [
      { op: "pack", weights, transposed: false },
      { op: "multiply", input, weights, transposed: false, output },
      { op: "weightGradient", outputGradient, input: weights, gradient },
    ];
    const largest = (values: Float32Array, at: (k: number) => number) =>
      Math.max(...Array.from({ length: K }, (_, k) => Math.abs(values[at(k)])));
    for (const sums of await alone(c, program)) {
      sums.forEach((sum, i) => {
        const [row, column] = [Math.floor(i / N), i % N];
        const exact = left
          .subarray(row * K, row * K + K)
          .reduce((total, x, k) => total + x * right[k * N + column], 0);
        const most = largest(left, (k) => row * K + k) * largest(right, (k) => k * N + column);
        expect(Math.abs(sum - exact) / most).toBeLessThan(Math.sqrt(K) * precision);
      });
    }
  });

  it("multiplies a huge number by a tiny one", async () => {
    for (const [product] of [
      ...(await outerProducts(Float32Array.of(2 ** 118), Float32Array.of(2 ** -100))),
      ...(await outerProducts(Float32Array.of(2 ** -100), Float32Array.of(2 ** 118))),
    ])
      expect(Math.abs(product / 2 ** 18 - 1)).toBeLessThan(precision);
  });

  it("sums the second half of every step's rows apart, if there is scratch room, and adds it", async () => {
    const c = new CaseBuilder();
    const [outputGradient, input] = [c.layout.tensor([2, 4, 1]), c.layout.tensor([2, 4, 1])];
    const gradient = c.floats([1, 1]);
    const scratch = c.layout.scratch([1]);
    c.read.push(scratch);
    c.filled.push([outputGradient, [1, 2, 4, 8, 16, 32, 64, 128]], [input, Array<number>(8).fill(1)]);
    const program: Operation[] = [{ op: "weightGradient", outputGradient, input, gradient }];
    const [[sum], [other]] = await alone(c, program, { threads: 2 });
    expect(sum).toBeCloseTo(255, 4);
    expect(other).toBeCloseTo(4 + 8 + 64 + 128, 4);
  });

  it("gives a row the same bits however many rows there are, if it is told to", async () => {
    const [R, K, N] = [25, 130, 70];
    const product = (rows: number) => {
      const c = new CaseBuilder();
      const [input, weights] = [c.layout.tensor([rows, K]), c.layout.tensor([K, N])];
      const output = c.floats([rows, N]);
      c.filled.push([input, numbers(rows * K, 1)], [weights, numbers(K * N, 2)]);
      const program: Operation[] = [
        { op: "pack", weights, transposed: false },
        { op: "multiply", input, weights, transposed: false, output },
      ];
      return alone(c, program, { batchInvariant: true });
    };
    const [[many], [one]] = [await product(R), await product(1)];
    expect(many.subarray(0, N)).toEqual(one);
  });

  it("makes no number of a product with what is none, and zero of one with zero", async () => {
    for (const products of await outerProducts(
      Float32Array.of(Infinity, NaN, 1, 0),
      Float32Array.of(1, 2, -Infinity, 3),
    )) {
      const isNumber = Array.from(products, Number.isFinite);
      const other = [true, true, false, true];
      expect(isNumber).toEqual([...Array<boolean>(8).fill(false), ...other, ...other]);
      expect([0, 1, 3].map((i) => Math.abs(products[12 + i]))).toEqual([0, 0, 0]);
    }
  });

  /** The largest error in units in the last place of float32. */
  function worstUlp(values: ArrayLike<number>, inputs: Float32Array, f: (x: number) => number): number {
    let worst = 0;
    inputs.forEach((x, i) => {
      const expected = f(x);
      const ulp = 2 ** (Math.floor(Math.log2(Math.abs(expected))) - 23);
      worst = Math.max(worst, Math.abs(values[i] - expected) / ulp);
    });
    return worst;
  }

  it("has tanh and the logistic function to within 4 units in the last place", async () => {
    // From far below what is lost beside 1 to where both are saturated, of either sign.
    const inputs = Float32Array.from({ length: 4000 }, (_, i) => {
      const magnitude = 2 ** (-20 + (24 * i) / 4000);
      return i % 2 === 0 ? magnitude : -magnitude;
    });
    const c = new CaseBuilder();
    const H = inputs.length;
    const gates = c.values(c.layout.tensor([1, H]), inputs);
    const hidden = c.floats([1, H]);
    const lstmGates = c.values(c.layout.tensor([1, 4 * H]), [...inputs, ...inputs, ...inputs, ...inputs]);
    const [cellBefore, cell, lstmHidden] = [c.floats([1, H]), c.floats([1, H]), c.floats([1, H])];
    const [, tanh, activations] = await alone(c, [
      { op: "rnnForward", gates, hidden },
      { op: "lstmForward", gates: lstmGates, cellBefore, cell, hidden: lstmHidden },
    ]);
    const logistic = (x: number) => 1 / (1 + Math.exp(-x));
    expect(worstUlp(tanh, inputs, Math.tanh)).toBeLessThan(4);
    expect(worstUlp(activations.subarray(0, H), inputs, logistic)).toBeLessThan(4);
  });
});
