import { type Operation } from "../engine/operation.ts";
import { entry, slice, width, type Layout, type Tensor } from "../engine/tensor.ts";
import {
  fix,
  requireTraining,
  type FixedUnit,
  type GradientRecording,
  type OneHotInput,
  type UnrolledCell,
} from "./cells/cell.ts";
import { declareFixed, type Constant, type RowClamp } from "./clamp.ts";
import { type Direction } from "./shapes.ts";
import { type CarriedStates, type Stack } from "./stack.ts";

/** How a stack of layers is unrolled: over T time `steps` of a `batch` of B rows. */
export interface UnrollOptions {
  readonly batch: number;
  readonly steps: number;
  /** The states that are carried from chunk to chunk. Undefined: every chunk starts from the zero state. */
  readonly states?: CarriedStates;
  /** Units that keep a value (default: none). The caller writes the `constants` of the network that they need. */
  readonly clamps?: readonly RowClamp[];
  /** Also declares the tensors of the backward pass. The network must be declared for training too. */
  readonly training?: {
    /** [1]: the number of the training step. Dropout depends on this number. */
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

/** Tensors that all layers of a bidirectional stack use. */
export interface Reversing {
  /**
   * [T, B]: reverses every row. Each element is the place t * B + b that its new value comes from. A row may be shorter
   * than T steps; its padding stays in place.
   */
  readonly reversal: Tensor;
  /** [T, B, H]: the gradient of the hidden states of one direction. The directions use this tensor in turn. */
  readonly hiddenGradient: Tensor | undefined;
  /** [T, B, n]: the gradient of a layer's reversed input. The tensor is as wide as the widest input of all layers. */
  readonly inputGradient: Tensor | undefined;
}

/**
 * The gradients of the states after each row's last step, if something other than the layer's output reads these
 * states.
 */
export interface EndGradients {
  /** [T, B]: b at the last step of row b, and -1 everywhere else. */
  readonly ends: Tensor;
  /** For each state of the cell [B, D]: the gradients for all directions side by side. */
  readonly gradients: readonly Tensor[];
}

/** Receives the gradients of a layer's states after each step, in one direction, as the backward pass computes them. */
export interface StateRecord {
  /** For each state of the cell [T, B, H]. Step 0 is the first one in the order of the direction. */
  readonly gradients: readonly Tensor[];
  readonly others: GradientRecording | undefined;
}

/** The tensors of a layer's backward pass through some steps. */
export interface LayerGradients {
  /** [T, B, D]: the gradient of the output. It is overwritten. */
  readonly output: Tensor;
  /** [T, B, n]: if given, receives the gradient of the input. */
  readonly input?: Tensor | undefined;
  readonly ends?: EndGradients | undefined;
  /**
   * [B, H]: if given, receives the gradient of the hidden state before the first step. If not given, no gradient flows
   * to the steps before the chunk (truncated BPTT).
   */
  readonly start?: Tensor | undefined;
  /** For each direction of the layer. */
  readonly records?: readonly StateRecord[] | undefined;
}

/** One direction of a layer. In a reverse pass, step 0 of the input and of the cell is the last step of the row. */
interface Pass {
  readonly direction: Direction;
  readonly cell: UnrolledCell;
  readonly fixed: readonly FixedUnit[];
  /** The layer's input, in the order of the pass: symbols [T, B], or vectors [T, B, n]. */
  readonly input: Tensor;
}

/**
 * A layer unrolled over chunks of up to T time steps. The layer has one cell, or two if its stack is bidirectional. The
 * width D of the layer's output is H, or 2H.
 */
export class UnrolledLayer {
  /** [T, B, D]: the hidden states of all directions side by side, after dropout. */
  readonly output: Tensor;
  readonly cells: readonly UnrolledCell[];
  /** What the fixed units need. Empty without clamps. */
  readonly constants: readonly Constant[];
  readonly #stack: Stack;
  readonly #options: UnrollOptions;
  readonly #layer: number;
  readonly #input: Tensor;
  readonly #reversing: Reversing | undefined;
  readonly #passes: readonly Pass[];
  /** [T, B, D]: the output before dropout. */
  readonly #joined: Tensor;

  /** `input`: symbols [T, B], which the layer reads as one-hot vectors, or vectors [T, B, n]. */
  constructor(
    layout: Layout,
    stack: Stack,
    options: UnrollOptions,
    { layer, input, reversing }: { layer: number; input: Tensor; reversing: Reversing | undefined },
  ) {
    const { batch, steps, training, clamps = [] } = options;
    const { hidden } = stack.shape;
    const constants: Constant[] = [];
    const D = stack.outputWidth;
    this.#stack = stack;
    this.#options = options;
    this.#layer = layer;
    this.#input = input;
    this.#reversing = reversing;
    this.#passes = stack.directions.map((direction) => {
      const declared = declareFixed(layout, clamps, stack.shape, { batch, layer, direction });
      constants.push(...declared.constants);
      return {
        direction,
        fixed: declared.fixed,
        cell: stack.cell.unroll(layout, { steps, batch, hidden }, (name) =>
          stack.layerParameter(name, layer, direction),
        ),
        input: direction === "reverse" ? layout.tensor(input.shape, input.dtype) : input,
      };
    });
    this.constants = constants;
    this.cells = this.#passes.map(({ cell }) => cell);
    this.#joined = reversing
      ? layout.tensor([steps, batch, D])
      : slice(this.cells[0].states[0], 1, steps + 1);
    this.output = training && stack.dropout > 0 ? layout.tensor([steps, batch, D]) : this.#joined;
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

  /** Every state of every cell [T+1, B, H], and the tensor that carries this state to the next chunk. */
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
        ...Array.from({ length: steps }, (_, t) => this.#step(pass, t)).flat(),
      ]),
      ...this.#join(steps),
      ...this.#drop(steps, this.#joined, this.output),
    ];
  }

  /** One step of the cell. A fixed unit of the hidden state gets its value after the cell's own operation. */
  #step(pass: Pass, t: number): Operation[] {
    const { cell, fixed } = pass;
    const inner = fixed.filter(({ state }) => state > 0);
    const hidden = fixed.filter(({ state }) => state === 0);
    return [
      ...cell.forward(t, this.#oneHotInput(pass, t), inner),
      ...hidden.map((unit) => fix(unit, entry(cell.states[0], t + 1), unit.unit)),
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

  /** Computes the input's part of the gates for all time steps at once. One-hot symbols are added step by step instead. */
  #project({ direction, cell, input }: Pass, steps: number): Operation[] {
    if (this.#isOneHot) return [];
    const { gates, inputBiases } = cell;
    return [
      {
        op: "multiply",
        input: first(steps, input),
        weights: this.#stack.layerParameter("weight_ih", this.#layer, direction).tensor,
        transposed: true,
        output: first(steps, gates),
        biases: inputBiases.map((name) => this.#stack.layerParameter(name, this.#layer, direction).tensor),
      },
    ];
  }

  #oneHotInput({ direction, input }: Pass, t: number): OneHotInput | undefined {
    if (!this.#isOneHot) return undefined;
    const table = this.#stack.layerParameter("weight_ih", this.#layer, direction).tensor;
    return { table, indices: entry(input, t) };
  }

  /**
   * Puts the hidden states of both directions side by side. The states of the reverse direction are first put back in
   * the order of time.
   */
  #join(steps: number): Operation[] {
    return this.#halves(steps).map(({ cell, column, indices }) => ({
      op: "moveRows",
      from: slice(cell.states[0], 1, steps + 1),
      to: first(steps, this.#joined),
      toColumn: column,
      columns: this.#stack.shape.hidden,
      ...(indices && { indices }),
    }));
  }

  /** For each direction of a bidirectional layer: its first column in the output, and the indices that reverse its steps. */
  #halves(steps: number): { cell: UnrolledCell; column: number; indices: Tensor | undefined }[] {
    const reversing = this.#reversing;
    if (reversing === undefined) return [];
    return this.#passes.map(({ direction, cell }, index) => ({
      cell,
      column: index * this.#stack.shape.hidden,
      indices: direction === "reverse" ? first(steps, reversing.reversal) : undefined,
    }));
  }

  /** Applies dropout to the output (in the forward pass), or to the output's gradient (in the backward pass). */
  #drop(steps: number, from: Tensor, to: Tensor): Operation[] {
    const { training } = this.#options;
    const { dropout: probability, layersBefore } = this.#stack;
    if (training === undefined || probability === 0) return [];
    const [input, output] = [first(steps, from), first(steps, to)];
    const layer = layersBefore + this.#layer;
    return [{ op: "dropout", input, output, probability, layer, ...training }];
  }

  /**
   * The backward pass through the first `steps` steps. Afterwards each cell's `gates` has the gradients of the sums of
   * its gates. If `start` is given, `carriedGradients` of the cell has the gradients of the cell's other states before
   * the first step.
   */
  backward(steps: number, { output: gradient, input, ends, start, records }: LayerGradients): Operation[] {
    const halves = this.#halves(steps);
    return [
      ...this.#drop(steps, gradient, gradient),
      ...this.#passes.flatMap(({ cell }, index) => {
        const hiddenGradient = this.#reversing ? requireTraining(this.#reversing.hiddenGradient) : gradient;
        const ending = (to: readonly Tensor[], t?: number) =>
          ends ? addEnds(ends, to, index * this.#stack.shape.hidden, t) : [];
        return [
          ...halves.slice(index, index + 1).map(({ column, indices }): Operation => ({
            op: "moveRows",
            from: first(steps, gradient),
            to: first(steps, hiddenGradient),
            fromColumn: column,
            columns: width(hiddenGradient),
            ...(indices && { indices }),
          })),
          ...ending([first(steps, hiddenGradient)]),
          ...(start ? [{ op: "zero", tensor: start } as const] : []),
          ...cell.beginBackward(),
          ...Array.from({ length: steps }, (_, back) => {
            const t = steps - 1 - back;
            const before = t > 0 ? entry(hiddenGradient, t - 1) : start;
            return [
              ...ending(cell.carriedGradients, t),
              ...(records ? record(records[index], t, entry(hiddenGradient, t)) : []),
              ...cell.backward(t, entry(hiddenGradient, t), before),
            ];
          }).flat(),
        ];
      }),
      ...(input ? this.#backToInput(steps, input) : []),
    ];
  }

  /** Declares tensors that receive the gradients of the states, for each direction of the layer. */
  stateRecords(layout: Layout): StateRecord[] {
    const { batch, steps } = this.#options;
    return this.cells.map(({ states, recording }) => ({
      gradients: states.map(() => layout.tensor([steps, batch, this.#stack.shape.hidden])),
      others: recording?.(layout),
    }));
  }

  /** Computes the gradient of the input: the gates' gradients times the input weights, summed over the directions. */
  #backToInput(steps: number, inputGradient: Tensor): Operation[] {
    return this.#passes.flatMap(({ direction, cell }): Operation[] => {
      const weights = this.#stack.layerParameter("weight_ih", this.#layer, direction).tensor;
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
    const weights = this.#stack.layerParameter("weight_ih", this.#layer, direction);
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
      requireTraining(this.#stack.layerParameter(name, this.#layer, direction).gradient),
    );
    return { op: "biasGradient", outputGradient, gradients };
  }

  /**
   * The gradients of the input biases, if the input is one-hot. A bias is added once for every symbol that is read. So
   * the gradient of the biases is the sum of the rows (one for each symbol) of the weights' gradient.
   */
  oneHotBiasGradients(): Operation[] {
    if (!this.#isOneHot) return [];
    return this.#passes.map(({ direction, cell }) => {
      const { gradient } = this.#stack.layerParameter("weight_ih", this.#layer, direction);
      return this.#biasGradient(requireTraining(gradient), cell, direction);
    });
  }

  /** The states of one time step, in the order of their computation: the hidden state comes last. */
  stateStages(step: number): Stage[] {
    return this.#passes.flatMap(({ direction, cell }) =>
      cell.states
        .map((state, index) => ({
          what: `the ${this.#stack.cell.states[index]} state of ${this.#name}${suffix(direction)}`,
          step,
          tensor: entry(state, step + 1),
          parameters: this.#stack.layerParameterNames(this.#layer, direction),
        }))
        .reverse(),
    );
  }

  get #name(): string {
    return this.#stack.layerName(this.#layer);
  }

  /** The gradients of the gates of one time step. */
  gateStages(step: number): Stage[] {
    return this.#passes.map(({ direction, cell }) => ({
      what: `the gradient of ${this.#name}'s gates${suffix(direction)}`,
      step,
      tensor: entry(cell.gates, step),
      parameters: this.#stack.layerParameterNames(this.#layer, direction),
    }));
  }
}

/**
 * Adds the gradients of last states to the gradients `to`, from column `fromColumn` on. These are the gradients [T, B, H]
 * of the hidden states or, for step `t`, the gradients [B, H] of the other states.
 */
function addEnds(
  { ends, gradients }: EndGradients,
  to: readonly Tensor[],
  fromColumn: number,
  t?: number,
): Operation[] {
  return to.map((tensor, index) => ({
    op: "moveRows",
    from: gradients[t === undefined ? 0 : index + 1],
    to: tensor,
    fromColumn,
    columns: width(tensor),
    indices: t === undefined ? first(tensor.shape[0], ends) : entry(ends, t),
    add: true,
  }));
}

/** Copies the gradients of the states after step t, before the backward pass goes on to the step before. */
function record({ gradients, others }: StateRecord, t: number, hiddenGradient: Tensor): Operation[] {
  const [hidden, ...rest] = gradients.map((tensor) => entry(tensor, t));
  return [
    { op: "copy", from: hiddenGradient, to: hidden },
    ...(others?.record(t, hiddenGradient, rest) ?? []),
  ];
}

function suffix(direction: Direction): string {
  return direction === "reverse" ? " in reverse" : "";
}

/** The first `steps` steps of a [T, B, ..] tensor. */
export function first(steps: number, tensor: Tensor): Tensor {
  return slice(tensor, 0, steps);
}

/** The beginning of a scratch tensor [T, B, n], seen as a tensor with fewer columns. */
export function withWidth(tensor: Tensor, columns: number): Tensor {
  const [steps, batch] = tensor.shape;
  return { ...tensor, shape: [steps, batch, columns], size: steps * batch * columns };
}
