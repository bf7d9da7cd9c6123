import { DEPTH, type Operation } from "../engine/operation.ts";
import { entry, Layout, slice, type Panels, type Tensor } from "../engine/tensor.ts";
import { requireTraining, type OneHotInput, type RecurrentWeights, type UnrolledCell } from "./cells/cell.ts";
import { cells } from "./cells/index.ts";
import { areFewRows, type CarriedStates, type Network, type PackedWeights } from "./network.ts";

/** How a network is unrolled: T `steps` of a `batch` of B rows, with or without a way back. */
export interface UnrollOptions {
  readonly batch: number;
  readonly steps: number;
  readonly states: CarriedStates;
  /** The seed and the clock (the training step, [1]) of dropout; undefined leaves dropout off, as in evaluation. */
  readonly dropout?: { readonly seed: number; readonly clock: Tensor };
}

/**
 * The most bytes of weights whose gradients are summed by halves. Of larger ones the sums are slower to keep than the
 * other threads' rows are to fetch: measured at 2x256 and 1x512 by tiles, on two cores of a Xeon.
 */
const MOST_HALVED = 2 ** 22;

/** Steps from `from` to before `to`. */
interface StepSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * A network unrolled over chunks of up to T steps: the tensors of one chunk and the operations that fill them.
 * Inputs, targets, losses and predictions are time-major [T, B].
 */
export class UnrolledNetwork {
  readonly inputs: Tensor;
  readonly targets: Tensor;
  readonly losses: Tensor;
  readonly predictions: Tensor;
  readonly logits: Tensor;
  readonly cells: readonly UnrolledCell[];
  readonly #network: Network;
  readonly #options: UnrollOptions;
  /** [T, B, E], where there is an embedding. */
  readonly #embedded: Tensor | undefined;
  /** What each layer hands up, after dropout: [T, B, H]. */
  readonly #outputs: readonly Tensor[];
  /** Gradients of two neighbouring layers' outputs, in turns: [T, B, H]. */
  readonly #gradients: readonly Tensor[];
  /** [T, B, E], where there is an embedding to train: rows of another width than the layers', so no place of theirs. */
  readonly #embeddedGradient: Tensor | undefined;
  /** Where engines may sum half of a parameter's gradient, by its name: in the place of `#gradients`, used by then. */
  readonly #halves: ReadonlyMap<string, Tensor>;

  constructor(layout: Layout, network: Network, options: UnrollOptions) {
    this.#network = network;
    this.#options = options;
    const { batch, steps, dropout } = options;
    const { cell, hidden, embedding } = network.config;
    const training = network.head.backward !== undefined;
    this.inputs = layout.tensor([steps, batch], "int32");
    this.targets = layout.tensor([steps, batch], "int32");
    this.losses = layout.tensor([steps, batch]);
    this.predictions = layout.tensor([steps, batch], "int32");
    this.logits = layout.tensor([steps, batch, network.vocabularySize]);
    this.#embedded = embedding > 0 ? layout.tensor([steps, batch, embedding]) : undefined;
    this.cells = network.layers.map(({ recurrent }, layer) =>
      cells[cell].unroll(layout, { steps, batch, hidden }, recurrentWeights(network, recurrent, layer)),
    );
    const drops = dropout !== undefined && network.config.dropout > 0;
    this.#outputs = this.cells.map(({ states }) =>
      drops ? layout.tensor([steps, batch, hidden]) : slice(states[0], 1, steps + 1),
    );
    const start = layout.mark();
    this.#gradients = (training ? this.cells.slice(0, 2) : []).map(() =>
      layout.tensor([steps, batch, hidden]),
    );
    this.#halves = areFewRows(batch) ? new Map<string, Tensor>() : halvesBetween(layout, start, network);
    this.#embeddedGradient =
      training && this.#embedded ? layout.tensor([steps, batch, embedding]) : undefined;
  }

  /** The first `steps` steps of a [T, B, ..] tensor. */
  #first(steps: number, tensor: Tensor): Tensor {
    return slice(tensor, 0, steps);
  }

  /** Starts the chunk from the carried states. */
  loadStates(): Operation[] {
    return this.#eachState((sequence, carried) => ({ op: "copy", from: carried, to: entry(sequence, 0) }));
  }

  /** Carries the states after `steps` steps on; with a `guard` (a status) not where that rejects. */
  saveStates(steps: number, guard?: Tensor): Operation[] {
    return this.#eachState((sequence, carried) => ({
      op: "copy",
      from: entry(sequence, steps),
      to: carried,
      ...(guard && { guard }),
    }));
  }

  #eachState(operation: (sequence: Tensor, carried: Tensor) => Operation): Operation[] {
    return this.cells.flatMap(({ states }, layer) =>
      states.map((sequence, index) => operation(sequence, this.#options.states[layer][index])),
    );
  }

  /** Logits of the next symbol for each of the first `steps` steps, from `inputs` and the states loaded. */
  forward(steps: number): Operation[] {
    const { head } = this.#network;
    const layers = this.cells.flatMap((cell, layer) => [
      ...this.#project(layer, steps),
      ...Array.from({ length: steps }, (_, t) => cell.forward(t, this.#oneHotInput(layer, t))).flat(),
      ...this.#drop(layer, steps, slice(cell.states[0], 1, steps + 1), this.#outputs[layer]),
    ]);
    return [
      ...this.#embed(steps),
      ...layers,
      {
        op: "multiply",
        input: this.#first(steps, this.#top),
        panels: head.forward,
        output: this.#first(steps, this.logits),
        biases: [this.#network.parameter("head.bias").tensor],
      },
    ];
  }

  get #top(): Tensor {
    return this.#outputs[this.#outputs.length - 1];
  }

  #embed(steps: number): Operation[] {
    if (this.#embedded === undefined) return [];
    const table = this.#network.parameter("embedding.weight").tensor;
    const output = this.#first(steps, this.#embedded);
    return [{ op: "gather", table, indices: this.inputs, output, biases: [], groups: 1 }];
  }

  /** What a layer reads: the embedding or the layer below; undefined stands for one-hot symbols. */
  #inputOf(layer: number): Tensor | undefined {
    return layer > 0 ? this.#outputs[layer - 1] : this.#embedded;
  }

  /** The input's part in the gates, for all steps at once; one-hot symbols come in step by step. */
  #project(layer: number, steps: number): Operation[] {
    const { gates, inputBiases: biases } = this.cells[layer];
    const output = this.#first(steps, gates);
    const input = this.#inputOf(layer);
    const packed = this.#network.layers[layer].input;
    if (input === undefined || packed === undefined) return [];
    return [{ op: "multiply", input: this.#first(steps, input), panels: packed.forward, output, biases }];
  }

  #oneHotInput(layer: number, t: number): OneHotInput | undefined {
    if (this.#inputOf(layer) !== undefined) return undefined;
    return { table: this.#network.parameter("rnn.weight_ih_l0").tensor, indices: entry(this.inputs, t) };
  }

  /** Dropout above a layer, on the way up or (from gradient to gradient) on the way down. */
  #drop(layer: number, steps: number, from: Tensor, to: Tensor): Operation[] {
    const { dropout } = this.#options;
    const { dropout: probability } = this.#network.config;
    if (dropout === undefined || probability === 0) return [];
    const [input, output] = [this.#first(steps, from), this.#first(steps, to)];
    return [{ op: "dropout", input, output, probability, layer, ...dropout }];
  }

  /** The loss of every step against `targets`, and the likeliest symbols. */
  score(steps: number): Operation[] {
    return [{ ...this.#loss(steps, 0), predictions: this.#first(steps, this.predictions) }];
  }

  #loss(steps: number, scale: number) {
    const [logits, targets] = [this.#first(steps, this.logits), this.#first(steps, this.targets)];
    return {
      op: "softmaxCrossEntropy",
      logits,
      targets,
      losses: this.#first(steps, this.losses),
      scale,
    } as const;
  }

  /**
   * The losses of `steps` steps and the gradients of their mean with respect to every parameter, by
   * backpropagation through time. Follows `forward`; the activations are consumed.
   */
  backward(steps: number): Operation[] {
    return [
      this.#loss(steps, 1 / (steps * this.#options.batch)),
      ...this.#backThroughLayers(steps),
      ...this.#weightGradients(steps),
    ];
  }

  #backThroughLayers(steps: number): Operation[] {
    const { head, layers } = this.#network;
    const top = layers.length - 1;
    const operations: Operation[] = [];
    /** The gradient with respect to what is below. */
    const into = (place: Tensor | undefined, input: Tensor, panels: Panels | undefined) => {
      const output = requireTraining(place);
      operations.push({
        op: "multiply",
        input: this.#first(steps, input),
        panels: requireTraining(panels),
        output: this.#first(steps, output),
      });
      return output;
    };
    let gradient = into(this.#gradients[top % 2], this.logits, head.backward);
    for (let layer = top; layer >= 0; layer--) {
      const cell = this.cells[layer];
      operations.push(...this.#drop(layer, steps, gradient, gradient), ...cell.beginBackward());
      for (let t = steps - 1; t >= 0; t--) operations.push(...cell.backward(t, gradient));
      if (this.#inputOf(layer) === undefined) break;
      const place = layer > 0 ? this.#gradients[(layer - 1) % 2] : this.#embeddedGradient;
      gradient = into(place, cell.gates, layers[layer].input?.backward);
    }
    if (this.#embedded) {
      operations.push(this.#scatter("embedding.weight", this.#first(steps, gradient), this.inputs));
    }
    return operations;
  }

  /**
   * A few steps at a time (twice as many by halves), so that all that is computed of their gradients finds them in the
   * cache: first what reads them row by row, which fetches them faster than the products do. The head's product finds
   * the top layer's states there. Where the input is one-hot each step's gradient goes to the biases and to its symbol's
   * row of weights: the biases' gradient is the sum of those rows'.
   */
  #weightGradients(steps: number): Operation[] {
    const { batch } = this.#options;
    const rows = this.#halves.size > 0 ? Math.ceil(batch / 2) : batch;
    const each = Math.max(1, Math.floor(DEPTH / rows));
    const spans = Array.from({ length: Math.ceil(steps / each) }, (_, index) => {
      return { from: index * each, to: Math.min(steps, (index + 1) * each) };
    });
    const top = this.cells.length - 1;
    return [
      ...this.cells.flatMap((_, layer) =>
        spans.flatMap((span) => [
          ...this.#layerGradients(layer, span),
          ...(layer === top ? this.#headGradients(span) : []),
        ]),
      ),
      ...[...this.#halves].map(([name, otherHalf]): Operation => {
        return { op: "addHalf", gradient: this.#gradientOf(name), otherHalf };
      }),
      ...(this.#inputOf(0) === undefined
        ? [this.#biasGradient(this.#gradientOf("rnn.weight_ih_l0"), this.#inputBiases(0))]
        : []),
    ];
  }

  /** The biases that are added to the input's part in the gates. */
  #inputBiases(layer: number): readonly string[] {
    const { gates, recurrentGates } = this.cells[layer];
    return gates === recurrentGates
      ? [`rnn.bias_ih_l${layer}`, `rnn.bias_hh_l${layer}`]
      : [`rnn.bias_ih_l${layer}`];
  }

  #headGradients({ from, to }: StepSpan): Operation[] {
    const accumulate = from > 0;
    const logits = slice(this.logits, from, to);
    return [
      this.#biasGradient(logits, ["head.bias"]),
      this.#weightGradient("head.weight", logits, slice(this.#top, from, to)),
    ].map((operation) => ({ ...operation, accumulate }));
  }

  #layerGradients(layer: number, { from, to }: StepSpan): Operation[] {
    const accumulate = from > 0;
    const { gates, recurrentGates, states } = this.cells[layer];
    const [fromInput, fromHidden] = [slice(gates, from, to), slice(recurrentGates, from, to)];
    const input = this.#inputOf(layer);
    return [
      ...(gates === recurrentGates ? [] : [this.#biasGradient(fromHidden, [`rnn.bias_hh_l${layer}`])]),
      ...(input === undefined
        ? [this.#scatter("rnn.weight_ih_l0", fromInput, slice(this.inputs, from, to))]
        : [
            this.#biasGradient(fromInput, this.#inputBiases(layer)),
            this.#weightGradient(`rnn.weight_ih_l${layer}`, fromInput, slice(input, from, to)),
          ]),
      this.#weightGradient(`rnn.weight_hh_l${layer}`, fromHidden, slice(states[0], from, to)),
    ].map((operation) => ({ ...operation, accumulate }));
  }

  #gradientOf(name: string): Tensor {
    return requireTraining(this.#network.parameter(name).gradient);
  }

  /** Where a parameter's gradient is summed. */
  #sumsOf(name: string) {
    return { gradient: this.#gradientOf(name), otherHalf: this.#halves.get(name) };
  }

  #weightGradient(name: string, outputGradient: Tensor, input: Tensor) {
    return { op: "weightGradient", outputGradient, input, ...this.#sumsOf(name) } as const;
  }

  #biasGradient(outputGradient: Tensor, names: readonly string[]) {
    const gradients = names.map((name) => this.#gradientOf(name));
    return { op: "biasGradient", outputGradient, gradients } as const;
  }

  #scatter(name: string, gradient: Tensor, indices: Tensor) {
    const { gradient: table, otherHalf } = this.#sumsOf(name);
    return { op: "scatter", gradient, indices, table, otherHalf } as const;
  }
}

/** Places for halves of all matrices' gradients, from `start` to where the layout ends; none where they do not fit. */
function halvesBetween(layout: Layout, start: number, { parameters }: Network): ReadonlyMap<string, Tensor> {
  const matrices = parameters.filter(({ shape }) => shape.length === 2);
  const lay = (place: Layout) =>
    new Map(matrices.map(({ name, tensor }) => [name, place.tensor(tensor.shape)]));
  const needed = new Layout();
  lay(needed);
  const end = layout.mark();
  if (needed.bytes > Math.min(end - start, MOST_HALVED)) return new Map();
  layout.rewind(start);
  const halves = lay(layout);
  layout.rewind(end);
  return halves;
}

function recurrentWeights(network: Network, packed: PackedWeights, layer: number): RecurrentWeights {
  return {
    forward: packed.forward,
    backward: packed.backward,
    biasIh: network.parameter(`rnn.bias_ih_l${layer}`).tensor,
    biasHh: network.parameter(`rnn.bias_hh_l${layer}`).tensor,
  };
}
