import type { Random } from "../random.ts";
import { cells } from "./cells/index.ts";
import type { ModelConfig } from "./network.ts";
import { parameterShapes } from "./shapes.ts";

export interface InitOptions {
  /** `torch`: PyTorch's defaults. `uniform`: all in +-range. `orthogonal`: see `orthogonal` below. */
  readonly init: "torch" | "uniform" | "orthogonal";
  /** Half the width of `uniform`. */
  readonly initRange: number;
  /** What the two forget biases of an LSTM sum to at the start. */
  readonly forgetBias: number;
}

/** Initial values of every parameter, by name, row-major. They depend on the options and the generator alone. */
export function initialParameters(
  config: ModelConfig,
  vocabularySize: number,
  options: InitOptions,
  random: Random,
): Map<string, Float32Array> {
  const initialize = initializers[options.init];
  const parameters = new Map<string, Float32Array>();
  for (const [name, shape] of parameterShapes(config, vocabularySize)) {
    parameters.set(name, initialize(name, shape, config, options, random));
  }
  setForgetBiases(parameters, config, options.forgetBias);
  return parameters;
}

type Initializer = (
  name: string,
  shape: readonly number[],
  config: ModelConfig,
  options: InitOptions,
  random: Random,
) => Float32Array;

const initializers: Record<InitOptions["init"], Initializer> = {
  /** torch.nn's reset_parameters: all in +-1/sqrt(H) (for a Linear that is its fan-in), an Embedding N(0, 1). */
  torch(name, shape, { hidden }, _options, random) {
    if (name === "embedding.weight") return normal(shape, random);
    return uniform(shape, 1 / Math.sqrt(hidden), random);
  },

  uniform: (_name, shape, _config, { initRange }, random) => uniform(shape, initRange, random),

  /**
   * Recurrent weights orthogonal, gate by gate, so that they neither shrink nor stretch what flows through time
   * (Saxe et al. 2014); other matrices by Glorot and Bengio's uniform rule (2010); biases zero.
   */
  orthogonal(name, shape, { cell, hidden }, _options, random) {
    if (name === "embedding.weight") return normal(shape, random);
    const [rows, columns] = shape;
    if (shape.length === 1) return new Float32Array(rows);
    if (!name.startsWith("rnn.weight_hh")) return uniform(shape, Math.sqrt(6 / (rows + columns)), random);
    const weights = new Float32Array(rows * columns);
    for (let gate = 0; gate < cells[cell].gateCount; gate++) {
      weights.set(orthogonalMatrix(hidden, random), gate * hidden * hidden);
    }
    return weights;
  },
};

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function uniform(shape: readonly number[], range: number, random: Random): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, () => range * (2 * random.next() - 1));
}

function normal(shape: readonly number[], random: Random): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, () => standardNormal(random));
}

/** Box and Muller 1958; 1 - next() is never 0. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** An n x n orthogonal matrix: rows of normal numbers, made orthonormal by Gram and Schmidt, twice for precision. */
function orthogonalMatrix(n: number, random: Random): Float64Array {
  const matrix = Float64Array.from({ length: n * n }, () => standardNormal(random));
  const rows = Array.from({ length: n }, (_, i) => matrix.subarray(i * n, (i + 1) * n));
  rows.forEach((row, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const before of rows.slice(0, i)) addScaled(row, before, -dot(row, before));
    }
    const norm = Math.sqrt(dot(row, row));
    for (let k = 0; k < n; k++) row[k] /= norm;
  });
  return matrix;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function addScaled(a: Float64Array, b: Float64Array, scale: number): void {
  for (let k = 0; k < a.length; k++) a[k] += scale * b[k];
}

/** An LSTM that starts by remembering learns long dependencies sooner (Jozefowicz et al. 2015). */
function setForgetBiases(parameters: Map<string, Float32Array>, config: ModelConfig, sum: number): void {
  const { forgetGate } = cells[config.cell];
  if (forgetGate === undefined) return;
  const [start, end] = [forgetGate * config.hidden, (forgetGate + 1) * config.hidden];
  for (let layer = 0; layer < config.layers; layer++) {
    parameters.get(`rnn.bias_ih_l${layer}`)?.fill(sum, start, end);
    parameters.get(`rnn.bias_hh_l${layer}`)?.fill(0, start, end);
  }
}
