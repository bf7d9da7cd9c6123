import { type Operation } from "../engine/operation.ts";
import { width, type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining } from "./cells/cell.ts";
import { type Network } from "./network.ts";
import { first, withWidth } from "./unrolled-layer.ts";

/** The tensors that attention reads. */
export interface Attended {
  /** d [S, B, H]: the outputs of the decoder. */
  readonly decoded: Tensor;
  /** E [T, B, D]: the outputs of the encoder. */
  readonly encoded: Tensor;
  /** [B]: how many steps of each row the encoder reads. */
  readonly lengths: Tensor;
  readonly training: boolean;
}

/** How many steps of the encoder and of the decoder a chunk has. */
export interface StepCounts {
  readonly encoder: number;
  readonly decoder: number;
}

/**
 * Luong's attention for all steps of a decoder at once. The score of a step d and an encoder's output e is d' W e. The
 * context is the mean of the encoder's outputs, weighted by the softmax of the scores. The output is tanh(C [context;
 * d]).
 */
export class UnrolledAttention {
  /** [S, B, H] */
  readonly output: Tensor;
  /**
   * [S, B, H]: the gradient of the output. The tensor must be filled before the backward pass. Undefined without
   * training.
   */
  readonly outputGradient: Tensor | undefined;
  readonly #network: Network;
  readonly #attended: Attended;
  /** d' W [S, B, D]. The backward pass replaces them with their gradients. */
  readonly #queries: Tensor;
  /** [S, B, T]: the softmax weights. A chunk of fewer steps uses the beginning of the tensor. */
  readonly #weights: Tensor;
  readonly #scoreGradients: Tensor | undefined;
  /** [context; d] [S, B, D+H] */
  readonly #joined: Tensor;
  readonly #joinedGradient: Tensor | undefined;
  /** C [context; d] [S, B, H]. The backward pass replaces them with their gradients. */
  readonly #sums: Tensor;

  constructor(layout: Layout, network: Network, attended: Attended) {
    const { decoded, encoded, training } = attended;
    const [S, B, H] = decoded.shape;
    const [T, , D] = encoded.shape;
    this.#network = network;
    this.#attended = attended;
    this.#queries = layout.tensor([S, B, D]);
    this.#weights = layout.tensor([S, B, T]);
    this.#joined = layout.tensor([S, B, D + H]);
    this.#sums = layout.tensor([S, B, H]);
    this.output = layout.tensor([S, B, H]);
    this.outputGradient = training ? layout.scratch([S, B, H]) : undefined;
    this.#joinedGradient = training ? layout.scratch([S, B, D + H]) : undefined;
    this.#scoreGradients = training ? layout.scratch([S, B, T]) : undefined;
  }

  /** The weights of the encoder's steps [S, B, T] for a chunk with these numbers of steps. */
  weights({ encoder, decoder }: StepCounts): Tensor {
    return withWidth(first(decoder, this.#weights), encoder);
  }

  #parameter(name: "weight" | "combine.weight") {
    return this.#network.parameter(`attention.${name}`);
  }

  #read(counts: StepCounts) {
    return {
      queries: first(counts.decoder, this.#queries),
      keys: first(counts.encoder, this.#attended.encoded),
      lengths: this.#attended.lengths,
      weights: this.weights(counts),
    };
  }

  forward(counts: StepCounts): Operation[] {
    const [decoded, joined, sums, output] = [
      this.#attended.decoded,
      this.#joined,
      this.#sums,
      this.output,
    ].map((tensor) => first(counts.decoder, tensor));
    const { queries, ...read } = this.#read(counts);
    const [D, H] = [width(queries), width(decoded)];
    const { tensor: score } = this.#parameter("weight");
    const { tensor: combine } = this.#parameter("combine.weight");
    return [
      { op: "multiply", input: decoded, weights: score, transposed: false, output: queries },
      { op: "attend", queries, ...read, contexts: joined },
      { op: "moveRows", from: decoded, to: joined, toColumn: D, columns: H },
      { op: "multiply", input: joined, weights: combine, transposed: true, output: sums },
      { op: "rnnForward", gates: sums, hidden: output },
    ];
  }

  /** Computes the gradients of the decoder's outputs and of the encoder's outputs from `outputGradient`. */
  backward(counts: StepCounts, decodedGradient: Tensor, encodedGradient: Tensor): Operation[] {
    const steps = counts.decoder;
    const [sums, hidden, to] = [this.#sums, this.output, decodedGradient].map((tensor) =>
      first(steps, tensor),
    );
    const hiddenGradient = first(steps, requireTraining(this.outputGradient));
    const joinedGradient = first(steps, requireTraining(this.#joinedGradient));
    const read = this.#read(counts);
    const [D, H] = [width(read.queries), width(to)];
    const { tensor: score } = this.#parameter("weight");
    const { tensor: combine } = this.#parameter("combine.weight");
    return [
      { op: "rnnBackward", hidden, hiddenGradient, gates: sums },
      { op: "multiply", input: sums, weights: combine, transposed: false, output: joinedGradient },
      {
        op: "attendGradient",
        ...read,
        contextGradients: joinedGradient,
        scoreGradients: withWidth(first(steps, requireTraining(this.#scoreGradients)), counts.encoder),
        keyGradients: first(counts.encoder, encodedGradient),
      },
      { op: "moveRows", from: joinedGradient, to, fromColumn: D, columns: H },
      {
        op: "multiply",
        input: read.queries,
        weights: score,
        transposed: true,
        output: to,
        plus: { rows: to },
      },
    ];
  }

  /** The gradients of W and C. Must follow `backward`. */
  gradients({ decoder }: StepCounts): Operation[] {
    const gradientOf = (name: "weight" | "combine.weight") => requireTraining(this.#parameter(name).gradient);
    const [decoded, queries, joined, sums] = [
      this.#attended.decoded,
      this.#queries,
      this.#joined,
      this.#sums,
    ].map((tensor) => first(decoder, tensor));
    return [
      { op: "weightGradient", outputGradient: decoded, input: queries, gradient: gradientOf("weight") },
      { op: "weightGradient", outputGradient: sums, input: joined, gradient: gradientOf("combine.weight") },
    ];
  }
}
