import type { Operation, OperationName, Update } from "./operation.ts";
import { columnShares } from "./sharing.ts";
import { rowCount, width, type Tensor } from "./tensor.ts";

/** Operation codes, in the order of the C source's enum, from 2 on (0 ends, 1 is a barrier). */
const operations: readonly OperationName[] = [
  "pack",
  "multiply",
  "gather",
  "scatter",
  "weightGradient",
  "biasGradient",
  "rnnForward",
  "rnnBackward",
  "lstmForward",
  "lstmBackward",
  "gruForward",
  "gruBackward",
  "dropout",
  "softmaxCrossEntropy",
  "copy",
  "zero",
  "sumOfSquares",
  "assess",
  "adam",
  "scaledByRoot",
  "sgd",
];
const END = 0;
const BARRIER = 1;
const FIRST_CODE = 2;

const codes = new Map(operations.map((name, index) => [name, index + FIRST_CODE]));

/** How threads share an operation. */
interface Sharing {
  readonly by: string;
  /** Whether several threads make parts of one row. */
  readonly splitsRows?: boolean;
}
const byPanels: Sharing = { by: "panels" };
const byUnits: Sharing = { by: "units" };
const byElements: Sharing = { by: "elements" };
const byOneThread: Sharing = { by: "one thread" };

/**
 * Writes operations as the 32-bit words that kernels/program.c reads. Two operations that are shared out alike touch the
 * same data on the same thread; wherever that changes there is a barrier, and also before a product where threads share
 * columns, for it takes whole rows of its input, which others made parts of. No operation of a step may write what the
 * product before it reads: there is no barrier after one.
 */
export class ProgramWriter {
  readonly #words: number[] = [];
  readonly #float = new Float32Array(1);
  readonly #bits = new Uint32Array(this.#float.buffer);
  readonly #base: number;
  readonly #threads: number;

  /** `base` is where in the arena the layout's first byte lies, in bytes. */
  constructor(base: number, threads: number) {
    this.#base = base;
    this.#threads = threads;
  }

  write(program: readonly Operation[]): Uint32Array {
    let before: Sharing | undefined;
    for (const operation of program) {
      const start = this.#words.length;
      this.#int(codes.get(operation.op) ?? END);
      const sharing = this.#operands(operation);
      const readsOthers = operation.op === "multiply" && sharing.splitsRows;
      if (before !== undefined && (sharing.by !== before.by || readsOthers)) {
        this.#words.splice(start, 0, BARRIER);
      }
      before = sharing;
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

  /** Rows that threads share, each of them whole. */
  #rows(tensor: Tensor): Sharing {
    const rows = rowCount(tensor);
    this.#int(rows, width(tensor));
    return { by: `${rows} rows` };
  }

  /** Rows and columns that a grid of threads shares, the columns in groups that are shared alike. */
  #part(tensor: Tensor, groups = 1): Sharing {
    const rows = rowCount(tensor);
    const columns = width(tensor) / groups;
    const across = columnShares(this.#threads, rows, columns);
    this.#int(rows, across, columns);
    return across === 1
      ? { by: `${rows} rows` }
      : { by: `${rows} rows x ${columns} columns`, splitsRows: true };
  }

  /** Writes what follows an operation's code. */
  #operands(o: Operation): Sharing {
    switch (o.op) {
      case "pack":
        this.#tensors(o.weights, o.panels);
        this.#pack(o);
        return byPanels;
      case "multiply":
        this.#tensors(o.input, o.panels, o.output, o.biases?.[0], o.biases?.[1]);
        this.#tensors(o.plus?.rows, o.plus?.indices);
        this.#int(width(o.input), o.panels.groups);
        return this.#part(o.output, o.panels.groups);
      case "gather":
        this.#tensors(o.table, o.indices, o.output, o.biases[0], o.biases[1]);
        this.#int(o.groups);
        return this.#part(o.output, o.groups);
      case "scatter":
        this.#tensors(o.gradient, o.indices, o.table);
        this.#int(rowCount(o.gradient), o.table.shape[0], width(o.table), Number(o.accumulate ?? false));
        return byUnits;
      case "weightGradient":
        this.#tensors(o.outputGradient, o.input, o.gradient);
        this.#int(rowCount(o.outputGradient), ...o.gradient.shape, Number(o.accumulate ?? false));
        return byUnits;
      case "biasGradient":
        this.#tensors(o.outputGradient, o.gradients[0], o.gradients[1]);
        this.#int(rowCount(o.outputGradient), width(o.outputGradient), Number(o.accumulate ?? false));
        return byUnits;
      case "rnnForward":
        this.#tensors(o.gates, o.hidden);
        return this.#part(o.hidden);
      case "rnnBackward":
        this.#tensors(o.hidden, o.hiddenGradient, o.gates);
        return this.#part(o.hidden);
      case "lstmForward":
        this.#tensors(o.gates, o.cellBefore, o.cell, o.hidden);
        return this.#part(o.hidden);
      case "lstmBackward":
        this.#tensors(o.gates, o.cellBefore, o.cell, o.hiddenGradient, o.cellGradient);
        return this.#part(o.hiddenGradient);
      case "gruForward":
        this.#tensors(o.inputGates, o.hiddenGates, o.hiddenBefore, o.hidden);
        return this.#part(o.hidden);
      case "gruBackward":
        this.#tensors(o.inputGates, o.hiddenGates, o.hiddenBefore, o.hiddenGradient, o.hiddenGradientBefore);
        return this.#part(o.hiddenGradient);
      case "dropout":
        this.#tensors(o.input, o.output, o.clock);
        this.#floats(o.probability);
        this.#int(o.seed, o.layer, o.output.shape.at(-2) ?? 1);
        return this.#rows(o.output);
      case "softmaxCrossEntropy":
        this.#tensors(o.logits, o.targets, o.losses, o.predictions);
        this.#floats(o.scale);
        return this.#rows(o.logits);
      case "copy":
        this.#tensors(o.from, o.to, o.guard);
        return this.#rows(o.to);
      case "zero":
        this.#tensors(o.tensor);
        return this.#rows(o.tensor);
      case "sumOfSquares":
        this.#tensors(o.tensor, o.partials);
        this.#int(o.tensor.size);
        return byElements;
      case "assess":
        this.#tensors(o.losses, o.partials, o.status, o.rates);
        this.#int(o.losses.size, o.partials.size);
        this.#floats(o.maxNorm);
        return byOneThread;
      case "adam":
        this.#update(o);
        this.#tensors(o.mean, o.square);
        this.#floats(o.beta1, o.beta2, o.epsilon);
        return byElements;
      case "scaledByRoot":
        this.#update(o);
        this.#tensors(o.square);
        this.#floats(o.keep, o.add, o.epsilon);
        return byElements;
      case "sgd":
        this.#update(o);
        this.#tensors(o.buffer);
        this.#floats(o.momentum);
        return byElements;
    }
  }

  /** Rows of what is packed, which way it lies, and the groups of columns that it will have. */
  #pack({ weights, transposed, panels: { groups } }: Extract<Operation, { op: "pack" }>): void {
    const [outputs, inputs] = weights.shape;
    const [k, n] = transposed ? [inputs, outputs] : [outputs, inputs];
    this.#int(k, Number(transposed), groups, n / groups);
  }

  #update(o: Update): void {
    this.#tensors(o.parameter, o.gradient, o.status, o.rates);
    this.#floats(o.limit, o.weightDecay);
    this.#int(o.parameter.size);
  }
}
