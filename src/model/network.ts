import type { Operation } from "../engine/operation.ts";
import type { Layout, Panels, Tensor } from "../engine/tensor.ts";
import { cells } from "./cells/index.ts";
import { parameterShapes, type ModelShape } from "./shapes.ts";

/** What a model is, apart from its weights: the `model` of a checkpoint. */
export interface ModelConfig extends ModelShape {
  /** The probability of dropping a unit between layers and before the head while training. */
  readonly dropout: number;
}

/** A parameter of the network, named and shaped as PyTorch names and shapes it. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * The layer-0 weights of a one-hot input are held transposed, [V, G*H], so that a symbol's weights are one row:
   * multiplying by a one-hot vector is then a gather.
   */
  readonly transposed: boolean;
  readonly tensor: Tensor;
  /** Where the gradient arrives, shaped like `tensor`; undefined in a network that only predicts. */
  readonly gradient: Tensor | undefined;
}

/** Whether a batch has so few rows that their products are faster by vectors than by tiles: measured at 128 units. */
export function areFewRows(batch: number): boolean {
  return batch < 4;
}

/** Weights [N, K] used as a right operand in one direction or both. */
export interface PackedWeights {
  readonly weights: Tensor;
  readonly forward: Panels;
  readonly backward: Panels | undefined;
}

export interface Layer {
  /** The packed input weights; undefined where the input is one-hot. */
  readonly input: PackedWeights | undefined;
  readonly recurrent: PackedWeights;
}

/** States that outlive a chunk: for each layer one [B, H] tensor for each of its cell's states. */
export type CarriedStates = readonly (readonly Tensor[])[];

/**
 * A recurrent language model: one-hot or embedded symbols, a stack of recurrent layers, and a linear head that
 * gives the logits of the next symbol. It declares its tensors in a layout and says which operations compute what;
 * it does not know which engine runs them.
 */
export class Network {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly parameters: readonly Parameter[];
  readonly layers: readonly Layer[];
  readonly head: PackedWeights;
  readonly #named: ReadonlyMap<string, Parameter>;
  readonly #layout: Layout;

  /**
   * `training` also declares the gradients and the weights packed for the way back; `fewRows` packs them for products
   * of a few rows at a time.
   */
  constructor(
    layout: Layout,
    config: ModelConfig,
    vocabularySize: number,
    { training, fewRows = false }: { training: boolean; fewRows?: boolean },
  ) {
    this.config = config;
    this.vocabularySize = vocabularySize;
    this.#layout = layout;
    const oneHot = config.embedding === 0;
    this.parameters = [...parameterShapes(config, vocabularySize)].map(([name, shape]) => {
      const transposed = oneHot && name === "rnn.weight_ih_l0";
      const held = transposed ? shape.toReversed() : shape;
      const gradient = training ? layout.tensor(held) : undefined;
      return { name, shape, transposed, tensor: layout.tensor(held), gradient };
    });
    this.#named = new Map(this.parameters.map((parameter) => [parameter.name, parameter]));

    const packed = (name: string, groups = 1): PackedWeights => {
      const weights = this.parameter(name).tensor;
      const [outputs, inputs] = weights.shape;
      const forward = layout.panels(inputs, outputs, { groups, fewRows });
      return {
        weights,
        forward,
        backward: training ? layout.panels(outputs, inputs, { fewRows }) : undefined,
      };
    };
    this.layers = Array.from({ length: config.layers }, (_, layer) => ({
      input: layer === 0 && oneHot ? undefined : packed(`rnn.weight_ih_l${layer}`),
      // Gate by gate, so that a thread can have all gates of its units.
      recurrent: packed(`rnn.weight_hh_l${layer}`, cells[config.cell].gateCount),
    }));
    this.head = packed("head.weight");
  }

  parameter(name: string): Parameter {
    const parameter = this.#named.get(name);
    if (parameter === undefined) throw new Error(`no parameter ${name}`);
    return parameter;
  }

  /** The number of trained numbers. */
  get parameterCount(): number {
    return this.parameters.reduce((total, { tensor }) => total + tensor.size, 0);
  }

  /** Declares states [B, H] that are carried from one chunk to the next. */
  carriedStates(batch: number): CarriedStates {
    const { cell, hidden, layers } = this.config;
    return Array.from({ length: layers }, () =>
      cells[cell].stateNames.map(() => this.#layout.tensor([batch, hidden])),
    );
  }

  /** Packs the weights as they stand now: before the first chunk and after every update. */
  pack(): Operation[] {
    const used = this.layers.flatMap(({ input, recurrent }) => (input ? [input, recurrent] : [recurrent]));
    return [...used, this.head].flatMap(({ weights, forward, backward }) => [
      { op: "pack", weights, transposed: true, panels: forward },
      ...(backward ? [{ op: "pack", weights, transposed: false, panels: backward } as const] : []),
    ]);
  }
}
