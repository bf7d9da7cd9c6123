import { type Operation } from "../engine/operation.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";
import { cells, type Cell } from "./cells/index.ts";
import {
  directionsOf,
  layerParameter,
  parameterShapes,
  type Direction,
  type ModelShape,
  type NetworkSizes,
} from "./shapes.ts";
import { type StoredTensor } from "./weights.ts";

/** The configuration of a model: the `model` member of a checkpoint. */
export interface ModelConfig extends ModelShape {
  /** The probability that training drops a unit between layers or before the head. */
  readonly dropout: number;
}

/** A parameter of the network, with PyTorch's name and shape. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * Whether `tensor` is the transpose of the parameter. This is so for the layer-0 weights of a one-hot input,
   * [V, G*H]: the weights of a symbol are then one row, and a product with a one-hot vector is a gather.
   */
  readonly transposed: boolean;
  readonly tensor: Tensor;
  /** The gradient, with the shape of `tensor`. Undefined in a network that only predicts. */
  readonly gradient: Tensor | undefined;
}

/** The weights by which layer 0 multiplies its input. */
const oneHotWeights = new Set([
  layerParameter("weight_ih", 0, "forward"),
  layerParameter("weight_ih", 0, "reverse"),
]);

/** The states between chunks of a network that reads in one direction: for each layer, one [B, H] tensor for each state of its cell. */
export type CarriedStates = readonly (readonly Tensor[])[];

/**
 * A recurrent network: one-hot symbols, embedded symbols or rows of numbers, a stack of recurrent layers, and a linear
 * head that gives the outputs (the logits of classes, for example). All time steps share these parameters. The network declares them in a layout. It does not know which
 * engine computes with them.
 */
export class Network {
  readonly config: ModelConfig;
  readonly sizes: NetworkSizes;
  readonly parameters: readonly Parameter[];
  readonly #named: ReadonlyMap<string, Parameter>;
  readonly #layout: Layout;
  readonly #training: boolean;

  /** With `training`, the network also declares the gradients. */
  constructor(
    layout: Layout,
    config: ModelConfig,
    sizes: NetworkSizes,
    { training }: { readonly training: boolean },
  ) {
    this.config = config;
    this.sizes = sizes;
    this.#layout = layout;
    this.#training = training;
    this.parameters = [...parameterShapes(config, sizes)].map(([name, shape]) => {
      const transposed = this.isOneHot && oneHotWeights.has(name);
      const held = transposed ? shape.toReversed() : shape;
      const gradient = training ? layout.tensor(held) : undefined;
      return { name, shape, transposed, tensor: layout.tensor(held), gradient };
    });
    this.#named = new Map(this.parameters.map((parameter) => [parameter.name, parameter]));
  }

  get cell(): Cell {
    return cells[this.config.cell];
  }

  /** Whether layer 0 reads one-hot symbols, and neither an embedding nor numbers. */
  get isOneHot(): boolean {
    return this.config.embedding === 0 && !this.sizes.numeric;
  }

  get directions(): readonly Direction[] {
    return directionsOf(this.config);
  }

  /** @throws Error if the network has no parameter of this name */
  parameter(name: string): Parameter {
    const parameter = this.#named.get(name);
    if (parameter === undefined) throw new Error(`no parameter ${name}`);
    return parameter;
  }

  /** A parameter of a layer, by its name without the layer's number: `weight_ih`. */
  layerParameter(name: string, layer: number, direction: Direction): Parameter {
    return this.parameter(layerParameter(name, layer, direction));
  }

  layerParameterNames(layer: number, direction: Direction): string[] {
    const { hidden } = this.config;
    return Object.keys(this.cell.parameters(1, hidden)).map((name) => layerParameter(name, layer, direction));
  }

  /** Declares the states [B, H] that are carried from one chunk to the next. */
  carriedStates(batch: number): CarriedStates {
    const { hidden, layers } = this.config;
    return Array.from({ length: layers }, () =>
      this.cell.states.map(() => this.#layout.tensor([batch, hidden])),
    );
  }

  /** Carried states with their names in a checkpoint: `cell.l0`. */
  storedStates(states: CarriedStates): StoredTensor[] {
    return states.flatMap((tensors, layer) =>
      tensors.map((tensor, index) => ({
        name: `${this.cell.states[index]}.l${layer}`,
        shape: tensor.shape,
        transposed: false,
        tensor,
      })),
    );
  }

  /** Prepares the present weights for matrix products. Must run before the first chunk and after every update. */
  pack(): Operation[] {
    const directions = this.#training ? [true, false] : [true];
    return this.parameters
      .filter(({ shape, transposed }) => shape.length === 2 && !transposed)
      .flatMap(({ tensor: weights }) =>
        directions.map((transposed) => ({ op: "pack", weights, transposed }) as const),
      );
  }
}
