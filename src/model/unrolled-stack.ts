import { type Operation } from "../engine/operation.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining } from "./cells/cell.ts";
import { type Constant } from "./clamp.ts";
import { type Stack } from "./stack.ts";
import {
  first,
  UnrolledLayer,
  type EndGradients,
  type Reversing,
  type Stage,
  type StateRecord,
  type UnrollOptions,
} from "./unrolled-layer.ts";

/** The gradients of a stack's states, for each layer: see `LayerGradients`. */
export interface StateGradients {
  readonly ends?: readonly EndGradients[] | undefined;
  readonly starts?: readonly Tensor[] | undefined;
  readonly records?: readonly (readonly StateRecord[])[] | undefined;
}

/** A stack of layers with its input, unrolled over chunks of up to T time steps. The tensors are time-major. */
export class UnrolledStack {
  /** The input: symbols [T, B], or numbers [T, B, n]. */
  readonly inputs: Tensor;
  /** Indices that each chunk must fill, if the stack is bidirectional: see `Reversing`. */
  readonly reversal: Tensor | undefined;
  readonly layers: readonly UnrolledLayer[];
  readonly #stack: Stack;
  /** [T, B, E]: the embedded symbols, if there is an embedding, and their gradient, if it is trained. */
  readonly #embedded: Tensor | undefined;
  readonly #embeddedGradient: Tensor | undefined;
  /** [T, B, D]: the gradients of the layers' outputs. Two tensors are enough: layers use them alternately. */
  readonly #gradients: readonly Tensor[];

  constructor(layout: Layout, stack: Stack, options: UnrollOptions) {
    const { batch, steps, training } = options;
    const { inputs, numeric, embedding, layers } = stack.shape;
    this.#stack = stack;
    this.inputs = numeric ? layout.tensor([steps, batch, inputs]) : layout.tensor([steps, batch], "int32");
    this.#embedded = embedding > 0 ? layout.tensor([steps, batch, embedding]) : undefined;
    const reversing = reversingOf(layout, stack, options);
    this.reversal = reversing?.reversal;
    let input = this.#embedded ?? this.inputs;
    this.layers = Array.from({ length: layers }, (_, layer) => {
      const unrolled = new UnrolledLayer(layout, stack, options, { layer, input, reversing });
      input = unrolled.output;
      return unrolled;
    });
    this.#gradients = (training ? this.layers.slice(0, 2) : []).map(() =>
      layout.scratch([steps, batch, stack.outputWidth]),
    );
    this.#embeddedGradient =
      training && this.#embedded ? layout.tensor([steps, batch, embedding]) : undefined;
  }

  /** [T, B, D]: the output of the top layer. */
  get output(): Tensor {
    return this.layers[this.layers.length - 1].output;
  }

  /**
   * [T, B, D]: the gradient of the output. The tensor must be filled before the backward pass. Undefined without
   * training.
   */
  get outputGradient(): Tensor | undefined {
    return this.#gradients.at((this.layers.length - 1) % 2);
  }

  /** Values to write once, before any program runs. Empty without clamps. */
  get constants(): Constant[] {
    return this.layers.flatMap(({ constants }) => constants);
  }

  /** Sets the states before the first step: to the carried states, or to zero. */
  loadStates(): Operation[] {
    return this.layers.flatMap((layer) => layer.loadStates());
  }

  /** Saves the states after `steps` steps as carried states, unless the `guard` (a status) rejects the chunk. */
  saveStates(steps: number, guard?: Tensor): Operation[] {
    return this.layers.flatMap((layer) => layer.saveStates(steps, guard));
  }

  /** Computes the outputs of the first `steps` time steps from `inputs` and the loaded states. */
  forward(steps: number): Operation[] {
    return [...this.#embed(steps), ...this.layers.flatMap((layer) => layer.forward(steps))];
  }

  #embed(steps: number): Operation[] {
    if (this.#embedded === undefined) return [];
    const table = this.#stack.parameter("embedding.weight").tensor;
    const [indices, output] = [first(steps, this.inputs), first(steps, this.#embedded)];
    return [{ op: "gather", table, indices, output, biases: [] }];
  }

  /** The backward pass through the first `steps` steps, from `outputGradient`. The pass overwrites the activations. */
  backward(steps: number, { ends, starts, records }: StateGradients = {}): Operation[] {
    return this.layers
      .map((layer, index) =>
        layer.backward(steps, {
          ...this.#gradientsAround(index),
          ends: ends?.[index],
          start: starts?.[index],
          records: records?.[index],
        }),
      )
      .reverse()
      .flat();
  }

  /** Declares tensors that receive the gradients of all states, for each layer and each of its directions. */
  stateRecords(layout: Layout): StateRecord[][] {
    return this.layers.map((layer) => layer.stateRecords(layout));
  }

  /** The tensors for the gradients of a layer's output and input. A one-hot or numeric input has no gradient. */
  #gradientsAround(layer: number): { output: Tensor; input: Tensor | undefined } {
    const input = layer > 0 ? this.#gradients[(layer - 1) % 2] : this.#embeddedGradient;
    return { output: requireTraining(this.#gradients.at(layer % 2)), input };
  }

  /** The gradients of the parameters that are sums over the first `steps` steps. Must follow `backward`. */
  gradients(steps: number): Operation[] {
    return [...this.#embeddingGradient(steps), ...this.layers.flatMap((layer) => layer.gradients(steps))];
  }

  #embeddingGradient(steps: number): Operation[] {
    if (this.#embeddedGradient === undefined) return [];
    const outputGradient = first(steps, this.#embeddedGradient);
    const indices = first(steps, this.inputs);
    const gradient = requireTraining(this.#stack.parameter("embedding.weight").gradient);
    return [{ op: "scatter", outputGradient, indices, gradient }];
  }

  /** The gradients of the input biases, if the input is one-hot. Must follow `gradients`. */
  oneHotBiasGradients(): Operation[] {
    return this.layers.flatMap((layer) => layer.oneHotBiasGradients());
  }

  /** The states of one time step, layer by layer. */
  stateStages(step: number): Stage[] {
    return this.layers.flatMap((layer) => layer.stateStages(step));
  }

  /** The gradients of the gates of the first `steps` time steps, in the order of the backward pass. */
  gateStages(steps: number): Stage[] {
    return Array.from({ length: steps }, (_, step) => this.layers.flatMap((layer) => layer.gateStages(step)))
      .flat()
      .reverse();
  }
}

/** The tensors of a bidirectional stack that all layers use. Undefined if the stack reads in one direction. */
function reversingOf(layout: Layout, stack: Stack, options: UnrollOptions): Reversing | undefined {
  if (stack.directions.length === 1) return undefined;
  const { batch, steps, states, training } = options;
  if (states) throw new Error("a network that reads both directions carries no states");
  const { hidden, embedding, layers } = stack.shape;
  const widest = Math.max(embedding, layers > 1 ? stack.outputWidth : 0);
  return {
    reversal: layout.tensor([steps, batch], "int32"),
    hiddenGradient: training && layout.scratch([steps, batch, hidden]),
    inputGradient: training && widest > 0 ? layout.scratch([steps, batch, widest]) : undefined,
  };
}
