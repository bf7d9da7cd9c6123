import { cells, type CellName } from "./cells/index.ts";

/** The most layers, and the most units of a layer or an embedding: above these a number is a slip of the finger. */
export const MOST_LAYERS = 64;
export const LARGEST_SIZE = 65_536;

/** What the shapes of a model's parameters depend on, besides the size of its vocabulary. */
export interface ModelShape {
  readonly cell: CellName;
  readonly layers: number;
  readonly hidden: number;
  /** Width of the embedding, or 0 where the input is one-hot. */
  readonly embedding: number;
}

/**
 * Name and shape of every parameter, in the order of PyTorch's state_dict for an Embedding (where one is used),
 * an RNN, LSTM or GRU called `rnn` and a Linear called `head`. Layer 0 reads the embedding or the one-hot symbol,
 * every other layer the hidden state of the one below.
 */
export function parameterShapes(model: ModelShape, vocabularySize: number): Map<string, number[]> {
  const { cell, layers, hidden, embedding } = model;
  const rows = cells[cell].gateCount * hidden;
  const shapes = new Map<string, number[]>();
  if (embedding > 0) shapes.set("embedding.weight", [vocabularySize, embedding]);
  for (let layer = 0; layer < layers; layer++) {
    const input = layer > 0 ? hidden : embedding > 0 ? embedding : vocabularySize;
    shapes.set(`rnn.weight_ih_l${layer}`, [rows, input]);
    shapes.set(`rnn.weight_hh_l${layer}`, [rows, hidden]);
    shapes.set(`rnn.bias_ih_l${layer}`, [rows]);
    shapes.set(`rnn.bias_hh_l${layer}`, [rows]);
  }
  shapes.set("head.weight", [vocabularySize, hidden]);
  shapes.set("head.bias", [vocabularySize]);
  return shapes;
}
