import { type Of, type Operation } from "../operation.ts";
import { Layout, overlapsRegion, slice, type Region, type Tensor } from "../tensor.ts";
import { tensorsOf, type LoweredOperation } from "./kernel-records.ts";

/**
 * Kernels cut the depth of products into pieces of this size or of a multiple of it. The gradient of a weight is a sum
 * over rows, which is fastest with about this many rows at a time.
 */
export const DEPTH = 256;

/** In batches with fewer rows, gradients are not summed by halves. */
const FEWEST_HALVED_ROWS = 4;

/**
 * The most bytes of gradients that are summed by halves. For larger gradients, the second sum costs more than reading
 * rows from another core's cache: measured at 2x256 and 1x512 with tiles, on two cores of a Xeon.
 */
const MOST_HALVED = 2 ** 22;

/** An operation that sums a gradient over the rows of a chunk. */
type Sum = Of<"weightGradient" | "biasGradient" | "scatter">;

/** Whether an operation sums over all steps [T, B, ..] of a chunk. */
function isSum(operation: Operation): operation is Sum {
  const { op } = operation;
  if (op !== "weightGradient" && op !== "biasGradient" && op !== "scatter") return false;
  return operation.outputGradient.shape.length === 3;
}

/** The sums that follow each other from operation `index` of a program on and are over the same time steps. */
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
 * Sums over a few time steps at a time, so that all sums find the rows of these steps in the cache.
 *
 * If the region `free` is large enough, the gradients of matrices are summed by halves: the second half of every step's
 * rows has its own sum, which is added at the end. Each of two threads then reads only rows that it wrote itself.
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

/** The part of a sum over the steps [from, to). */
function partOf(sum: Sum, from: number, to: number, halves: ReadonlyMap<Tensor, Tensor>): LoweredOperation {
  const outputGradient = slice(sum.outputGradient, from, to);
  const accumulate = from > 0;
  if (sum.op === "biasGradient") return { ...sum, outputGradient, accumulate };
  const otherHalf = halves.get(sum.gradient);
  return sum.op === "scatter"
    ? { ...sum, outputGradient, indices: slice(sum.indices, from, to), otherHalf, accumulate }
    : { ...sum, outputGradient, input: slice(sum.input, from, to), otherHalf, accumulate };
}

/** Lays out a tensor for the other half of every matrix gradient. Empty if not all of these tensors fit. */
function placeHalves(sums: readonly Sum[], { start, end }: Region): Map<Tensor, Tensor> {
  const layout = new Layout(start);
  const halves = new Map<Tensor, Tensor>();
  for (const sum of sums) {
    if (sum.op !== "biasGradient") halves.set(sum.gradient, layout.tensor(sum.gradient.shape));
  }
  return layout.bytes <= Math.min(end, start + MOST_HALVED) ? halves : new Map<Tensor, Tensor>();
}

/** The largest region of scratch tensors that no operation of the program uses from `index` on. */
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
