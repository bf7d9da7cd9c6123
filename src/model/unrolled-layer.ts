import { type Operation } from "../engine/operation.ts";
import { entry, slice, width, type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining, type OneHotInput, type UnrolledCell } from "./cells/cell.ts";
import { type CarriedStates, type Network } from "./network.ts";
import { outputWidth, type Direction } from "./shapes.ts";

/** How a network is unrolled: over T `steps` of a `batch` of B rows. */
export interface UnrollOptions {
  readonly batch: number;
  readonly steps: number;
  /** The states that chunks carry on. Without them, every chunk starts from the zero state. */
  readonly states?: CarriedStates;
  /** Declares what the way back needs. The network must be declared for training too. */
  readonly training?: {
    /** [1]: the number of the training step. Dropout depends on it. */
    readonly clock: Tensor;
    readonly seed: number;
  };
}

/** The numbers of one step of a chunk, and the parameters that made them. */
export interface Stage {
  /** In words: "the cell state of layer 1". */
  readonly what: string;
  /** From 0. */
  readonly step: number;
  readonly tensor: Tensor;
  readonly parameters: readonly string[];
}

/** What the layers of a network share, if they read both directions. */
export interface Reversing {
  /**
   * [T, B]: for each step, the place t * B + b of the step that comes there if its row is reversed. Rows may be short:
   * the steps behind their end keep their places.
   */
  readonly reversal: Tensor;
  /** [T, B, H]: the gradient of the hidden states of the pass under way. */
  readonly hiddenGradient: Tensor | undefined;
  /** [T, B, n]: the gradient of a reversed input, as wide as the widest input. */
  readonly inputGradient: Tensor | undefined;
}

/** One direction of a layer. A reverse pass has its own order of steps, in its input as in its cell. */
interface Pass {
  readonly direction: Direction;
  readonly cell: UnrolledCell;
  /** Symbols [T, B] or rows [T, B, n], in the order of the pass. */
  readonly input: Tensor;
}

/**
 * A layer unrolled over chunks of up to T steps: its cell or, if it reads both directions, its two cells. D, the width
 * of its output, is H or 2H.
 */
export class UnrolledLayer {
  /** [T, B, D]: the hidden states of all directions side by side, after dropout. */
  readonly output: Tensor;
  readonly cells: readonly UnrolledCell[];
  readonly #network: Network;
  readonly #options: UnrollOptions;
  readonly #layer: number;
  readonly #input: Tensor;
  readonly #reversing: Reversing | undefined;
  readonly #passes: readonly Pass[];
  /** [T, B, D]: the output before dropout. */
  readonly #joined: Tensor;

  /** `input`: symbols [T, B], which the layer reads as one-hot vectors, or rows [T, B, n]. */
  constructor(
    layout: Layout,
    network: Network,
    options: UnrollOptions,
    { layer, input, reversing }: { layer: number; input: Tensor; reversing: Reversing | undefined },
  ) {
    const { batch, steps, training } = options;
    const { hidden, dropout } = network.config;
    const D = outputWidth(network.config);
    this.#network = network;
    this.#options = options;
    this.#layer = layer;
    this.#input = input;
    this.#reversing = reversing;
    this.#passes = network.directions.map((direction) => ({
      direction,
      cell: network.cell.unroll(layout, { steps, batch, hidden }, (name) =>
        network.layerParameter(name, layer, direction),
      ),
      input: direction === "reverse" ? layout.tensor(input.shape, input.dtype) : input,
    }));
    this.cells = this.#passes.map(({ cell }) => cell);
    this.#joined = reversing
      ? layout.tensor([steps, batch, D])
      : slice(this.cells[0].states[0], 1, steps + 1);
    this.output = training && dropout > 0 ? layout.tensor([steps, batch, D]) : this.#joined;
  }

  /** Sets the states before the first step: to the carried states, or to zero. */
  loadStates(): Operation[] {
    return this.#states().map(({ sequence, carried }) =>
      carried
        ? { op: "copy", from: carried, to: entry(sequence, 0) }
        : { op: "zero", tensor: entry(sequence, 0) },
    );
  }

  /** Saves the states after `steps` steps as carried states, unless the `guard` (a status) rejects the chunk. */
  saveStates(steps: number, guard?: Tensor): Operation[] {
    return this.#states().flatMap(({ sequence, carried }) =>
      carried
        ? [{ op: "copy", from: entry(sequence, steps), to: carried, ...(guard && { guard }) } as const]
        : [],
    );
  }

  /** Every state of every direction [T+1, B, H], with the tensor that carries it on. */
  #states(): { sequence: Tensor; carried: Tensor | undefined }[] {
    const carried = this.#options.states?.[this.#layer];
    return this.cells.flatMap(({ states }) =>
      states.map((sequence, index) => ({ sequence, carried: carried?.[index] })),
    );
  }

  /** Computes the outputs of the first `steps` steps. */
  forward(steps: number): Operation[] {
    return [
      ...this.#passes.flatMap((pass) => [
        ...this.#reverseInput(pass, steps),
        ...this.#project(pass, steps),
        ...Array.from({ length: steps }, (_, t) => pass.cell.forward(t, this.#oneHotInput(pass, t))).flat(),
      ]),
      ...this.#join(steps),
      ...this.#drop(steps, this.#joined, this.output),
    ];
  }

  get #isOneHot(): boolean {
    return this.#input.dtype === "int32";
  }

  #reverseInput({ direction, input }: Pass, steps: number): Operation[] {
    if (direction === "forward" || this.#reversing === undefined) return [];
    const [from, to] = [this.#input, input].map((tensor) => {
      const used = first(steps, tensor);
      // Symbols are moved as rows of one column.
      return this.#isOneHot ? { ...used, shape: [...used.shape, 1] } : used;
    });
    return [
      { op: "moveRows", from, to, indices: first(steps, this.#reversing.reversal), columns: width(to) },
    ];
  }

  /** The input's part of the gates, for all steps at once. One-hot symbols are added step by step instead. */
  #project({ direction, cell, input }: Pass, steps: number): Operation[] {
    if (this.#isOneHot) return [];
    const { gates, inputBiases } = cell;
    return [
      {
        op: "multiply",
        input: first(steps, input),
        weights: this.#network.layerParameter("weight_ih", this.#layer, direction).tensor,
        transposed: true,
        output: first(steps, gates),
        biases: inputBiases.map((name) => this.#network.layerParameter(name, this.#layer, direction).tensor),
      },
    ];
  }

  #oneHotInput({ direction, input }: Pass, t: number): OneHotInput | undefined {
    if (!this.#isOneHot) return undefined;
    const table = this.#network.layerParameter("weight_ih", this.#layer, direction).tensor;
    return { table, indices: entry(input, t) };
  }

  /** Puts the hidden states of both directions side by side, each at the step of the input that it has read last. */
  #join(steps: number): Operation[] {
    return this.#halves(steps).map(({ cell, column, indices }) => ({
      op: "moveRows",
      from: slice(cell.states[0], 1, steps + 1),
      to: first(steps, this.#joined),
      toColumn: column,
      columns: this.#network.config.hidden,
      ...(indices && { indices }),
    }));
  }

  /** The columns of each direction in the output of a layer with two, and how its steps are ordered. */
  #halves(steps: number): { cell: UnrolledCell; column: number; indices: Tensor | undefined }[] {
    const reversing = this.#reversing;
    if (reversing === undefined) return [];
    return this.#passes.map(({ direction, cell }, index) => ({
      cell,
      column: index * this.#network.config.hidden,
      indices: direction === "reverse" ? first(steps, reversing.reversal) : undefined,
    }));
  }

  /** Dropout of the output on the way up, and of its gradient on the way down. */
  #drop(steps: number, from: Tensor, to: Tensor): Operation[] {
    const { training } = this.#options;
    const { dropout: probability } = this.#network.config;
    if (training === undefined || probability === 0) return [];
    const [input, output] = [first(steps, from), first(steps, to)];
    return [{ op: "dropout", input, output, probability, layer: this.#layer, ...training }];
  }

  /**
   * The way back through the first `steps` steps, from the `gradient` [T, B, D] of the output, which is overwritten. The
   * gates then have the gradients of their sums. `inputGradient` [T, B, n] gets the gradient of the input.
   */
  backward(steps: number, gradient: Tensor, inputGradient: Tensor | undefined): Operation[] {
    const halves = this.#halves(steps);
    return [
      ...this.#drop(steps, gradient, gradient),
      ...this.#passes.flatMap(({ cell }, index) => {
        const hiddenGradient = this.#reversing ? requireTraining(this.#reversing.hiddenGradient) : gradient;
        return [
          ...halves.slice(index, index + 1).map(({ column, indices }): Operation => ({
            op: "moveRows",
            from: first(steps, gradient),
            to: first(steps, hiddenGradient),
            fromColumn: column,
            columns: width(hiddenGradient),
            ...(indices && { indices }),
          })),
          ...cell.beginBackward(),
          ...Array.from({ length: steps }, (_, t) => cell.backward(steps - 1 - t, hiddenGradient)).flat(),
        ];
      }),
      ...(inputGradient ? this.#backToInput(steps, inputGradient) : []),
    ];
  }

  /** The gradient of the input: the sum over the directions of the gates' gradients times the weights. */
  #backToInput(steps: number, inputGradient: Tensor): Operation[] {
    return this.#passes.flatMap(({ direction, cell }): Operation[] => {
      const weights = this.#network.layerParameter("weight_ih", this.#layer, direction).tensor;
      const input = first(steps, cell.gates);
      const product = { op: "multiply", input, weights, transposed: false } as const;
      const sum = first(steps, inputGradient);
      if (direction === "forward" || this.#reversing === undefined) return [{ ...product, output: sum }];
      const reversed = withWidth(
        first(steps, requireTraining(this.#reversing.inputGradient)),
        width(inputGradient),
      );
      const indices = first(steps, this.#reversing.reversal);
      return [
        { ...product, output: reversed },
        { op: "moveRows", from: reversed, to: sum, indices, columns: width(sum), add: true },
      ];
    });
  }

  /** The gradients of the parameters. All steps share the parameters, so each gradient is a sum over the steps. */
  gradients(steps: number): Operation[] {
    return this.#passes.flatMap((pass) => [
      ...this.#inputGradients(pass, steps),
      ...pass.cell.recurrentGradients(steps),
    ]);
  }

  #inputGradients({ direction, cell, input }: Pass, steps: number): Operation[] {
    const outputGradient = first(steps, cell.gates);
    const weights = this.#network.layerParameter("weight_ih", this.#layer, direction);
    const gradient = requireTraining(weights.gradient);
    const read = first(steps, input);
    if (this.#isOneHot) return [{ op: "scatter", outputGradient, indices: read, gradient }];
    return [
      this.#biasGradient(outputGradient, cell, direction),
      { op: "weightGradient", outputGradient, input: read, gradient },
    ];
  }

  #biasGradient(outputGradient: Tensor, { inputBiases }: UnrolledCell, direction: Direction): Operation {
    const gradients = inputBiases.map((name) =>
      requireTraining(this.#network.layerParameter(name, this.#layer, direction).gradient),
    );
    return { op: "biasGradient", outputGradient, gradients };
  }

  /**
   * The gradients of the biases of a one-hot input. They are added once for every symbol that is read, so each is the
   * sum of the rows (symbols) of the weights' gradient.
   */
  oneHotBiasGradients(): Operation[] {
    if (!this.#isOneHot) return [];
    return this.#passes.map(({ direction, cell }) => {
      const { gradient } = this.#network.layerParameter("weight_ih", this.#layer, direction);
      return this.#biasGradient(requireTraining(gradient), cell, direction);
    });
  }

  /** The states of a step, to check in this order. The hidden state comes last: it is computed from the others. */
  stateStages(step: number): Stage[] {
    return this.#passes.flatMap(({ direction, cell }) =>
      cell.states
        .map((state, index) => ({
          what: `the ${this.#network.cell.states[index]} state of layer ${this.#layer}${suffix(direction)}`,
          step,
          tensor: entry(state, step + 1),
          parameters: this.#network.layerParameterNames(this.#layer, direction),
        }))
        .reverse(),
    );
  }

  /** The gradients of the gates of a step. */
  gateStages(step: number): Stage[] {
    return this.#passes.map(({ direction, cell }) => ({
      what: `the gradient of layer ${this.#layer}'s gates${suffix(direction)}`,
      step,
      tensor: entry(cell.gates, step),
      parameters: this.#network.layerParameterNames(this.#layer, direction),
    }));
  }
}

function suffix(direction: Direction): string {
  return direction === "reverse" ? " in reverse" : "";
}

/** The first `steps` steps of a [T, B, ..] tensor. */
export function first(steps: number, tensor: Tensor): Tensor {
  return slice(tensor, 0, steps);
}

/** A scratch tensor as if its rows had so many columns, and no more. */
function withWidth(tensor: Tensor, columns: number): Tensor {
  const [steps, batch] = tensor.shape;
  return { ...tensor, shape: [steps, batch, columns], size: steps * batch * columns };
}
