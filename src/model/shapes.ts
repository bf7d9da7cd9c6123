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
}

/** The sizes of a network's input and output at every time step. */
export interface NetworkSizes {
  /** How many different symbols it reads, or how many numbers at every step if it is `numeric`. */
  readonly inputs: number;
  /** How many classes the network predicts: the width of its logits. */
  readonly outputs: number;
  /** Whether it reads a row of numbers at every step, and no symbol. */
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

/**
 * Name and shape of every parameter, in the order of PyTorch's state_dict for an Embedding (if there is one), an RNN,
 * LSTM or GRU called `rnn`, and a Linear called `head`. Layer 0 reads the embedding, the one-hot symbol or the row of
 * numbers. Every other layer reads the hidden states of the layer below.
 */
export function parameterShapes(model: ModelShape, { inputs, outputs }: NetworkSizes): Map<string, number[]> {
  const { cell, layers, hidden, embedding } = model;
  const shapes = new Map<string, number[]>();
  if (embedding > 0) shapes.set("embedding.weight", [inputs, embedding]);
  for (let layer = 0; layer < layers; layer++) {
    const width = layer > 0 ? outputWidth(model) : embedding > 0 ? embedding : inputs;
    for (const direction of directionsOf(model)) {
      for (const [name, shape] of Object.entries(cells[cell].parameters(width, hidden))) {
        shapes.set(layerParameter(name, layer, direction), shape);
      }
    }
  }
  shapes.set("head.weight", [outputs, outputWidth(model)]);
  shapes.set("head.bias", [outputs]);
  return shapes;
}
