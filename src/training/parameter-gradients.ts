import { type Checkpoint } from "../checkpoint/format.ts";
import { type EngineOptions } from "../engine/engines.ts";
import { type StoredValues } from "../model/weights.ts";
import { type TrainingData } from "../tasks/task.ts";
import { Learner, type LearnerOptions } from "./learner.ts";

/** The gradient of one parameter over several batches, and the update that the optimizer makes of it. */
export interface ParameterGradient {
  readonly name: string;
  /** The 2-norm of the gradient of a batch, before clipping: the mean over the batches. */
  readonly gradientNorm: number;
  readonly weightNorm: number;
  /** The norm of one update, divided by the norm of the parameter. NaN if the parameter is zero. */
  readonly updateRatio: number;
  /**
   * The norm of the mean gradient, divided by the noise of one batch: the square root of the variances of all elements.
   * Both are estimated without bias. NaN if all batches have the same gradient, or there is one batch.
   */
  readonly signalToNoise: number;
}

/** The gradients and the update of all parameters. */
export interface UpdateMeasurement {
  readonly parameters: readonly ParameterGradient[];
  /** The norm of the update of all parameters, divided by the norm of all parameters. */
  readonly updateRatio: number;
  readonly batches: number;
  readonly learningRate: number;
}

/** Adam's mean of the gradients has forgotten its start after about so many batches. */
const MOST_BATCHES = 20;

/**
 * Measures the gradients of the first batches of an epoch with the weights of a checkpoint, and then the next update at
 * the learning rate. The moments of the optimizer are those of these batches. Dropout is off, and the checkpoint stays as
 * it is. Undefined if a loss or a gradient is not finite.
 * @throws CharrnnError if the engine cannot run here or there is too little memory
 */
export async function measureUpdates(
  { model, parameters }: Pick<Checkpoint, "model" | "parameters">,
  data: Pick<TrainingData, "lay" | "chunk" | "chunksPerEpoch">,
  options: LearnerOptions & { readonly lr: number },
  engine: EngineOptions & { readonly progress?: (done: number, total: number) => void },
): Promise<UpdateMeasurement | undefined> {
  const learner = await Learner.open({ config: { ...model, dropout: 0 }, data, options }, engine);
  try {
    learner.loadParameters(parameters);
    const before = await learner.parameters();
    const statistics = new Map(
      [...before].map(([name, { data }]) => [name, new GradientStatistics(data.length)]),
    );
    const batches = Math.min(MOST_BATCHES, data.chunksPerEpoch);
    for (let batch = 0; batch < batches; batch++) {
      // With a learning rate of zero, the weights stay and the moments of the optimizer move.
      const rate = batch === batches - 1 ? options.lr : 0;
      const { applied } = await learner.update(data.chunk(batch, 1), batch + 1, rate);
      if (!applied) return undefined;
      for (const [name, { data }] of await learner.gradients()) statistics.get(name)?.add(data);
      engine.progress?.(batch + 1, batches);
    }
    const changes = changesBetween(before, await learner.parameters());
    return {
      parameters: changes.map(({ name, weight, update }) => ({
        name,
        gradientNorm: statistics.get(name)?.meanNorm ?? NaN,
        weightNorm: weight,
        updateRatio: weight === 0 ? NaN : update / weight,
        signalToNoise: statistics.get(name)?.signalToNoise ?? NaN,
      })),
      updateRatio: ratioOf(changes),
      batches,
      learningRate: options.lr,
    };
  } finally {
    await learner.close();
  }
}

/** The norm of a parameter, and that of its change. */
export interface Change {
  readonly name: string;
  readonly weight: number;
  readonly update: number;
}

/** How parameters have changed: the norms by name. */
export function changesBetween(
  before: ReadonlyMap<string, Pick<StoredValues, "data">>,
  after: ReadonlyMap<string, Pick<StoredValues, "data">>,
): Change[] {
  return [...before].map(([name, { data }]) => {
    const changed = after.get(name)?.data;
    if (changed === undefined) throw new Error(`the parameter ${name} is gone`);
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += (changed[i] - data[i]) ** 2;
    return { name, weight: normOf(data), update: Math.sqrt(sum) };
  });
}

/** The norm of all changes, divided by the norm of all parameters. */
export function ratioOf(changes: readonly Change[]): number {
  const norm = (key: "weight" | "update") => Math.hypot(...changes.map((change) => change[key]));
  return norm("update") / norm("weight");
}

/** The 2-norm of an array. */
export function normOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.sqrt(sum);
}

/** The mean and the variance of gradients, one batch after another (Welford 1962). */
class GradientStatistics {
  #count = 0;
  #norms = 0;
  readonly #mean: Float64Array;
  /** The sum of the squared deviations of all elements. */
  #deviations = 0;

  constructor(size: number) {
    this.#mean = new Float64Array(size);
  }

  add(gradient: ArrayLike<number>): void {
    this.#count += 1;
    this.#norms += normOf(gradient);
    for (let i = 0; i < gradient.length; i++) {
      const deviation = gradient[i] - this.#mean[i];
      this.#mean[i] += deviation / this.#count;
      this.#deviations += deviation * (gradient[i] - this.#mean[i]);
    }
  }

  get meanNorm(): number {
    return this.#norms / this.#count;
  }

  get signalToNoise(): number {
    const variance = this.#deviations / (this.#count - 1);
    // The mean of n gradients still has an n-th of the noise of one.
    const signal = Math.max(0, normOf(this.#mean) ** 2 - variance / this.#count);
    return Math.sqrt(signal / variance);
  }
}
