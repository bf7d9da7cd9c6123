import type { Operation, OperationName, Update } from "./operation.ts";

import { rowCount, width, type Tensor } from "./tensor.ts";

/**
 * How threads share an operation. Two that are shared alike touch the same data on the same thread and need no
 * barrier between them; `one` is done by a single thread.
 */
type Sharing = "panels" | "rows" | "columns" | "elements" | "one";

/** Operation codes and sharing, in the order of the C source's enum, from 2 on (0 ends, 1 is a barrier). */
const operations: readonly (readonly [OperationName, Sharing])[] = [
  ["pack", "panels"],
  ["multiply", "rows"],
  ["gather", "rows"],
  ["scatter", "columns"],
  ["weightGradient", "columns"],
  ["biasGradient", "columns"],
  ["rnnForward", "rows"],
  ["rnnBackward", "rows"],
  ["lstmForward", "rows"],
  ["lstmBackward", "rows"],
  ["gruForward", "rows"],
  ["gruBackward", "rows"],
  ["dropout", "rows"],
  ["softmaxCrossEntropy", "rows"],
  ["copy", "rows"],
  ["zero", "rows"],
  ["sumOfSquares", "elements"],
  ["assess", "one"],
  ["adam", "elements"],
  ["scaledByRoot", "elements"],
  ["sgd", "elements"],
];
const END = 0;
const BARRIER = 1;
const FIRST_CODE = 2;

const codes = new Map(operations.map(([name], index) => [name, index + FIRST_CODE]));
const sharings = new Map(operations);

/** Writes operations as the 32-bit words that kernels/program.c reads, a barrier wherever the sharing changes. */
export class ProgramWriter {
  readonly #words: number[] = [];
  readonly #float = new Float32Array(1);
  readonly #bits = new Uint32Array(this.#float.buffer);
  readonly #base: number;

  /** `base` is where in the arena the layout's first byte lies, in bytes. */
  constructor(base: number) {
    this.#base = base;
  }

  write(program: readonly Operation[]): Uint32Array {
    let before: Sharing | undefined;
    for (const operation of program) {
      const sharing = sharings.get(operation.op);
      if (before !== undefined && sharing !== before) this.#int(BARRIER);
      before = sharing;
      this.#int(codes.get(operation.op) ?? END);
      this.#operands(operation);
    }
    this.#int(END);
    return Uint32Array.from(this.#words);
  }

  #int(...values: number[]): void {
    this.#words.push(...values);
  }

  #floats(...values: number[]): void {
    for (const value of values) {
      this.#float[0] = value;
      this.#words.push(this.#bits[0]);
    }
  }

  #tensors(...tensors: (Tensor | undefined)[]): void {
    for (const tensor of tensors) this.#words.push(tensor === undefined ? 0 : this.#base + tensor.offset);
  }

  /** Steps and batch rows of [T, B, n], by which threads find their rows. [B, n] is one step. */
  #rows(tensor: Tensor): void {
    const batch = tensor.shape.at(-2) ?? 1;
    this.#int(rowCount(tensor) / batch, batch);
  }

  #operands(o: Operation): void {
    switch (o.op) {
      case "pack":
        this.#tensors(o.weights, o.panels);
        this.#int(o.weights.shape[0], o.weights.shape[1], Number(o.transposed));
        break;
      case "multiply":
        this.#tensors(o.input, o.panels, o.output, o.biases?.[0], o.biases?.[1]);
        this.#rows(o.input);
        this.#int(width(o.input), width(o.output), Number(o.accumulate ?? false));
        break;
      case "gather":
        this.#tensors(o.table, o.indices, o.output, o.biases[0], o.biases[1]);
        this.#rows(o.output);
        this.#int(width(o.output));
        break;
      case "scatter":
        this.#tensors(o.gradient, o.indices, o.table);
        this.#int(rowCount(o.gradient), o.table.shape[0], width(o.table));
        break;
      case "weightGradient":
        this.#tensors(o.outputGradient, o.input, o.gradient);
        this.#int(rowCount(o.outputGradient), o.gradient.shape[0], o.gradient.shape[1]);
        break;
      case "biasGradient":
        this.#tensors(o.outputGradient, o.gradients[0], o.gradients[1]);
        this.#int(rowCount(o.outputGradient), width(o.outputGradient));
        break;
      case "rnnForward":
        this.#tensors(o.gates, o.hidden);
        this.#rowsOfWidth(o.hidden);
        break;
      case "rnnBackward":
        this.#tensors(o.hidden, o.hiddenGradient, o.gates);
        this.#rowsOfWidth(o.hidden);
        break;
      case "lstmForward":
        this.#tensors(o.gates, o.cellBefore, o.cell, o.hidden);
        this.#rowsOfWidth(o.hidden);
        break;
      case "lstmBackward":
        this.#tensors(o.gates, o.cellBefore, o.cell, o.hiddenGradient, o.cellGradient);
        this.#rowsOfWidth(o.hiddenGradient);
        break;
      case "gruForward":
        this.#tensors(o.inputGates, o.hiddenGates, o.hiddenBefore, o.hidden);
        this.#rowsOfWidth(o.hidden);
        break;
      case "gruBackward":
        this.#tensors(o.inputGates, o.hiddenGates, o.hiddenBefore, o.hiddenGradient, o.hiddenGradientBefore);
        this.#rowsOfWidth(o.hiddenGradient);
        break;
      case "dropout":
        this.#tensors(o.input, o.output, o.clock);
        this.#floats(o.probability);
        this.#int(o.seed, o.layer);
        this.#rowsOfWidth(o.output);
        break;
      case "softmaxCrossEntropy":
        this.#tensors(o.logits, o.targets, o.losses, o.predictions);
        this.#floats(o.scale);
        this.#rowsOfWidth(o.logits);
        break;
      case "copy":
        this.#tensors(o.from, o.to, o.guard);
        this.#rowsOfWidth(o.to);
        break;
      case "zero":
        this.#tensors(o.tensor);
        this.#rowsOfWidth(o.tensor);
        break;
      case "sumOfSquares":
        this.#tensors(o.tensor, o.partials);
        this.#int(o.tensor.size);
        break;
      case "assess":
        this.#tensors(o.losses, o.partials, o.status, o.rates);
        this.#int(o.losses.size, o.partials.size);
        this.#floats(o.maxNorm);
        break;
      case "adam":
        this.#update(o);
        this.#tensors(o.mean, o.square);
        this.#floats(o.beta1, o.beta2, o.epsilon);
        break;
      case "scaledByRoot":
        this.#update(o);
        this.#tensors(o.square);
        this.#floats(o.keep, o.add, o.epsilon);
        break;
      case "sgd":
        this.#update(o);
        this.#tensors(o.buffer);
        this.#floats(o.momentum);
        break;
    }
  }

  #rowsOfWidth(tensor: Tensor): void {
    this.#rows(tensor);
    this.#int(width(tensor));
  }

  #update(o: Update): void {
    this.#tensors(o.parameter, o.gradient, o.status, o.rates);
    this.#floats(o.limit, o.weightDecay);
    this.#int(o.parameter.size);
  }
}
