import { type Operation } from "../engine/operation.ts";
import { slice, type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining } from "./cells/cell.ts";
import { type Network } from "./network.ts";
import { bridgeParameter } from "./shapes.ts";
import { type Stack } from "./stack.ts";
import { type EndGradients } from "./unrolled-layer.ts";
import { type UnrolledStack } from "./unrolled-stack.ts";

/** How one state of one layer gets from the encoder to the decoder. */
interface Crossing {
  readonly layer: number;
  readonly state: number;
  /** [B, D]: the encoder's last states, all directions side by side. */
  readonly last: Tensor;
  /** [B, D]: the gradient of `last`. With one direction this tensor is `startGradient`. */
  readonly lastGradient: Tensor | undefined;
  /** [B, H]: the gradient of the decoder's first state. */
  readonly startGradient: Tensor | undefined;
}

/**
 * The states that an encoder of B rows hands to a decoder: the states after each row's last step. With two directions,
 * the first state of the decoder is a linear function of both last states, with weights for each layer and state.
 */
export class UnrolledBridge {
  readonly #network: Network;
  readonly #encoder: Stack;
  readonly #unrolled: UnrolledStack;
  readonly #last: Tensor;
  readonly #crossings: readonly Crossing[];

  /** `last` [B]: the place t * B + b of each row's last step. */
  constructor(
    layout: Layout,
    network: Network,
    unrolled: UnrolledStack,
    { batch, last, training }: { readonly batch: number; readonly last: Tensor; readonly training: boolean },
  ) {
    const [encoder] = network.stacks;
    const { layers, hidden } = encoder.shape;
    this.#network = network;
    this.#encoder = encoder;
    this.#unrolled = unrolled;
    this.#last = last;
    const D = encoder.outputWidth;
    this.#crossings = Array.from({ length: layers }, (_, layer) =>
      encoder.cell.states.map((_name, state) => {
        const startGradient = training ? layout.tensor([batch, hidden]) : undefined;
        const lastGradient = this.#isLinear && training ? layout.tensor([batch, D]) : startGradient;
        return { layer, state, last: layout.tensor([batch, D]), lastGradient, startGradient };
      }),
    ).flat();
  }

  /** Whether weights lead from the encoder's states to the decoder's. */
  get #isLinear(): boolean {
    return this.#encoder.directions.length > 1;
  }

  #weights({ layer, state }: Crossing) {
    return this.#network.parameter(bridgeParameter(this.#encoder.cell.states[state], layer));
  }

  /** Computes the first states of the decoder after `steps` steps of the encoder. `to` gives the tensor [B, H] of each state. */
  forward(steps: number, to: (layer: number, state: number) => Tensor): Operation[] {
    const { hidden } = this.#encoder.shape;
    return this.#crossings.flatMap((crossing): Operation[] => {
      const { layer, state, last } = crossing;
      const output = to(layer, state);
      const moves = this.#unrolled.layers[layer].cells.map(({ states }, direction): Operation => ({
        op: "moveRows",
        from: slice(states[state], 1, steps + 1),
        to: this.#isLinear ? last : output,
        indices: this.#last,
        toColumn: direction * hidden,
        columns: hidden,
      }));
      if (!this.#isLinear) return moves;
      const { tensor: weights } = this.#weights(crossing);
      return [...moves, { op: "multiply", input: last, weights, transposed: true, output }];
    });
  }

  /** For each layer: the tensor [B, H] for the gradient of the decoder's first hidden state. */
  get startGradients(): readonly Tensor[] {
    return this.#crossings
      .filter(({ state }) => state === 0)
      .map(({ startGradient }) => requireTraining(startGradient));
  }

  /**
   * Computes the gradients of the encoder's last states from the gradients of the decoder's first states. The latter
   * are in `startGradients` (of the hidden states) and in the cells of the `decoder` (of the other states).
   */
  backward(decoder: UnrolledStack): Operation[] {
    return this.#crossings.flatMap((crossing): Operation[] => {
      const { layer, state } = crossing;
      const input = requireTraining(crossing.startGradient);
      const { carriedGradients } = decoder.layers[layer].cells[0];
      const operations: Operation[] =
        state > 0 ? [{ op: "copy", from: carriedGradients[state - 1], to: input }] : [];
      if (!this.#isLinear) return operations;
      const { tensor: weights } = this.#weights(crossing);
      const output = requireTraining(crossing.lastGradient);
      return [...operations, { op: "multiply", input, weights, transposed: false, output }];
    });
  }

  /** For each layer, the gradients of the encoder's last states after `backward`. `ends`: see `EndGradients`. */
  endGradients(ends: Tensor): EndGradients[] {
    return this.#unrolled.layers.map((_, index) => {
      const own = this.#crossings.filter(({ layer }) => layer === index);
      return { ends, gradients: own.map(({ lastGradient }) => requireTraining(lastGradient)) };
    });
  }

  /** The gradients of the weights. Must follow `backward`. */
  gradients(): Operation[] {
    if (!this.#isLinear) return [];
    return this.#crossings.map((crossing) => ({
      op: "weightGradient",
      outputGradient: requireTraining(crossing.startGradient),
      input: crossing.last,
      gradient: requireTraining(this.#weights(crossing).gradient),
    }));
  }
}
