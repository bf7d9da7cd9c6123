import { cells, type CellName } from "./cells/index.ts";

/** The most layers, and the most units of a layer or an embedding. A larger number is probably a typing mistake. */
export const MOST_LAYERS = 64;
export const LARGEST_SIZE = 65_536;

/** The part of a model's configuration that decides the shapes of its parameters, together with `NetworkSizes`. */
export interface ModelShape {
  readonly cell: CellName;
  readonly layers: number;
  readonly hidden: number;
  /** Width of the embedding, or 0 if there is none. */
  readonly embedding: number;
  /** Whether every layer also reads the steps in reverse order, with parameters of its own. */
  readonly bidirectional?: boolean;
  /**
   * Present if the network has an encoder and a decoder: whether the decoder attends to the encoder's outputs. Only the
   * encoder may then be bidirectional.
   */
  readonly attention?: Attention | undefined;
}

export const attentions = ["luong", "none"] as const;

/** `luong`: Luong et al. 2015, with the score d' W e. `none`: the decoder knows only the encoder's last state. */
export type Attention = (typeof attentions)[number];

/** The sizes of a network's input and output at every time step. */
export interface NetworkSizes {
  /** How many different symbols the network reads or, if it is `numeric`, how many numbers at every step. */
  readonly inputs: number;
  /** How many classes the network predicts: the width of its logits. */
  readonly outputs: number;
  /** Whether the network reads a row of numbers at every step, not a symbol. */
  readonly numeric?: boolean;
}

/** The order in which a layer reads the steps of a sequence. */
export type Direction = "forward" | "reverse";

/** The directions of every layer. */
export function directionsOf({ bidirectional }: Pick<ModelShape, "bidirectional">): readonly Direction[] {
  return bidirectional ? ["forward", "reverse"] : ["forward"];
}

/** The width of a layer's output: the hidden units of all its directions. */
export function outputWidth(model: Pick<ModelShape, "bidirectional" | "hidden">): number {
  return directionsOf(model).length * model.hidden;
}

/** The full name of a layer's parameter: `rnn.weight_ih_l0`, or `rnn.weight_ih_l0_reverse`. */
export function layerParameter(name: string, layer: number, direction: Direction = "forward"): string {
  return `rnn.${name}_l${layer}${direction === "reverse" ? "_reverse" : ""}`;
}

/** A stack of recurrent layers and their input. */
export interface StackShape extends Omit<ModelShape, "attention"> {
  /** What the names of the stack's parameters begin with. */
  readonly prefix: "" | "encoder." | "decoder.";
  readonly inputs: number;
  readonly numeric: boolean;
}

/** The stacks of a network: one, or an encoder and a decoder. The decoder reads the symbols that the network predicts. */
export function stacksOf(
  { attention, ...model }: ModelShape,
  { inputs, outputs, numeric = false }: NetworkSizes,
): readonly StackShape[] {
  if (attention === undefined) return [{ ...model, prefix: "", inputs, numeric }];
  return [
    { ...model, prefix: "encoder.", inputs, numeric },
    { ...model, prefix: "decoder.", inputs: outputs, numeric: false, bidirectional: false },
  ];
}

/** The width of the head's input. */
export function headWidth(model: ModelShape): number {
  return model.attention === undefined ? outputWidth(model) : model.hidden;
}

/**
 * The weights that compute the decoder's first state from the encoder's last states: `bridge.h.weight_l0`,
 * `bridge.c...`.
 */
export function bridgeParameter(state: string, layer: number): string {
  return `bridge.${state === "hidden" ? "h" : "c"}.weight_l${layer}`;
}

/**
 * Name and shape of every parameter, in the order of PyTorch's state_dict for an Embedding (if there is one), an RNN,
 * LSTM or GRU called `rnn`, and a Linear called `head`. Layer 0 reads the embedding, the one-hot symbol or the row of
 * numbers. Every other layer reads the hidden states of the layer below. If there is an encoder and a decoder, each has
 * an Embedding and an RNN, and the weights between the two come before the head.
 */
export function parameterShapes(model: ModelShape, sizes: NetworkSizes): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const stack of stacksOf(model, sizes)) {
    for (const [name, shape] of stackParameters(stack)) shapes.set(stack.prefix + name, shape);
  }
  for (const [name, shape] of betweenStacks(model)) shapes.set(name, shape);
  shapes.set("head.weight", [sizes.outputs, headWidth(model)]);
  shapes.set("head.bias", [sizes.outputs]);
  return shapes;
}

/** The parameters of a stack, by their names without its prefix. */
function stackParameters(stack: StackShape): Map<string, number[]> {
  const { cell, layers, hidden, embedding, inputs } = stack;
  const shapes = new Map<string, number[]>();
  if (embedding > 0) shapes.set("embedding.weight", [inputs, embedding]);
  for (let layer = 0; layer < layers; layer++) {
    const width = layer > 0 ? outputWidth(stack) : embedding > 0 ? embedding : inputs;
    for (const direction of directionsOf(stack)) {
      for (const [name, shape] of Object.entries(cells[cell].parameters(width, hidden))) {
        shapes.set(layerParameter(name, layer, direction), shape);
      }
    }
  }
  return shapes;
}

/** The parameters between an encoder and a decoder: the bridge from two directions to one, and the attention. */
function betweenStacks(model: ModelShape): Map<string, number[]> {
  const { cell, layers, hidden, bidirectional = false, attention } = model;
  const shapes = new Map<string, number[]>();
  if (attention === undefined) return shapes;
  const read = outputWidth(model);
  for (const state of bidirectional ? cells[cell].states : []) {
    for (let layer = 0; layer < layers; layer++) shapes.set(bridgeParameter(state, layer), [hidden, read]);
  }
  if (attention === "luong") {
    shapes.set("attention.weight", [hidden, read]);
    shapes.set("attention.combine.weight", [hidden, read + hidden]);
  }
  return shapes;
}
