import { type Layout, type Tensor } from "../engine/tensor.ts";
import { cells, type Cell } from "./cells/index.ts";
import { directionsOf, layerParameter, outputWidth, type Direction, type StackShape } from "./shapes.ts";
import { type StoredTensor } from "./weights.ts";

/** A parameter of the network, with PyTorch's name and shape. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * Whether `tensor` is the transpose of the parameter. True for the layer-0 weights of a one-hot input, [V, G*H]: the
   * weights of a symbol are then one row, and a product with a one-hot vector is a gather.
   */
  readonly transposed: boolean;
  readonly tensor: Tensor;
  /** The gradient, with the shape of `tensor`. Undefined in a network that only predicts. */
  readonly gradient: Tensor | undefined;
}

/** The states between chunks of a stack that reads in one direction: for each layer, one [B, H] tensor for each state of its cell. */
export type CarriedStates = readonly (readonly Tensor[])[];

/** What a stack needs besides its shape. */
interface StackOptions {
  readonly dropout: number;
  /** The number of layers in the stacks before this one. Dropout differs from layer to layer. */
  readonly layersBefore: number;
  /** Returns the parameter with this full name. */
  readonly parameter: (name: string) => Parameter;
}

/** A stack of recurrent layers with its parameters. All time steps share them. */
export class Stack {
  readonly shape: StackShape;
  readonly dropout: number;
  readonly layersBefore: number;
  readonly #layout: Layout;
  readonly #parameter: (name: string) => Parameter;

  constructor(layout: Layout, shape: StackShape, { dropout, layersBefore, parameter }: StackOptions) {
    this.shape = shape;
    this.dropout = dropout;
    this.layersBefore = layersBefore;
    this.#layout = layout;
    this.#parameter = parameter;
  }

  get cell(): Cell {
    return cells[this.shape.cell];
  }

  get directions(): readonly Direction[] {
    return directionsOf(this.shape);
  }

  /** D: the width of the stack's output. */
  get outputWidth(): number {
    return outputWidth(this.shape);
  }

  /** A layer in words: `layer 1`, or `encoder layer 1`. */
  layerName(layer: number): string {
    return `${this.shape.prefix.replace(".", " ")}layer ${layer}`;
  }

  /** A parameter by its name without the stack's prefix: `embedding.weight`. */
  parameter(name: string): Parameter {
    return this.#parameter(this.shape.prefix + name);
  }

  /** A parameter of a layer, by its name without the layer's number: `weight_ih`. */
  layerParameter(name: string, layer: number, direction: Direction): Parameter {
    return this.parameter(layerParameter(name, layer, direction));
  }

  layerParameterNames(layer: number, direction: Direction): string[] {
    const names = Object.keys(this.cell.parameters(1, this.shape.hidden));
    return names.map((name) => this.layerParameter(name, layer, direction).name);
  }

  /** Declares the states [B, H] that are carried from one chunk to the next. */
  carriedStates(batch: number): CarriedStates {
    const { hidden, layers } = this.shape;
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
}
