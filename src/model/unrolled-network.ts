import { type Operation } from "../engine/operation.ts";
import { entry, type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining, type UnrolledCell } from "./cells/cell.ts";
import { type Constant } from "./clamp.ts";
import { type Network } from "./network.ts";
import { type Stack } from "./stack.ts";
import { EVERY_STEP, UnrolledHead, type HeadOptions } from "./unrolled-head.ts";
import { first, type Stage, type StateRecord, type UnrollOptions } from "./unrolled-layer.ts";
import { UnrolledStack } from "./unrolled-stack.ts";

export { type HeadOptions, type Loss } from "./unrolled-head.ts";
export { type Stage, type StateRecord, type UnrollOptions } from "./unrolled-layer.ts";

/**
 * A network of one stack unrolled over chunks of up to T time steps: the tensors of one chunk and the operations that fill
 * them. The tensors are time-major. There are [T, B] rows of outputs, or [B] if the head reads each row once.
 */
export class UnrolledNetwork {
  /**
   * Indices that each chunk must fill, by name. `reversal`: see `Reversing`. `last` [B]: the place t * B + b of each
   * row's last step. `ends` [T, B]: b at the last step of row b, and -1 everywhere else.
   */
  readonly indices: Readonly<Record<string, Tensor>>;
  readonly #stack: Stack;
  readonly #unrolled: UnrolledStack;
  readonly #head: UnrolledHead;
  readonly #reads: HeadOptions["reads"];
  /** [.., D]: the input of the head, and the gradient of this input. */
  readonly #read: Tensor;
  readonly #readGradient: Tensor | undefined;

  constructor(layout: Layout, network: Network, options: UnrollOptions & { readonly head?: HeadOptions }) {
    const { batch, steps, training, head = EVERY_STEP } = options;
    this.#reads = head.reads;
    this.#stack = network.top;
    this.#head = new UnrolledHead(layout, network, options, head);
    this.#unrolled = new UnrolledStack(layout, this.#stack, options);
    const { reversal } = this.#unrolled;
    this.indices = {
      ...(reversal && { reversal }),
      ...(head.reads === "last" && {
        last: layout.tensor([batch], "int32"),
        ...(training && { ends: layout.tensor([steps, batch], "int32") }),
      }),
    };
    const D = this.#stack.outputWidth;
    this.#read = head.reads === "last" ? layout.tensor([batch, D]) : this.#unrolled.output;
    this.#readGradient =
      training && head.reads === "last" ? layout.tensor([batch, D]) : this.#unrolled.outputGradient;
  }

  /** The cells of each layer, one for each direction. After `forward` they hold its states and gates. */
  get cells(): readonly (readonly UnrolledCell[])[] {
    return this.#unrolled.layers.map(({ cells }) => cells);
  }

  /** The input: symbols [T, B], or numbers [T, B, n]. */
  get inputs(): Tensor {
    return this.#unrolled.inputs;
  }

  /** See `UnrolledHead` for this and the next tensors. */
  get targets(): Tensor {
    return this.#head.targets;
  }

  get weights(): Tensor | undefined {
    return this.#head.weights;
  }

  get counted(): Tensor {
    return this.#head.counted;
  }

  get losses(): Tensor {
    return this.#head.losses;
  }

  get predictions(): Tensor {
    return this.#head.predictions;
  }

  get logits(): Tensor {
    return this.#head.logits;
  }

  /** Values to write once, before any program runs. Empty without clamps. */
  get constants(): Constant[] {
    return this.#unrolled.constants;
  }

  /** Sets the states before the first step: to the carried states, or to zero. */
  loadStates(): Operation[] {
    return this.#unrolled.loadStates();
  }

  /** Saves the states after `steps` steps as carried states, unless the `guard` (a status) rejects the chunk. */
  saveStates(steps: number, guard?: Tensor): Operation[] {
    return this.#unrolled.saveStates(steps, guard);
  }

  /** Computes the logits of the first `steps` time steps from `inputs` and the loaded states. */
  forward(steps: number): Operation[] {
    return [
      ...this.#unrolled.forward(steps),
      ...this.#readEnds(steps),
      ...this.#head.forward(steps, this.#read),
    ];
  }

  /**
   * Collects, for each row, the hidden states that have read the whole row. The forward direction has read the whole
   * row at the row's last step, the reverse direction at the row's first step.
   */
  #readEnds(steps: number): Operation[] {
    if (this.#reads === "steps") return [];
    const from = first(steps, this.#unrolled.output);
    const { hidden: columns } = this.#stack.shape;
    const { last } = this.indices;
    return this.#stack.directions.map((direction) =>
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
    if (this.#reads === "steps") return [];
    const from = requireTraining(this.#readGradient);
    const to = first(steps, requireTraining(this.#unrolled.outputGradient));
    const { hidden: columns } = this.#stack.shape;
    const indices = first(steps, this.indices.ends);
    const forward: Operation = { op: "moveRows", from, to, indices, columns };
    if (this.#stack.directions.length === 1) return [forward];
    return [
      { op: "zero", tensor: to },
      forward,
      { op: "moveRows", from, to: entry(to, 0), fromColumn: columns, toColumn: columns, columns },
    ];
  }

  /** The losses of the first `steps` steps. */
  lossesOf(steps: number): Tensor {
    return this.#head.rows(steps, this.losses);
  }

  /** Computes the losses from `targets`, and the likeliest classes. */
  score(steps: number): Operation[] {
    return this.#head.score(steps);
  }

  /**
   * Computes the losses of `steps` time steps and, by backpropagation through time, the gradient of the mean loss (over
   * the targets that count) for every parameter. Must follow `forward`, and overwrites the activations.
   */
  backward(steps: number): Operation[] {
    return [
      ...this.backwardToStates(steps),
      // The head's gradients come right after the layers' gradients, so that one pass over the steps computes both.
      ...this.#unrolled.gradients(steps),
      ...this.#head.gradients(steps, this.#read),
      ...this.#unrolled.oneHotBiasGradients(),
    ];
  }

  /** The part of `backward` that computes no gradients of parameters. It fills the `records`, if they are given. */
  backwardToStates(steps: number, records?: readonly (readonly StateRecord[])[]): Operation[] {
    return [
      ...this.#head.backward(steps, requireTraining(this.#readGradient)),
      ...this.#spreadEnds(steps),
      ...this.#unrolled.backward(steps, { records }),
    ];
  }

  /** Declares tensors that receive the gradients of all states, for each layer and each of its directions. */
  stateRecords(layout: Layout): StateRecord[][] {
    return this.#unrolled.stateRecords(layout);
  }

  /** The tensors of the forward pass to check, in order, if numbers stop being finite. */
  forwardStages(steps: number): Stage[] {
    const { logits, losses } = this;
    return Array.from({ length: steps }, (_, step) => [
      ...this.#unrolled.stateStages(step),
      ...(this.#reads === "steps" ? this.#head.stages(step, entry(logits, step), entry(losses, step)) : []),
    ])
      .flat()
      .concat(this.#reads === "last" ? this.#head.stages(steps - 1, logits, losses) : []);
  }

  /** The tensors of the backward pass to check, in order, if numbers stop being finite. */
  backwardStages(steps: number): Stage[] {
    return this.#unrolled.gateStages(steps);
  }
}
