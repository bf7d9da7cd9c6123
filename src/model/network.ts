import { type Operation } from "../engine/operation.ts";
import { type Layout } from "../engine/tensor.ts";
import {
  directionsOf,
  layerParameter,
  parameterShapes,
  stacksOf,
  type ModelShape,
  type NetworkSizes,
  type StackShape,
} from "./shapes.ts";
import { Stack, type CarriedStates, type Parameter } from "./stack.ts";
import { type StoredTensor } from "./weights.ts";

export { type CarriedStates, type Parameter } from "./stack.ts";

/** The configuration of a model: the `model` member of a checkpoint. */
export interface ModelConfig extends ModelShape {
  /** The probability that training drops a unit between layers or before the head. */
  readonly dropout: number;
}

/**
 * A recurrent network: one-hot symbols, embedded symbols or rows of numbers, then a stack of recurrent layers, then a
 * linear head that gives the outputs (the logits of classes, for example). Some networks have two stacks, an encoder
 * and a decoder. The network declares the parameters in a layout. The network does not know which engine computes with
 * the parameters.
 */
export class Network {
  readonly config: ModelConfig;
  readonly sizes: NetworkSizes;
  readonly parameters: readonly Parameter[];
  /** One stack of layers, or an encoder and a decoder. */
  readonly stacks: readonly Stack[];
  readonly #named: ReadonlyMap<string, Parameter>;

  /** With `training`, the network also declares the gradients. */
  constructor(
    layout: Layout,
    config: ModelConfig,
    sizes: NetworkSizes,
    { training }: { readonly training: boolean },
  ) {
    this.config = config;
    this.sizes = sizes;
    const shapes = stacksOf(config, sizes);
    const oneHot = new Set(shapes.flatMap(oneHotWeights));
    this.parameters = [...parameterShapes(config, sizes)].map(([name, shape]) => {
      const transposed = oneHot.has(name);
      const held = transposed ? shape.toReversed() : shape;
      const gradient = training ? layout.tensor(held) : undefined;
      return { name, shape, transposed, tensor: layout.tensor(held), gradient };
    });
    this.#named = new Map(this.parameters.map((parameter) => [parameter.name, parameter]));
    this.stacks = shapes.map(
      (shape, index) =>
        new Stack(layout, shape, {
          dropout: config.dropout,
          layersBefore: index * config.layers,
          parameter: (name) => this.parameter(name),
        }),
    );
  }

  /** The stack whose outputs lead to the head: the only one, or the decoder. */
  get top(): Stack {
    return this.stacks[this.stacks.length - 1];
  }

  /** @throws Error if the network has no parameter of this name */
  parameter(name: string): Parameter {
    const parameter = this.#named.get(name);
    if (parameter === undefined) throw new Error(`no parameter ${name}`);
    return parameter;
  }

  /** Declares the states [B, H] that are carried from one chunk to the next. */
  carriedStates(batch: number): CarriedStates {
    return this.top.carriedStates(batch);
  }

  /** Carried states with their names in a checkpoint: `cell.l0`. */
  storedStates(states: CarriedStates): StoredTensor[] {
    return this.top.storedStates(states);
  }

  /**
   * Prepares the present weights for matrix products. Must run before the first chunk and after every update. An engine
   * prepares only the weights that its products need.
   */
  pack(): Operation[] {
    return this.parameters
      .filter(({ shape, transposed }) => shape.length === 2 && !transposed)
      .flatMap(({ tensor: weights }) =>
        [true, false].map((transposed) => ({ op: "pack", weights, transposed }) as const),
      );
  }
}

/**
 * The weights by which layer 0 multiplies its input, if it reads one-hot symbols: neither an embedding nor numbers.
 */
function oneHotWeights(stack: StackShape): string[] {
  if (stack.embedding > 0 || stack.numeric) return [];
  return directionsOf(stack).map((direction) => stack.prefix + layerParameter("weight_ih", 0, direction));
}
