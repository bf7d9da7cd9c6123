import { type Engine } from "../engine/engine.ts";
import { type Of, type Operation } from "../engine/operation.ts";
import { STATUS } from "../engine/operations/status.ts";
import { blockCount } from "../engine/operations/updates.ts";
import { slice, type Layout, type Tensor } from "../engine/tensor.ts";
import { type Parameter } from "../model/network.ts";
import { type StoredTensor } from "../model/weights.ts";
import { type TrainOptions } from "./options.ts";

export type OptimizerOptions = Pick<
  TrainOptions,
  "optimizer" | "beta1" | "beta2" | "rmspropDecay" | "momentum" | "weightDecay" | "clipNorm" | "clipValue"
>;

/** Added to a root before the division by it, so that the quotient stays finite. These are PyTorch's defaults. */
const EPSILON = { adam: 1e-8, rmsprop: 1e-8, adagrad: 1e-10 } as const;

/** The result of an update. The operation `checkDivergence` computes this result. */
export interface Assessment {
  /** Mean loss of the chunk in nats, over the targets that count (those that are not masked). */
  loss: number;
  /** Global norm of the gradient before clipping. */
  gradientNorm: number;
  /**
   * Whether the parameters were updated. Parameters are not updated if the loss or the gradient norm is not finite, or
   * the loss is above the limit.
   */
  applied: boolean;
}

/**
 * Clips the gradients of a model's parameters and updates the parameters. The optimizer holds the moments that the
 * update rule keeps for each parameter.
 */
export class Optimizer {
  /** [4]: see STATUS. */
  readonly status: Tensor;
  /** [4]: the numbers of `ratesAt`, in the order of RATES. */
  readonly rates: Tensor;
  /** The moments of the update rule, with names such as `mean.rnn.weight_ih_l0`. */
  readonly moments: readonly StoredTensor[];
  readonly #partials: Tensor;
  readonly #parameters: readonly Parameter[];
  readonly #options: OptimizerOptions;
  readonly #moments = new Map<string, Tensor>();

  constructor(layout: Layout, parameters: readonly Parameter[], options: OptimizerOptions) {
    this.#parameters = parameters;
    this.#options = options;
    this.status = layout.tensor([4]);
    this.rates = layout.tensor([4]);
    this.#partials = layout.tensor([parameters.reduce((n, { tensor }) => n + blockCount(tensor), 0)]);
    this.moments = parameters.flatMap((parameter) =>
      this.#momentNames().map((moment) => {
        const name = `${moment}.${parameter.name}`;
        const tensor = layout.tensor(parameter.tensor.shape);
        this.#moments.set(name, tensor);
        return { name, shape: parameter.shape, transposed: parameter.transposed, tensor };
      }),
    );
  }

  #momentNames(): string[] {
    const { optimizer, momentum } = this.#options;
    if (optimizer === "adam") return ["mean", "square"];
    if (optimizer === "sgd") return momentum > 0 ? ["momentum"] : [];
    return ["square"];
  }

  /** Operations that check loss and gradients and, unless the chunk is rejected, update every parameter. */
  operations(losses: Tensor, counted: Tensor): Operation[] {
    const { clipNorm, clipValue } = this.#options;
    let block = 0;
    const sums = this.#parameters.map((parameter): Operation => {
      const tensor = gradientOf(parameter);
      const partials = slice(this.#partials, block, (block += blockCount(tensor)));
      return { op: "sumOfSquares", tensor, partials };
    });
    const maxNorm = clipValue === undefined ? clipNorm : 0;
    return [
      ...sums,
      {
        op: "checkDivergence",
        losses,
        counted,
        partials: this.#partials,
        status: this.status,
        rates: this.rates,
        maxNorm,
      },
      ...this.#parameters.map((parameter) => this.#update(parameter)),
    ];
  }

  #update(parameter: Parameter): Of<"adam" | "scaledByRoot" | "sgd"> {
    const { optimizer, beta1, beta2, rmspropDecay, momentum, weightDecay, clipValue } = this.#options;
    const base = {
      parameter: parameter.tensor,
      gradient: gradientOf(parameter),
      status: this.status,
      rates: this.rates,
      limit: clipValue ?? 0,
      weightDecay: parameter.shape.length > 1 ? weightDecay : 0,
    };
    const moment = (kind: string) => this.#moments.get(`${kind}.${parameter.name}`);
    const buffer = moment("momentum");
    if (optimizer === "sgd") return { ...base, op: "sgd", ...(buffer && { buffer }), momentum };
    const square = required(moment("square"));
    if (optimizer === "adam") {
      const mean = required(moment("mean"));
      return { ...base, op: "adam", mean, square, beta1, beta2, epsilon: EPSILON.adam };
    }
    const [keep, add] = optimizer === "rmsprop" ? [rmspropDecay, 1 - rmspropDecay] : [1, 1];
    return { ...base, op: "scaledByRoot", square, keep, add, epsilon: EPSILON[optimizer] };
  }

  /** Reads the assessment from a status tensor: this optimizer's own, or a copy of it. */
  async assessmentIn(engine: Engine, status: Tensor): Promise<Assessment> {
    const values = await engine.read(status);
    return {
      loss: values[STATUS.LOSS],
      gradientNorm: values[STATUS.GRADIENT_NORM],
      applied: values[STATUS.REJECTED] === 0,
    };
  }

  /**
   * The rates for update number `step` (from 1), to be written to `rates` before the update runs. Two of them contain
   * Adam's bias corrections: lr / (1 - b1^t) and 1 / sqrt(1 - b2^t). The last is `largestLoss` (0: no limit): a chunk
   * with a larger loss is rejected.
   */
  ratesAt(step: number, learningRate: number, largestLoss = 0): number[] {
    const { beta1, beta2 } = this.#options;
    const adamStep = learningRate / (1 - beta1 ** step);
    return [learningRate, adamStep, 1 / Math.sqrt(1 - beta2 ** step), largestLoss];
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a moment is missing");
  return value;
}

function gradientOf({ name, gradient }: Parameter): Tensor {
  if (gradient === undefined) throw new Error(`${name} has no gradient: the network only predicts`);
  return gradient;
}
