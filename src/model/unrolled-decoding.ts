import { type Operation } from "../engine/operation.ts";
import { entry, slice, type Layout, type Tensor } from "../engine/tensor.ts";
import { type Network } from "./network.ts";
import { UnrolledAttention } from "./unrolled-attention.ts";
import { UnrolledEncoder } from "./unrolled-encoder.ts";
import { first } from "./unrolled-layer.ts";
import { UnrolledStack } from "./unrolled-stack.ts";

/**
 * A network with an encoder and a decoder, unrolled to write outputs symbol by symbol. There are B rows of inputs, and for
 * each row K beams: outputs that are tried side by side. Beam k of row b is row k * B + b of the decoder.
 */
export class UnrolledDecoding {
  readonly encoder: UnrolledEncoder;
  /** [K*B]: the row of the decoder that each row continues from. Before the first step these are the rows 0 to B-1. */
  readonly parents: Tensor;
  /** [K*B, outputs]: the logits of the next symbol. */
  readonly logits: Tensor;
  readonly #network: Network;
  readonly #decoder: UnrolledStack;
  readonly #attention: UnrolledAttention | undefined;

  /** `steps`: the most steps that the encoder reads. */
  constructor(
    layout: Layout,
    network: Network,
    { batch, beams, steps }: { readonly batch: number; readonly beams: number; readonly steps: number },
  ) {
    const rows = beams * batch;
    this.#network = network;
    this.encoder = new UnrolledEncoder(layout, network, { batch, steps });
    this.#decoder = new UnrolledStack(layout, network.top, { batch: rows, steps: 1 });
    this.parents = layout.tensor([rows], "int32");
    this.logits = layout.tensor([rows, network.sizes.outputs]);
    // The attention treats the beams of a row as steps of the decoder.
    const decoded = { ...this.#decoder.output, shape: [beams, batch, network.top.outputWidth] };
    this.#attention =
      network.config.attention === "luong"
        ? new UnrolledAttention(layout, network, {
            decoded,
            encoded: this.encoder.unrolled.output,
            lengths: this.encoder.indices.lengths,
            training: false,
          })
        : undefined;
  }

  /** The symbols that the decoder reads next [1, K*B]. */
  get symbols(): Tensor {
    return this.#decoder.inputs;
  }

  get #beams(): number {
    return this.parents.size / this.#batch;
  }

  get #batch(): number {
    return this.encoder.indices.last.size;
  }

  /** Reads the inputs. Afterwards the first B rows of the decoder have the states that decoding starts from. */
  encode(steps: number): Operation[] {
    return this.encoder.forward(steps, (layer, state) => slice(this.#after(layer, state), 0, this.#batch));
  }

  /** The states [K*B, H] after the last step. */
  #after(layer: number, state: number): Tensor {
    return entry(this.#decoder.layers[layer].cells[0].states[state], 1);
  }

  /** Computes the logits after `symbols`, for encoded inputs of `steps` steps. */
  decode(steps: number): Operation[] {
    const counts = { encoder: steps, decoder: this.#beams };
    const read = this.#attention?.output ?? first(1, this.#decoder.output);
    const input = { ...read, shape: [this.parents.size, this.#network.top.outputWidth] };
    return [
      ...this.#decoder.layers.flatMap(({ cells }, layer) =>
        cells[0].states.map((sequence, state): Operation => ({
          op: "moveRows",
          from: this.#after(layer, state),
          to: entry(sequence, 0),
          indices: this.parents,
          columns: this.#network.top.outputWidth,
        })),
      ),
      ...this.#decoder.forward(1),
      ...(this.#attention?.forward(counts) ?? []),
      {
        op: "multiply",
        input,
        weights: this.#network.parameter("head.weight").tensor,
        transposed: true,
        output: this.logits,
        biases: [this.#network.parameter("head.bias").tensor],
      },
    ];
  }
}
