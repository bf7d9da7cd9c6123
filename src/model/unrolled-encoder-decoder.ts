import { type Operation } from "../engine/operation.ts";
import { entry, type Layout, type Tensor } from "../engine/tensor.ts";
import { requireTraining } from "./cells/cell.ts";
import { type Network } from "./network.ts";
import { UnrolledAttention, type StepCounts } from "./unrolled-attention.ts";
import { UnrolledEncoder } from "./unrolled-encoder.ts";
import { UnrolledHead } from "./unrolled-head.ts";
import { first, type Stage, type UnrollOptions } from "./unrolled-layer.ts";
import { UnrolledStack } from "./unrolled-stack.ts";

/** How a network is unrolled: for B rows, and at most `steps` steps of its encoder and of its decoder. */
export interface EncoderDecoderOptions extends Omit<UnrollOptions, "steps" | "states"> {
  readonly steps: StepCounts;
  /** The share of each target's probability that training divides among all symbols. */
  readonly smoothing?: number;
}

/**
 * A network with an encoder and a decoder, unrolled for training with teacher forcing: the decoder reads the right symbol
 * before each of its steps. The tensors are time-major: [T, B, ..] of the encoder, [S, B, ..] of the decoder.
 */
export class UnrolledEncoderDecoder {
  readonly head: UnrolledHead;
  readonly encoder: UnrolledEncoder;
  readonly #decoder: UnrolledStack;
  readonly #attention: UnrolledAttention | undefined;

  constructor(layout: Layout, network: Network, options: EncoderDecoderOptions) {
    const { batch, steps, training, smoothing = 0 } = options;
    const common = { batch, ...(training && { training }) };
    this.encoder = new UnrolledEncoder(layout, network, { ...common, steps: steps.encoder });
    this.#decoder = new UnrolledStack(layout, network.top, { ...common, steps: steps.decoder });
    const { attention } = network.config;
    this.#attention =
      attention === "luong"
        ? new UnrolledAttention(layout, network, {
            decoded: this.#decoder.output,
            encoded: this.encoder.unrolled.output,
            lengths: this.encoder.indices.lengths,
            training: training !== undefined,
          })
        : undefined;
    const headOptions = { reads: "steps", loss: "softmax", weighted: false, smoothing } as const;
    this.head = new UnrolledHead(layout, network, { batch, steps: steps.decoder }, headOptions);
  }

  /** The symbols that the encoder reads [T, B], and those that the decoder reads [S, B]. */
  get inputs(): { readonly encoder: Tensor; readonly decoder: Tensor } {
    return { encoder: this.encoder.unrolled.inputs, decoder: this.#decoder.inputs };
  }

  /** [S, B, H]: the input of the head. */
  get #read(): Tensor {
    return this.#attention?.output ?? this.#decoder.output;
  }

  /** Computes the logits of the decoder's steps. */
  forward(counts: StepCounts): Operation[] {
    return [
      ...this.encoder.forward(counts.encoder, (layer, state) =>
        entry(this.#decoder.layers[layer].cells[0].states[state], 0),
      ),
      ...this.#decoder.forward(counts.decoder),
      ...(this.#attention?.forward(counts) ?? []),
      ...this.head.forward(counts.decoder, this.#read),
    ];
  }

  /** The weights [S, B, T] of the encoder's steps for each step of the decoder, if there is attention. */
  attentionWeights(counts: StepCounts): Tensor | undefined {
    return this.#attention?.weights(counts);
  }

  /** Computes the losses from the targets, and the likeliest symbols. */
  score({ decoder }: StepCounts): Operation[] {
    return this.head.score(decoder);
  }

  /** The losses of the first steps. */
  lossesOf({ decoder }: StepCounts): Tensor {
    return first(decoder, this.head.losses);
  }

  /**
   * Computes the losses and the gradient of the mean loss for every parameter. Must follow `forward`, and overwrites the
   * activations.
   */
  backward(counts: StepCounts): Operation[] {
    const { unrolled, bridge, indices } = this.encoder;
    const starts = bridge.startGradients;
    return [
      ...this.#backToDecoder(counts),
      ...this.#decoder.backward(counts.decoder, { starts }),
      ...bridge.backward(this.#decoder),
      ...unrolled.backward(counts.encoder, { ends: bridge.endGradients(indices.ends) }),
      ...this.#decoder.gradients(counts.decoder),
      ...this.head.gradients(counts.decoder, this.#read),
      ...(this.#attention?.gradients(counts) ?? []),
      ...unrolled.gradients(counts.encoder),
      ...bridge.gradients(),
      ...this.#decoder.oneHotBiasGradients(),
      ...unrolled.oneHotBiasGradients(),
    ];
  }

  /** Computes the losses, and the gradients of the decoder's and the encoder's outputs. */
  #backToDecoder(counts: StepCounts): Operation[] {
    const decoded = requireTraining(this.#decoder.outputGradient);
    const encoded = requireTraining(this.encoder.unrolled.outputGradient);
    if (this.#attention === undefined) {
      const tensor = first(counts.encoder, encoded);
      return [...this.head.backward(counts.decoder, decoded), { op: "zero", tensor }];
    }
    return [
      ...this.head.backward(counts.decoder, requireTraining(this.#attention.outputGradient)),
      ...this.#attention.backward(counts, decoded, encoded),
    ];
  }

  /** The tensors of the forward pass to check, in order, if numbers stop being finite. */
  forwardStages(counts: StepCounts): Stage[] {
    const { logits, losses } = this.head;
    const steps = (count: number) => Array.from({ length: count }, (_, step) => step);
    return [
      ...steps(counts.encoder).flatMap((step) => this.encoder.unrolled.stateStages(step)),
      ...steps(counts.decoder).flatMap((step) => [
        ...this.#decoder.stateStages(step),
        ...this.head.stages(step, entry(logits, step), entry(losses, step)),
      ]),
    ];
  }

  /** The tensors of the backward pass to check, in order, if numbers stop being finite. */
  backwardStages(counts: StepCounts): Stage[] {
    return [...this.#decoder.gateStages(counts.decoder), ...this.encoder.unrolled.gateStages(counts.encoder)];
  }
}
