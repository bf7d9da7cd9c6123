import { type Engine } from "../engine/engine.ts";
import { CharrnnError } from "../errors.ts";
import { type Tensor } from "../engine/tensor.ts";

/** A tensor with its name and shape in a checkpoint: a parameter, a moment of a parameter, or a state. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether `tensor` holds the transpose of the stored matrix; see `Parameter` in stack.ts. */
  readonly transposed: boolean;
  readonly tensor: Tensor;
}

/** The values of a stored tensor, row-major in `shape`. */
export interface StoredValues {
  readonly shape: readonly number[];
  readonly dtype: "float32";
  readonly data: Float32Array;
}

function transpose(values: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  }
  return result;
}

/** Arrays by name, in the form that `writeStored` takes. */
export function namedData(
  values: ReadonlyMap<string, Float32Array>,
): Map<string, { readonly data: Float32Array }> {
  return new Map([...values].map(([name, data]) => [name, { data }]));
}

/**
 * Copies values by name into the tensors of an engine.
 * @throws CharrnnError if the values for a tensor are missing or have the wrong size
 */
export function writeStored(
  engine: Engine,
  tensors: readonly StoredTensor[],
  values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>,
): void {
  for (const { name, shape, transposed, tensor } of tensors) {
    const data = values.get(name)?.data;
    if (data?.length !== tensor.size) {
      throw new CharrnnError(
        `the checkpoint has no ${name} of the right size: use another checkpoint of the run`,
      );
    }
    engine.write(tensor, transposed ? transpose(data, shape[0], shape[1]) : data);
  }
}

/** The values of an engine's tensors by name. */
export async function readStored(
  engine: Engine,
  tensors: readonly StoredTensor[],
): Promise<Map<string, StoredValues>> {
  const values = new Map<string, StoredValues>();
  for (const { name, shape, transposed, tensor } of tensors) {
    const held = await engine.read(tensor);
    const data = transposed ? transpose(held, shape[1], shape[0]) : Float32Array.from(held);
    values.set(name, { shape, dtype: "float32", data });
  }
  return values;
}
