import { type StoredValues } from "./weights.ts";
import { parameterShapes, type ModelShape, type NetworkSizes } from "./shapes.ts";

/** For each symbol of a grown vocabulary: its index in the old vocabulary, or undefined if the symbol is new. */
export type Origins = readonly (number | undefined)[];

/** How a network's input and output have grown. */
export interface Growth {
  readonly inputs: Origins;
  readonly outputs: Origins;
  /** Whether the inputs are numbers. Their count does not grow. */
  readonly numeric?: boolean | undefined;
}

/**
 * The parameters of a network whose input or output has grown. Old symbols keep their rows (or columns) of the `old`
 * parameters, at the new places of the symbols. New symbols get rows (or columns) of `fresh`, the initial parameters of
 * the grown network.
 */
export function growParameters(
  model: ModelShape,
  { inputs, outputs, numeric }: Growth,
  old: ReadonlyMap<string, Pick<StoredValues, "data">>,
  fresh: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const sizes = { inputs: inputs.length, outputs: outputs.length, ...(numeric && { numeric }) };
  const axes = { inputs: axesOf(model, sizes, "inputs"), outputs: axesOf(model, sizes, "outputs") };
  const grown = new Map<string, Float32Array>();
  for (const [name, shape] of parameterShapes(model, sizes)) {
    const kept = old.get(name)?.data;
    const initial = fresh.get(name);
    if (kept === undefined || initial === undefined) throw new Error(`there is no parameter ${name} to grow`);
    const values = { old: kept, fresh: initial, shape };
    const [input, output] = [axes.inputs.get(name), axes.outputs.get(name)];
    if (input !== undefined) grown.set(name, growAlong(input, inputs, values));
    else if (output !== undefined) grown.set(name, growAlong(output, outputs, values));
    else grown.set(name, kept);
  }
  return grown;
}

/** The axis of each parameter that is as long as the network's input or output, and so grows with it. */
function axesOf(model: ModelShape, sizes: NetworkSizes, side: "inputs" | "outputs"): Map<string, number> {
  const larger = parameterShapes(model, { ...sizes, [side]: sizes[side] + 1 });
  const axes = new Map<string, number>();
  for (const [name, shape] of parameterShapes(model, sizes)) {
    const axis = shape.findIndex((length, index) => larger.get(name)?.[index] !== length);
    if (axis >= 0) axes.set(name, axis);
  }
  return axes;
}

/**
 * A tensor that has grown along one axis, row-major. Index i of the axis comes from index `origins[i]` of `old` or, if
 * that is undefined, from index i of `fresh`. `shape` is the grown shape, which `fresh` has.
 */
export function growAlong(
  axis: number,
  origins: Origins,
  { old, fresh, shape }: { old: Float32Array; fresh: Float32Array; shape: readonly number[] },
): Float32Array {
  const grown = Float32Array.from(fresh);
  const product = (lengths: readonly number[]) => lengths.reduce((total, length) => total * length, 1);
  const [outer, inner] = [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
  const oldLength = old.length / (outer * inner);
  for (let i = 0; i < outer; i++) {
    for (const [index, origin] of origins.entries()) {
      if (origin === undefined) continue;
      const start = (i * oldLength + origin) * inner;
      grown.set(old.subarray(start, start + inner), (i * origins.length + index) * inner);
    }
  }
  return grown;
}
