import { cells, type CellName } from "./cells/index.ts";

/** The most layers, and the most units of a layer or an embedding. A larger number is probably a typing mistake. */
export const MOST_LAYERS = 64;
export const LARGEST_SIZE = 65_536;

/** The part of a model's configuration that decides the shapes of its parameters, together with `NetworkSizes`. */
export interface ModelShape {
  readonly cell: CellName;
  readonly layers: number;
  readonly hidden: number;
  /** Width of the embedding, or 0 if the input is one-hot. */
  readonly embedding: number;
}

/** The sizes of a network's input and output at every time step. */
export interface NetworkSizes {
  /** How many different symbols the network reads. */
  readonly inputs: number;
  /** How many classes the network predicts: the width of its logits. */
  readonly outputs: number;
}

/** The full name of a layer's parameter: `rnn.weight_ih_l0`. */
export function layerParameter(name: string, layer: number): string {
  return `rnn.${name}_l${layer}`;
}

/**
 * Name and shape of every parameter, in the order of PyTorch's state_dict for an Embedding (if there is one), an RNN,
 * LSTM or GRU called `rnn`, and a Linear called `head`. Layer 0 reads the embedding or the one-hot symbol. Every other
 * layer reads the hidden state of the layer below.
 */
export function parameterShapes(model: ModelShape, { inputs, outputs }: NetworkSizes): Map<string, number[]> {
  const { cell, layers, hidden, embedding } = model;
  const shapes = new Map<string, number[]>();
  if (embedding > 0) shapes.set("embedding.weight", [inputs, embedding]);
  for (let layer = 0; layer < layers; layer++) {
    const width = layer > 0 ? hidden : embedding > 0 ? embedding : inputs;
    for (const [name, shape] of Object.entries(cells[cell].parameters(width, hidden))) {
      shapes.set(layerParameter(name, layer), shape);
    }
  }
  shapes.set("head.weight", [outputs, hidden]);
  shapes.set("head.bias", [outputs]);
  return shapes;
}
