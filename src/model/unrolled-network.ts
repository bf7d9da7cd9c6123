import { type Operation } from "../engine/operation.ts";
import { entry, slice, type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining, type OneHotInput, type UnrolledCell } from "./cells/cell.ts";
import { type CarriedStates, type Network } from "./network.ts";
import { layerParameter } from "./shapes.ts";

/** How a network is unrolled: over T time `steps` of a `batch` of B rows. */
export interface UnrollOptions {
  readonly batch: number;
  readonly steps: number;
  readonly states: CarriedStates;
  /** Also declares the tensors of the backward pass. The network must be declared for training too. */
  readonly training?: {
    /** [1]: the number of the training step. Dropout depends on it. */
    readonly clock: Tensor;
    readonly seed: number;
  };
}

/** A tensor of one time step of a chunk, and the parameters that it was computed from. */
export interface Stage {
  /** The tensor in words: "the cell state of layer 1". */
  readonly what: string;
  /** The time step, from 0. */
  readonly step: number;
  readonly tensor: Tensor;
  readonly parameters: readonly string[];
}

/**
 * A network unrolled over chunks of up to T steps: the tensors of one chunk and the operations that fill them. Inputs,
 * targets, losses and predictions are time-major [T, B].
 */
export class UnrolledNetwork {
  /** The symbols that the network reads. */
  readonly inputs: Tensor;
  /** The correct classes. A target below 0 is masked: it does not count. */
  readonly targets: Tensor;
  /** [1]: the number of targets that count. */
  readonly counted: Tensor;
  readonly losses: Tensor;
  readonly predictions: Tensor;
  /** [T, B, outputs] */
  readonly logits: Tensor;
  readonly cells: readonly UnrolledCell[];
  readonly #network: Network;
  readonly #options: UnrollOptions;
  /** [T, B, E], if there is an embedding. */
  readonly #embedded: Tensor | undefined;
  /** [T, B, H]: the output of each layer, after dropout. */
  readonly #outputs: readonly Tensor[];
  /** [T, B, H]: the gradients of the layers' outputs. Two tensors are enough: layers use them alternately. */
  readonly #gradients: readonly Tensor[];
  /** [T, B, E], if there is an embedding to train. */
  readonly #embeddedGradient: Tensor | undefined;

  constructor(layout: Layout, network: Network, options: UnrollOptions) {
    this.#network = network;
    this.#options = options;
    const { batch, steps, training } = options;
    const { hidden, embedding, dropout } = network.config;
    this.inputs = layout.tensor([steps, batch], "int32");
    this.targets = layout.tensor([steps, batch], "int32");
    this.counted = layout.tensor([1]);
    this.losses = layout.tensor([steps, batch]);
    this.predictions = layout.tensor([steps, batch], "int32");
    this.logits = layout.tensor([steps, batch, network.sizes.outputs]);
    this.#embedded = network.isOneHot ? undefined : layout.tensor([steps, batch, embedding]);
    this.cells = Array.from({ length: network.config.layers }, (_, layer) =>
      network.cell.unroll(layout, { steps, batch, hidden }, (name) => network.layerParameter(name, layer)),
    );
    const drops = training !== undefined && dropout > 0;
    this.#outputs = this.cells.map(({ states }) =>
      drops ? layout.tensor([steps, batch, hidden]) : slice(states[0], 1, steps + 1),
    );
    this.#gradients = (training ? this.cells.slice(0, 2) : []).map(() =>
      layout.scratch([steps, batch, hidden]),
    );
    this.#embeddedGradient =
      training && this.#embedded ? layout.tensor([steps, batch, embedding]) : undefined;
  }

  /** Copies the carried states to the start of the chunk. */
  loadStates(): Operation[] {
    return this.#eachState((sequence, carried) => ({ op: "copy", from: carried, to: entry(sequence, 0) }));
  }

  /** Saves the states after `steps` steps as carried states, unless the `guard` (a status) rejects the chunk. */
  saveStates(steps: number, guard?: Tensor): Operation[] {
    return this.#eachState((sequence, carried) => ({
      op: "copy",
      from: entry(sequence, steps),
      to: carried,
      ...(guard && { guard }),
    }));
  }

  #eachState(operation: (sequence: Tensor, carried: Tensor) => Operation): Operation[] {
    return this.cells.flatMap(({ states }, layer) =>
      states.map((sequence, index) => operation(sequence, this.#options.states[layer][index])),
    );
  }

  /** Computes the logits of the first `steps` time steps from `inputs` and the loaded states. */
  forward(steps: number): Operation[] {
    const layers = this.cells.flatMap((cell, layer) => [
      ...this.#project(layer, steps),
      ...Array.from({ length: steps }, (_, t) => cell.forward(t, this.#oneHotInput(layer, t))).flat(),
      ...this.#drop(layer, steps, slice(cell.states[0], 1, steps + 1), this.#outputs[layer]),
    ]);
    return [
      ...this.#embed(steps),
      ...layers,
      {
        op: "multiply",
        input: first(steps, this.#top),
        weights: this.#network.parameter("head.weight").tensor,
        transposed: true,
        output: first(steps, this.logits),
        biases: [this.#network.parameter("head.bias").tensor],
      },
    ];
  }

  get #top(): Tensor {
    return this.#outputs[this.#outputs.length - 1];
  }

  #embed(steps: number): Operation[] {
    if (this.#embedded === undefined) return [];
    const table = this.#network.parameter("embedding.weight").tensor;
    return [
      {
        op: "gather",
        table,
        indices: first(steps, this.inputs),
        output: first(steps, this.#embedded),
        biases: [],
      },
    ];
  }

  /** The input of a layer: the embedding, or the output of the layer below. Undefined for one-hot symbols. */
  #inputOf(layer: number): Tensor | undefined {
    return layer > 0 ? this.#outputs[layer - 1] : this.#embedded;
  }

  /** The input's part of the gates, for all time steps at once. One-hot symbols are added step by step instead. */
  #project(layer: number, steps: number): Operation[] {
    const input = this.#inputOf(layer);
    if (input === undefined) return [];
    const { gates, inputBiases } = this.cells[layer];
    return [
      {
        op: "multiply",
        input: first(steps, input),
        weights: this.#network.layerParameter("weight_ih", layer).tensor,
        transposed: true,
        output: first(steps, gates),
        biases: inputBiases.map((name) => this.#network.layerParameter(name, layer).tensor),
      },
    ];
  }

  #oneHotInput(layer: number, t: number): OneHotInput | undefined {
    if (this.#inputOf(layer) !== undefined) return undefined;
    const table = this.#network.layerParameter("weight_ih", layer).tensor;
    return { table, indices: entry(this.inputs, t) };
  }

  /** Dropout above a layer: of its output in the forward pass, of its gradient in the backward pass. */
  #drop(layer: number, steps: number, from: Tensor, to: Tensor): Operation[] {
    const { training } = this.#options;
    const { dropout: probability } = this.#network.config;
    if (training === undefined || probability === 0) return [];
    const [input, output] = [first(steps, from), first(steps, to)];
    return [{ op: "dropout", input, output, probability, layer, ...training }];
  }

  /** Computes the loss of every time step from `targets`, and the likeliest classes. */
  score(steps: number): Operation[] {
    return [{ ...this.#loss(steps), predictions: first(steps, this.predictions) }];
  }

  #loss(steps: number) {
    const [logits, targets] = [first(steps, this.logits), first(steps, this.targets)];
    return { op: "softmaxCrossEntropy", logits, targets, losses: first(steps, this.losses) } as const;
  }

  /**
   * Computes the losses of `steps` time steps and, by backpropagation through time, the gradient of the mean loss (over
   * the targets that count) for every parameter. Must follow `forward`, and overwrites the activations.
   */
  backward(steps: number): Operation[] {
    return [
      { ...this.#loss(steps), counted: this.counted },
      ...this.#backThroughLayers(steps),
      ...this.#parameterGradients(steps),
    ];
  }

  /** From the logits down: computes the gradients of every layer's gates, and of the embedding's output. */
  #backThroughLayers(steps: number): Operation[] {
    const top = this.cells.length - 1;
    const operations: Operation[] = [];
    /** output = from W: the gradient of the input of `weights`, where `from` is the gradient of their product. */
    const downTo = (output: Tensor | undefined, from: Tensor, weights: Tensor): Tensor => {
      const gradient = requireTraining(output);
      operations.push({
        op: "multiply",
        input: first(steps, from),
        weights,
        transposed: false,
        output: first(steps, gradient),
      });
      return gradient;
    };
    let gradient = downTo(
      this.#gradients[top % 2],
      this.logits,
      this.#network.parameter("head.weight").tensor,
    );
    for (let layer = top; layer >= 0; layer--) {
      const cell = this.cells[layer];
      operations.push(...this.#drop(layer, steps, gradient, gradient), ...cell.beginBackward());
      for (let t = steps - 1; t >= 0; t--) operations.push(...cell.backward(t, gradient));
      if (this.#inputOf(layer) === undefined) break;
      const output = layer > 0 ? this.#gradients[(layer - 1) % 2] : this.#embeddedGradient;
      gradient = downTo(output, cell.gates, this.#network.layerParameter("weight_ih", layer).tensor);
    }
    return operations;
  }

  /**
   * All time steps share the parameters, so each gradient is a sum over time steps. The biases of a one-hot input are
   * added once for every symbol that is read. So their gradient is the sum of the rows (symbols) of the weights'
   * gradient.
   */
  #parameterGradients(steps: number): Operation[] {
    const layers = this.cells.flatMap((cell, layer) => [
      ...this.#inputGradients(layer, steps),
      ...cell.recurrentGradients(steps),
    ]);
    const logits = first(steps, this.logits);
    return [
      ...this.#embeddingGradient(steps),
      ...layers,
      this.#biasGradient(logits, ["head.bias"]),
      this.#weightGradient("head.weight", logits, first(steps, this.#top)),
      ...(this.#network.isOneHot
        ? [this.#biasGradient(this.#gradientOf(layerParameter("weight_ih", 0)), this.#inputBiases(0))]
        : []),
    ];
  }

  /** The tensors of the forward pass in the order of computation, to find the first one that is not finite. */
  forwardStages(steps: number): Stage[] {
    const head = ["head.weight", "head.bias"];
    return Array.from({ length: steps }, (_, step) => [
      ...this.cells.flatMap(({ states }, layer) => this.#stateStages(states, layer, step)),
      { what: "the logits", step, tensor: entry(this.logits, step), parameters: head },
      { what: "the loss", step, tensor: entry(this.losses, step), parameters: head },
    ]).flat();
  }

  /** The hidden state is computed from the other states of the cell, so the other states come first. */
  #stateStages(states: readonly Tensor[], layer: number, step: number): Stage[] {
    const stages = states.map((state, index) => ({
      what: `the ${this.#network.cell.states[index]} state of layer ${layer}`,
      step,
      tensor: entry(state, step + 1),
      parameters: this.#network.layerParameterNames(layer),
    }));
    return stages.reverse();
  }

  /** The tensors of the backward pass in the order of computation, to find the first one that is not finite. */
  backwardStages(steps: number): Stage[] {
    const stages = Array.from({ length: steps }, (_, step) =>
      this.cells.map(({ gates }, layer) => ({
        what: `the gradient of layer ${layer}'s gates`,
        step,
        tensor: entry(gates, step),
        parameters: this.#network.layerParameterNames(layer),
      })),
    );
    return stages.flat().reverse();
  }

  #embeddingGradient(steps: number): Operation[] {
    if (this.#embeddedGradient === undefined) return [];
    return [this.#scatter("embedding.weight", first(steps, this.#embeddedGradient), steps)];
  }

  #inputGradients(layer: number, steps: number): Operation[] {
    const gates = first(steps, this.cells[layer].gates);
    const name = layerParameter("weight_ih", layer);
    const input = this.#inputOf(layer);
    if (input === undefined) return [this.#scatter(name, gates, steps)];
    return [
      this.#biasGradient(gates, this.#inputBiases(layer)),
      this.#weightGradient(name, gates, first(steps, input)),
    ];
  }

  #inputBiases(layer: number): string[] {
    return this.cells[layer].inputBiases.map((name) => layerParameter(name, layer));
  }

  #gradientOf(name: string): Tensor {
    return requireTraining(this.#network.parameter(name).gradient);
  }

  #weightGradient(name: string, outputGradient: Tensor, input: Tensor): Operation {
    return { op: "weightGradient", outputGradient, input, gradient: this.#gradientOf(name) };
  }

  #biasGradient(outputGradient: Tensor, names: readonly string[]): Operation {
    return { op: "biasGradient", outputGradient, gradients: names.map((name) => this.#gradientOf(name)) };
  }

  #scatter(name: string, outputGradient: Tensor, steps: number): Operation {
    const indices = first(steps, this.inputs);
    return { op: "scatter", outputGradient, indices, gradient: this.#gradientOf(name) };
  }
}

/** The first `steps` time steps of a [T, B, ..] tensor. */
function first(steps: number, tensor: Tensor): Tensor {
  return slice(tensor, 0, steps);
}
