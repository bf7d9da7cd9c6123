import { type Operation } from "../engine/operation.ts";
import { entry, type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining } from "./cells/cell.ts";
import { type Network } from "./network.ts";
import { outputWidth } from "./shapes.ts";
import { first, UnrolledLayer, type Reversing, type Stage, type UnrollOptions } from "./unrolled-layer.ts";

export { type Stage, type UnrollOptions } from "./unrolled-layer.ts";

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
}

/** The head of a language model. */
const EVERY_STEP: HeadOptions = { reads: "steps", loss: "softmax", weighted: false };

/**
 * A network unrolled over chunks of up to T time steps: the tensors of one chunk and the operations that fill them. The
 * tensors are time-major. There are [T, B] rows of outputs, or [B] if the head reads each row once.
 */
export class UnrolledNetwork {
  /** The input: symbols [T, B], or numbers [T, B, n]. */
  readonly inputs: Tensor;
  /**
   * Indices that each chunk must fill, by name. `reversal`: see `Reversing`. `last` [B]: the place t * B + b of each
   * row's last step. `ends` [T, B]: b at the last step of row b, and -1 everywhere else.
   */
  readonly indices: Readonly<Record<string, Tensor>>;
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
  readonly layers: readonly UnrolledLayer[];
  readonly #network: Network;
  readonly #head: HeadOptions;
  /** [.., D]: the input of the head, and the gradient of this input. */
  readonly #read: Tensor;
  readonly #readGradient: Tensor | undefined;
  /** [T, B, E]: the embedded symbols, if there is an embedding, and their gradient, if it is trained. */
  readonly #embedded: Tensor | undefined;
  readonly #embeddedGradient: Tensor | undefined;
  /** [T, B, D]: the gradients of the layers' outputs. Two tensors are enough: layers use them alternately. */
  readonly #gradients: readonly Tensor[];

  constructor(layout: Layout, network: Network, options: UnrollOptions & { readonly head?: HeadOptions }) {
    const { batch, steps, training, head = EVERY_STEP } = options;
    const { embedding, layers } = network.config;
    const { inputs, outputs, numeric = false } = network.sizes;
    const D = outputWidth(network.config);
    this.#network = network;
    this.#head = head;
    const rows = head.reads === "steps" ? [steps, batch] : [batch];
    this.inputs = numeric ? layout.tensor([steps, batch, inputs]) : layout.tensor([steps, batch], "int32");
    this.targets = head.loss === "softmax" ? layout.tensor(rows, "int32") : layout.tensor([...rows, outputs]);
    this.weights = head.weighted ? layout.tensor(rows) : undefined;
    this.counted = layout.tensor([1]);
    this.losses = layout.tensor(rows);
    this.predictions = layout.tensor(rows, "int32");
    this.logits = layout.tensor([...rows, outputs]);
    this.#embedded = embedding > 0 ? layout.tensor([steps, batch, embedding]) : undefined;
    const reversing = reversingOf(layout, network, options);
    let input = this.#embedded ?? this.inputs;
    this.layers = Array.from({ length: layers }, (_, layer) => {
      const unrolled = new UnrolledLayer(layout, network, options, { layer, input, reversing });
      input = unrolled.output;
      return unrolled;
    });
    this.indices = {
      ...(reversing && { reversal: reversing.reversal }),
      ...(head.reads === "last" && {
        last: layout.tensor([batch], "int32"),
        ...(training && { ends: layout.tensor([steps, batch], "int32") }),
      }),
    };
    this.#gradients = (training ? this.layers.slice(0, 2) : []).map(() => layout.scratch([steps, batch, D]));
    this.#embeddedGradient =
      training && this.#embedded ? layout.tensor([steps, batch, embedding]) : undefined;
    this.#read = head.reads === "last" ? layout.tensor([batch, D]) : input;
    this.#readGradient = training && head.reads === "last" ? layout.tensor([batch, D]) : this.#topGradient;
  }

  /** Sets the states before the first step: to the carried states, or to zero. */
  loadStates(): Operation[] {
    return this.layers.flatMap((layer) => layer.loadStates());
  }

  /** Saves the states after `steps` steps as carried states, unless the `guard` (a status) rejects the chunk. */
  saveStates(steps: number, guard?: Tensor): Operation[] {
    return this.layers.flatMap((layer) => layer.saveStates(steps, guard));
  }

  /** Computes the logits of the first `steps` time steps from `inputs` and the loaded states. */
  forward(steps: number): Operation[] {
    return [
      ...this.#embed(steps),
      ...this.layers.flatMap((layer) => layer.forward(steps)),
      ...this.#readEnds(steps),
      {
        op: "multiply",
        input: this.#rows(steps, this.#read),
        weights: this.#network.parameter("head.weight").tensor,
        transposed: true,
        output: this.#rows(steps, this.logits),
        biases: [this.#network.parameter("head.bias").tensor],
      },
    ];
  }

  /** The rows of a tensor of the head that belong to the first `steps` steps. */
  #rows(steps: number, tensor: Tensor): Tensor {
    return this.#head.reads === "steps" ? first(steps, tensor) : tensor;
  }

  #embed(steps: number): Operation[] {
    if (this.#embedded === undefined) return [];
    const table = this.#network.parameter("embedding.weight").tensor;
    const [indices, output] = [first(steps, this.inputs), first(steps, this.#embedded)];
    return [{ op: "gather", table, indices, output, biases: [] }];
  }

  get #top(): UnrolledLayer {
    return this.layers[this.layers.length - 1];
  }

  /**
   * Collects, for each row, the hidden states that have read the whole row. In the forward direction this is the state at
   * the row's last step. In the reverse direction it is the state at the row's first step.
   */
  #readEnds(steps: number): Operation[] {
    if (this.#head.reads === "steps") return [];
    const from = first(steps, this.#top.output);
    const { hidden: columns } = this.#network.config;
    const { last } = this.indices;
    return this.#network.directions.map((direction) =>
      direction === "forward"
        ? { op: "moveRows", from, to: this.#read, indices: last, columns }
        : {
            op: "moveRows",
            from: entry(from, 0),
            to: this.#read,
            fromColumn: columns,
            toColumn: columns,
            columns,
          },
    );
  }

  /** The backward pass of `#readEnds`. The hidden states of all other steps get a gradient of zero. */
  #spreadEnds(steps: number): Operation[] {
    if (this.#head.reads === "steps") return [];
    const from = requireTraining(this.#readGradient);
    const to = first(steps, requireTraining(this.#topGradient));
    const { hidden: columns } = this.#network.config;
    const indices = first(steps, this.indices.ends);
    const forward: Operation = { op: "moveRows", from, to, indices, columns };
    if (this.#network.directions.length === 1) return [forward];
    return [
      { op: "zero", tensor: to },
      forward,
      { op: "moveRows", from, to: entry(to, 0), fromColumn: columns, toColumn: columns, columns },
    ];
  }

  /** The losses of the first `steps` steps. */
  lossesOf(steps: number): Tensor {
    return this.#rows(steps, this.losses);
  }

  /** Computes the losses from `targets`, and the likeliest classes. */
  score(steps: number): Operation[] {
    return [this.#loss(steps)];
  }

  /** The loss operation. If `counted` is given, the gradients of the mean loss overwrite the logits. */
  #loss(steps: number, counted?: Tensor): Operation {
    const [outputs, targets, losses] = [this.logits, this.targets, this.losses].map((tensor) =>
      this.#rows(steps, tensor),
    );
    const weights = this.weights && { weights: this.#rows(steps, this.weights) };
    const common = { targets, losses, ...weights, ...(counted && { counted }) };
    switch (this.#head.loss) {
      case "sigmoid":
        return { op: "sigmoidCrossEntropy", logits: outputs, ...common };
      case "squares":
        return { op: "squaredError", outputs, ...common };
      case "softmax": {
        const predictions = counted ? undefined : this.#rows(steps, this.predictions);
        return { op: "softmaxCrossEntropy", logits: outputs, ...common, ...(predictions && { predictions }) };
      }
    }
  }

  /**
   * Computes the losses of `steps` time steps and, by backpropagation through time, the gradient of the mean loss (over
   * the targets that count) for every parameter. Must follow `forward`, and overwrites the activations.
   */
  backward(steps: number): Operation[] {
    const outputGradient = this.#rows(steps, this.logits);
    const { tensor: weights } = this.#network.parameter("head.weight");
    return [
      this.#loss(steps, this.counted),
      {
        op: "multiply",
        input: outputGradient,
        weights,
        transposed: false,
        output: this.#rows(steps, requireTraining(this.#readGradient)),
      },
      ...this.#spreadEnds(steps),
      ...this.layers
        .map((layer, index) => layer.backward(steps, ...this.#gradientsAround(index)))
        .reverse()
        .flat(),
      ...this.#parameterGradients(steps),
    ];
  }

  get #topGradient(): Tensor | undefined {
    return this.#gradients.at((this.layers.length - 1) % 2);
  }

  /** The tensors for the gradients of a layer's output and input. A one-hot or numeric input has no gradient. */
  #gradientsAround(layer: number): [Tensor, Tensor | undefined] {
    const below = layer > 0 ? this.#gradients[(layer - 1) % 2] : this.#embeddedGradient;
    return [requireTraining(this.#gradients.at(layer % 2)), below];
  }

  /** The gradients of the parameters. The head's gradients come right after the layers', so that one pass computes both. */
  #parameterGradients(steps: number): Operation[] {
    const [outputGradient, input] = [this.logits, this.#read].map((tensor) => this.#rows(steps, tensor));
    return [
      ...this.#embeddingGradient(steps),
      ...this.layers.flatMap((layer) => layer.gradients(steps)),
      { op: "biasGradient", outputGradient, gradients: [this.#gradientOf("head.bias")] },
      { op: "weightGradient", outputGradient, input, gradient: this.#gradientOf("head.weight") },
      ...this.layers.flatMap((layer) => layer.oneHotBiasGradients()),
    ];
  }

  #embeddingGradient(steps: number): Operation[] {
    if (this.#embeddedGradient === undefined) return [];
    const outputGradient = first(steps, this.#embeddedGradient);
    const indices = first(steps, this.inputs);
    return [{ op: "scatter", outputGradient, indices, gradient: this.#gradientOf("embedding.weight") }];
  }

  #gradientOf(name: string): Tensor {
    return requireTraining(this.#network.parameter(name).gradient);
  }

  /** The tensors of the forward pass to check, in order, if numbers stop being finite. */
  forwardStages(steps: number): Stage[] {
    const states = (step: number) => this.layers.flatMap((layer) => layer.stateStages(step));
    return Array.from({ length: steps }, (_, step) => [
      ...states(step),
      ...(this.#head.reads === "steps"
        ? this.#headStages(step, entry(this.logits, step), entry(this.losses, step))
        : []),
    ])
      .flat()
      .concat(this.#head.reads === "last" ? this.#headStages(steps - 1, this.logits, this.losses) : []);
  }

  #headStages(step: number, logits: Tensor, losses: Tensor): Stage[] {
    const parameters = ["head.weight", "head.bias"];
    return [
      { what: "the logits", step, tensor: logits, parameters },
      { what: "the loss", step, tensor: losses, parameters },
    ];
  }

  /** The tensors of the backward pass to check, in order, if numbers stop being finite. */
  backwardStages(steps: number): Stage[] {
    return Array.from({ length: steps }, (_, step) => this.layers.flatMap((layer) => layer.gateStages(step)))
      .flat()
      .reverse();
  }
}

/** The tensors of a bidirectional network that all layers use. Undefined if the network reads in one direction. */
function reversingOf(layout: Layout, network: Network, options: UnrollOptions): Reversing | undefined {
  if (network.directions.length === 1) return undefined;
  const { batch, steps, states, training } = options;
  if (states) throw new Error("a network that reads both directions carries no states");
  const { hidden, embedding, layers } = network.config;
  const widest = Math.max(embedding, layers > 1 ? outputWidth(network.config) : 0);
  return {
    reversal: layout.tensor([steps, batch], "int32"),
    hiddenGradient: training && layout.scratch([steps, batch, hidden]),
    inputGradient: training && widest > 0 ? layout.scratch([steps, batch, widest]) : undefined,
  };
}
