import { type Operation } from "../engine/operation.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining } from "./cells/cell.ts";
import { type Network } from "./network.ts";
import { first, type Stage } from "./unrolled-layer.ts";

/** The loss that compares the outputs with the targets. */
export type Loss = "softmax" | "sigmoid" | "squares";

/** At which time steps the head of a network computes outputs, and what the outputs are. */
export interface HeadOptions {
  /** `steps`: at every step. `last`: once for each row, from the hidden states that have read the whole row. */
  readonly reads: "steps" | "last";
  /**
   * `softmax`: the outputs are the logits of classes. `sigmoid`: the output is the logit of the second of two classes.
   * `squares`: the outputs are numbers, and the loss is the sum of their squared errors.
   */
  readonly loss: Loss;
  /** Whether the loss of each row of outputs is multiplied by a weight. */
  readonly weighted: boolean;
  /** With the softmax loss in training: the share of each target's probability that is divided among all classes. */
  readonly smoothing?: number;
}

/** The head of a language model. */
export const EVERY_STEP: HeadOptions = { reads: "steps", loss: "softmax", weighted: false };

/**
 * The linear head of a network with its loss, for chunks of up to T time steps of B rows. There are [T, B] rows of
 * outputs, or [B] if the head reads each row once.
 */
export class UnrolledHead {
  /** The correct classes or numbers, for each row of outputs. A class below 0 is masked: its row does not count. */
  readonly targets: Tensor;
  /** The weight of each row of outputs in the loss, if rows have weights. */
  readonly weights: Tensor | undefined;
  /** [1]: the number of targets that count, or the sum of their weights. */
  readonly counted: Tensor;
  /** The loss of each row of outputs. */
  readonly losses: Tensor;
  /** The likeliest class of each row of outputs. Only a network with the softmax loss fills this tensor. */
  readonly predictions: Tensor;
  /** [.., outputs]: the outputs of the head. */
  readonly logits: Tensor;
  readonly #network: Network;
  readonly #options: HeadOptions;

  constructor(
    layout: Layout,
    network: Network,
    { batch, steps }: { readonly batch: number; readonly steps: number },
    options: HeadOptions,
  ) {
    const { outputs } = network.sizes;
    this.#network = network;
    this.#options = options;
    const rows = options.reads === "steps" ? [steps, batch] : [batch];
    this.targets =
      options.loss === "softmax" ? layout.tensor(rows, "int32") : layout.tensor([...rows, outputs]);
    this.weights = options.weighted ? layout.tensor(rows) : undefined;
    this.counted = layout.tensor([1]);
    this.losses = layout.tensor(rows);
    this.predictions = layout.tensor(rows, "int32");
    this.logits = layout.tensor([...rows, outputs]);
  }

  /** The rows of a tensor of the head that belong to the first `steps` steps. */
  rows(steps: number, tensor: Tensor): Tensor {
    return this.#options.reads === "steps" ? first(steps, tensor) : tensor;
  }

  /** Computes the logits from `input` [.., D]. */
  forward(steps: number, input: Tensor): Operation[] {
    return [
      {
        op: "multiply",
        input: this.rows(steps, input),
        weights: this.#network.parameter("head.weight").tensor,
        transposed: true,
        output: this.rows(steps, this.logits),
        biases: [this.#network.parameter("head.bias").tensor],
      },
    ];
  }

  /** Computes the losses from `targets`, and the likeliest classes. */
  score(steps: number): Operation[] {
    return [this.#loss(steps)];
  }

  /** The loss operation. If `counted` is given, the gradients of the mean loss overwrite the logits. */
  #loss(steps: number, counted?: Tensor): Operation {
    const [outputs, targets, losses] = [this.logits, this.targets, this.losses].map((tensor) =>
      this.rows(steps, tensor),
    );
    const weights = this.weights && { weights: this.rows(steps, this.weights) };
    const common = { targets, losses, ...weights, ...(counted && { counted }) };
    switch (this.#options.loss) {
      case "sigmoid":
        return { op: "sigmoidCrossEntropy", logits: outputs, ...common };
      case "squares":
        return { op: "squaredError", outputs, ...common };
      case "softmax": {
        const { smoothing = 0 } = this.#options;
        const predictions = this.rows(steps, this.predictions);
        const also = counted ? { smoothing } : { predictions };
        return { op: "softmaxCrossEntropy", logits: outputs, ...common, ...also };
      }
    }
  }

  /** Computes the losses, and the gradient of the head's input. The gradients of the logits overwrite the logits. */
  backward(steps: number, inputGradient: Tensor): Operation[] {
    return [
      this.#loss(steps, this.counted),
      {
        op: "multiply",
        input: this.rows(steps, this.logits),
        weights: this.#network.parameter("head.weight").tensor,
        transposed: false,
        output: this.rows(steps, inputGradient),
      },
    ];
  }

  /** The gradients of the head's parameters. Must follow `backward`. */
  gradients(steps: number, headInput: Tensor): Operation[] {
    const [outputGradient, input] = [this.logits, headInput].map((tensor) => this.rows(steps, tensor));
    const [bias, gradient] = ["head.bias", "head.weight"].map((name) =>
      requireTraining(this.#network.parameter(name).gradient),
    );
    return [
      { op: "biasGradient", outputGradient, gradients: [bias] },
      { op: "weightGradient", outputGradient, input, gradient },
    ];
  }

  /** The outputs and losses of a step, or of all rows if the head reads each row once. */
  stages(step: number, logits: Tensor, losses: Tensor): Stage[] {
    const parameters = ["head.weight", "head.bias"];
    return [
      { what: "the logits", step, tensor: logits, parameters },
      { what: "the loss", step, tensor: losses, parameters },
    ];
  }
}
