import { type Of, type Operation } from "../operation.ts";
import { Layout, overlapsRegion, slice, type Region, type Tensor } from "../tensor.ts";
import { tensorsOf, type LoweredOperation } from "./kernel-records.ts";

/**
 * Kernels cut the depth of products by this, or by a multiple. A weight's gradient is a sum over rows, and best takes
 * about as many at a time.
 */
export const DEPTH = 256;

/** Batches of fewer rows than these are not halved. */
const FEWEST_HALVED_ROWS = 4;

/**
 * The most bytes of gradients that are summed by halves. Larger sums cost more to keep than it costs to read the other
 * thread's rows: measured at 2x256 and 1x512 by tiles, on two cores of a Xeon.
 */
const MOST_HALVED = 2 ** 22;

/** A gradient that is summed over the rows of a chunk. */
type Sum = Of<"weightGradient" | "biasGradient" | "scatter">;

/** Whether an operation sums over all steps [T, B, ..] of a chunk. */
function isSum(operation: Operation): operation is Sum {
  const { op } = operation;
  if (op !== "weightGradient" && op !== "biasGradient" && op !== "scatter") return false;
  return operation.outputGradient.shape.length === 3;
}

/** The sums over the same steps that stand together from operation `index` of a program on. */
export function sumsFrom(program: readonly Operation[], index: number): Sum[] {
  const sums: Sum[] = [];
  for (let next = index; next < program.length; next++) {
    const operation = program[next];
    if (!isSum(operation) || stepsOf(operation).join() !== stepsOf(sums[0] ?? operation).join()) break;
    sums.push(operation);
  }
  return sums;
}

function stepsOf({ outputGradient }: Sum): readonly number[] {
  return outputGradient.shape.slice(0, 2);
}

/**
 * Sums a few steps at a time, so that all sums find the rows of these steps in the cache.
 *
 * The gradients of matrices are summed by halves if there is room in `free`: the second half of every step's rows in a
 * place of its own, which is added at the end. Each of two threads then reads the rows that it has made itself.
 */
export function lowerSums(sums: readonly Sum[], free: Region): LoweredOperation[] {
  const [steps, batch] = stepsOf(sums[0]);
  const halves = batch < FEWEST_HALVED_ROWS ? new Map<Tensor, Tensor>() : placeHalves(sums, free);
  const rows = halves.size > 0 ? Math.ceil(batch / 2) : batch;
  const stepsAtOnce = Math.max(1, Math.floor(DEPTH / rows));
  const spans = Array.from({ length: Math.ceil(steps / stepsAtOnce) }, (_, index) => index * stepsAtOnce);
  return [
    ...spans.flatMap((from) =>
      sums.map((sum) => partOf(sum, from, Math.min(steps, from + stepsAtOnce), halves)),
    ),
    ...[...halves].map(([gradient, otherHalf]) => ({ op: "addHalf", gradient, otherHalf }) as const),
  ];
}

/** Steps `from` to before `to` of a sum. */
function partOf(sum: Sum, from: number, to: number, halves: ReadonlyMap<Tensor, Tensor>): LoweredOperation {
  const outputGradient = slice(sum.outputGradient, from, to);
  const accumulate = from > 0;
  if (sum.op === "biasGradient") return { ...sum, outputGradient, accumulate };
  const otherHalf = halves.get(sum.gradient);
  return sum.op === "scatter"
    ? { ...sum, outputGradient, indices: slice(sum.indices, from, to), otherHalf, accumulate }
    : { ...sum, outputGradient, input: slice(sum.input, from, to), otherHalf, accumulate };
}

/** A place for the other half of every matrix's gradient; none if they do not fit. */
function placeHalves(sums: readonly Sum[], { start, end }: Region): Map<Tensor, Tensor> {
  const layout = new Layout(start);
  const halves = new Map<Tensor, Tensor>();
  for (const sum of sums) {
    if (sum.op !== "biasGradient") halves.set(sum.gradient, layout.tensor(sum.gradient.shape));
  }
  return layout.bytes <= Math.min(end, start + MOST_HALVED) ? halves : new Map<Tensor, Tensor>();
}

/** The largest stretch of scratch tensors that no operation of a program needs from `index` on. */
export function freeFrom(program: readonly Operation[], index: number, layout: Layout): Region {
  const later = program.slice(index).flatMap(tensorsOf);
  const unused = layout.scratchRegions.filter(
    (region) => !later.some((used) => overlapsRegion(used, region)),
  );
  let largest: Region = { start: 0, end: 0 };
  let current = largest;
  for (const region of unused.toSorted((a, b) => a.start - b.start)) {
    current = region.start === current.end ? { start: current.start, end: region.end } : region;
    if (current.end - current.start > largest.end - largest.start) largest = current;
  }
  return largest;
}
