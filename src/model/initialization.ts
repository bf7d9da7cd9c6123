import { elementCount } from "../engine/tensor.ts";
import { type Random } from "../random.ts";
import { blocks } from "../turns.ts";
import { cells } from "./cells/index.ts";
import { type ModelConfig } from "./network.ts";
import {
  directionsOf,
  headWidth,
  layerParameter,
  parameterShapes,
  stacksOf,
  type NetworkSizes,
} from "./shapes.ts";

export interface InitOptions {
  /** `torch`: PyTorch's defaults. `uniform`: all in +-initRange. `orthogonal`: see `orthogonal` below. */
  readonly init: "torch" | "uniform" | "orthogonal";
  /** The largest absolute value of the weights of `uniform`. */
  readonly initRange: number;
  /** The sum of the two biases of a forget gate at the start. */
  readonly forgetBias: number;
  /** The most time steps T that a unit may have to remember. Undefined or 0: gates get no biases for it. */
  readonly chrono?: number;
}

/**
 * The initial values of every parameter, by name, row-major. The values depend only on the arguments. A large model
 * takes a while, during which the event loop can run.
 */
export async function initialParameters(
  config: ModelConfig,
  sizes: NetworkSizes,
  options: InitOptions,
  random: Random,
): Promise<Map<string, Float32Array>> {
  const initialize = initializers[options.init];
  const parameters = new Map<string, Float32Array>();
  for (const [name, shape] of parameterShapes(config, sizes)) {
    parameters.set(name, await initialize(name, shape, config, options, random));
  }
  setGateBiases(parameters, config, sizes, options, random);
  return parameters;
}

type Initializer = (
  name: string,
  shape: readonly number[],
  config: ModelConfig,
  options: InitOptions,
  random: Random,
) => Promise<Float32Array>;

const initializers: Record<InitOptions["init"], Initializer> = {
  /**
   * torch.nn's reset_parameters: an Embedding is N(0, 1), the layers are in +-1/sqrt(H), and every Linear (the head, the
   * bridge and the attention) is in +-1/sqrt(n) with its n inputs.
   */
  torch(name, shape, config, _options, random) {
    if (isEmbedding(name)) return normal(shape, random);
    if (name.includes("rnn.")) return uniform(shape, 1 / Math.sqrt(config.hidden), random);
    const inputs = name.startsWith("head.") ? headWidth(config) : shape[1];
    return uniform(shape, 1 / Math.sqrt(inputs), random);
  },

  uniform: (_name, shape, _config, { initRange }, random) => uniform(shape, initRange, random),

  /**
   * The recurrent weights of each gate are an orthogonal matrix, which neither shrinks nor stretches signals through
   * time (Saxe et al. 2014). Other matrices follow Glorot and Bengio's uniform rule (2010). Biases are zero.
   */
  async orthogonal(name, shape, { cell, hidden }, _options, random) {
    if (isEmbedding(name)) return normal(shape, random);
    const [rows, columns] = shape;
    if (shape.length === 1) return new Float32Array(rows);
    if (!name.includes(".weight_hh")) return uniform(shape, Math.sqrt(6 / (rows + columns)), random);
    const weights = new Float32Array(rows * columns);
    for (let gate = 0; gate < cells[cell].gates.length; gate++) {
      weights.set(await orthogonalMatrix(hidden, random), gate * hidden * hidden);
    }
    return weights;
  },
};

function isEmbedding(name: string): boolean {
  return name.endsWith("embedding.weight");
}

function uniform(shape: readonly number[], range: number, random: Random): Promise<Float32Array> {
  return drawn(shape, () => range * (2 * random.next() - 1));
}

function normal(shape: readonly number[], random: Random): Promise<Float32Array> {
  return drawn(shape, () => standardNormal(random));
}

async function drawn(shape: readonly number[], draw: () => number): Promise<Float32Array> {
  const values = new Float32Array(elementCount(shape));
  for await (const [start, end] of blocks(0, values.length)) {
    for (let i = start; i < end; i++) values[i] = draw();
  }
  return values;
}

/** The method of Box and Muller (1958). The logarithm is finite, because 1 - next() is never 0. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/**
 * A random n x n orthogonal matrix; all are equally likely (Stewart 1980). The matrix grows from 1 x 1: each step adds
 * a row and a column of the identity, and multiplies by a reflection whose first row is a random direction. This takes
 * about 4/3 n^3 operations.
 */
async function orthogonalMatrix(n: number, random: Random): Promise<Float64Array> {
  const matrix = new Float64Array(n * n);
  for await (const [, size] of blocks(0, n, 1)) {
    const corner = n - size;
    matrix[corner * n + corner] = 1;
    const rows = Array.from({ length: size }, (_, i) =>
      matrix.subarray((corner + i) * n + corner, (corner + i + 1) * n),
    );
    reflect(
      rows,
      Float64Array.from({ length: size }, () => standardNormal(random)),
    );
  }
  return matrix;
}

/** Multiplies rows from the left by -s (I - 2 u u^T / u^T u), with u = x + s |x| e_1 and the sign s of x_1. */
function reflect(rows: readonly Float64Array[], x: Float64Array): void {
  const sign = x[0] < 0 ? -1 : 1;
  const u = x.slice();
  u[0] += sign * Math.sqrt(squareOf(x));
  const product = new Float64Array(x.length);
  // These are plain loops, because V8 takes twice as long with closures.
  for (let i = 0; i < x.length; i++) {
    const [row, factor] = [rows[i], u[i]];
    for (let k = 0; k < x.length; k++) product[k] += factor * row[k];
  }
  const scale = 2 / squareOf(u);
  for (let i = 0; i < x.length; i++) {
    const [row, factor] = [rows[i], scale * u[i]];
    for (let k = 0; k < x.length; k++) row[k] = sign * (factor * product[k] - row[k]);
  }
}

function squareOf(x: Float64Array): number {
  return x.reduce((sum, value) => sum + value * value, 0);
}

/**
 * Sets the biases of the gates that keep a state or let input in. A cell whose forget gates start open learns long
 * dependencies sooner (Jozefowicz et al. 2015). With `chrono`, a unit forgets after a random time of up to T steps: the
 * bias of the gate that keeps is log(u) for a uniform u from 1 to T - 1, and that of the gate that writes is -log(u)
 * (Tallec and Ollivier 2018).
 */
function setGateBiases(
  parameters: Map<string, Float32Array>,
  config: ModelConfig,
  sizes: NetworkSizes,
  { forgetBias, chrono = 0 }: InitOptions,
  random: Random,
): void {
  const { hidden, layers } = config;
  const { gates, memoryGates } = cells[config.cell];
  for (const stack of stacksOf(config, sizes)) {
    for (let layer = 0; layer < layers; layer++) {
      for (const direction of directionsOf(stack)) {
        const bias = (name: string) => parameters.get(stack.prefix + layerParameter(name, layer, direction));
        const set = (gate: string, valueOf: (unit: number) => number) => {
          const first = gates.indexOf(gate) * hidden;
          if (first < 0) return;
          bias("bias_ih")?.set(
            Array.from({ length: hidden }, (_, unit) => valueOf(unit)),
            first,
          );
          bias("bias_hh")?.fill(0, first, first + hidden);
        };
        if (chrono === 0) {
          set("forget", () => forgetBias);
          continue;
        }
        const times = Array.from({ length: hidden }, () =>
          Math.log(1 + random.next() * Math.max(0, chrono - 2)),
        );
        if (memoryGates.keep) set(memoryGates.keep, (unit) => times[unit]);
        if (memoryGates.write) set(memoryGates.write, (unit) => -times[unit]);
      }
    }
  }
}
