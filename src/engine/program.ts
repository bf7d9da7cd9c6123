import type { Of, Operation, OperationName, Update } from "./operation.ts";
import { columnShares } from "./sharing.ts";
import { overlap, rowCount, rowsOfStep, width, type Tensor } from "./tensor.ts";

/** How threads share an operation. Between two with the same `by` no thread touches what another wrote. */
interface Sharing {
  readonly by: string;
  /** Where several threads make parts of one row: how many, and what they write. */
  readonly parts?: { readonly threads: number; readonly written: readonly Tensor[] };
}
const byPanels: Sharing = { by: "panels" };
const byUnits: Sharing = { by: "units" };
const byElements: Sharing = { by: "elements" };
const byOneThread: Sharing = { by: "one thread" };

/** Codes that are no operation's. */
const END = 0;
const BARRIER = 1;
const FIRST_CODE = 2;

/**
 * Operations as the 32-bit words that kernels/program.c reads, for a layout whose first byte lies at `base` in the
 * arena. There is a barrier wherever the sharing changes. Where threads share columns a product takes whole rows of its
 * input: there is one before it, for others made parts of them, and one before those parts are overwritten; there the
 * threads that share rows meet, without the others.
 */
export function writeProgram(program: readonly Operation[], base: number, threads: number): Uint32Array {
  const writer = new ProgramWriter(base, threads);
  let before: Sharing | undefined;
  let readWhole: Tensor | undefined;
  for (const operation of program) {
    const start = writer.words.length;
    const sharing = writer.write(operation);
    const takesWhole = operation.op === "multiply" && sharing.parts ? operation.input : undefined;
    const overwrites = sharing.parts?.written.some((tensor) => readWhole && overlap(tensor, readWhole));
    if (before && (sharing.by !== before.by || takesWhole || overwrites)) {
      const members = sharing.by === before.by ? sharing.parts?.threads : undefined;
      writer.words.splice(start, 0, BARRIER, members ?? threads);
      readWhole = undefined;
    }
    readWhole = takesWhole ?? readWhole;
    before = sharing;
  }
  return Uint32Array.from([...writer.words, END]);
}

class ProgramWriter {
  readonly words: number[] = [];
  readonly #float = new Float32Array(1);
  readonly #bits = new Uint32Array(this.#float.buffer);
  readonly #base: number;
  readonly #threads: number;

  /** Each writes what follows its operation's code, and tells how threads share it; in the order of the C enum. */
  readonly #operands: { readonly [Name in OperationName]: (operation: Of<Name>) => Sharing } = {
    pack: (o) => {
      this.#tensors(o.weights, o.panels);
      this.#pack(o);
      return byPanels;
    },
    multiply: (o) => {
      this.#tensors(o.input, o.panels, o.output, o.biases?.[0], o.biases?.[1]);
      this.#tensors(o.plus?.rows, o.plus?.indices);
      this.#int(width(o.input), o.panels.groups, Number(o.panels.fewRows));
      return this.#part(o.output, [o.output], o.panels.groups);
    },
    gather: (o) => {
      this.#tensors(o.table, o.indices, o.output, o.biases[0], o.biases[1]);
      this.#int(o.groups);
      return this.#part(o.output, [o.output], o.groups);
    },
    scatter: (o) => {
      this.#tensors(o.gradient, o.indices, o.table, o.otherHalf);
      this.#int(rowCount(o.gradient), rowsOfStep(o.gradient));
      this.#int(o.table.shape[0], width(o.table), Number(o.accumulate ?? false));
      return byUnits;
    },
    weightGradient: (o) => {
      this.#tensors(o.outputGradient, o.input, o.gradient, o.otherHalf);
      this.#int(rowCount(o.outputGradient), rowsOfStep(o.outputGradient));
      this.#int(...o.gradient.shape, Number(o.accumulate ?? false));
      return byUnits;
    },
    addHalf: (o) => {
      this.#tensors(o.gradient, o.otherHalf);
      this.#int(o.gradient.size);
      return byElements;
    },
    biasGradient: (o) => {
      this.#tensors(o.outputGradient, o.gradients[0], o.gradients[1]);
      this.#int(rowCount(o.outputGradient), width(o.outputGradient), Number(o.accumulate ?? false));
      return byUnits;
    },
    rnnForward: (o) => {
      this.#tensors(o.gates, o.hidden);
      return this.#part(o.hidden, [o.hidden]);
    },
    rnnBackward: (o) => {
      this.#tensors(o.hidden, o.hiddenGradient, o.gates);
      return this.#part(o.hidden, [o.gates]);
    },
    lstmForward: (o) => {
      this.#tensors(o.gates, o.cellBefore, o.cell, o.hidden);
      return this.#part(o.hidden, [o.gates, o.cell, o.hidden]);
    },
    lstmBackward: (o) => {
      this.#tensors(o.gates, o.cellBefore, o.cell, o.hiddenGradient, o.cellGradient);
      return this.#part(o.hiddenGradient, [o.gates, o.cellGradient]);
    },
    gruForward: (o) => {
      this.#tensors(o.inputGates, o.hiddenGates, o.hiddenBefore, o.hidden);
      return this.#part(o.hidden, [o.inputGates, o.hidden]);
    },
    gruBackward: (o) => {
      const { inputGates, hiddenGates, hiddenGradientBefore } = o;
      this.#tensors(inputGates, hiddenGates, o.hiddenBefore, o.hiddenGradient, hiddenGradientBefore);
      const written = [inputGates, hiddenGates, ...(hiddenGradientBefore ? [hiddenGradientBefore] : [])];
      return this.#part(o.hiddenGradient, written);
    },
    dropout: (o) => {
      this.#tensors(o.input, o.output, o.clock);
      this.#floats(o.probability);
      this.#int(o.seed, o.layer, rowsOfStep(o.output));
      return this.#rows(o.output);
    },
    softmaxCrossEntropy: (o) => {
      this.#tensors(o.logits, o.targets, o.losses, o.predictions);
      this.#floats(o.scale);
      return this.#rows(o.logits);
    },
    copy: (o) => {
      this.#tensors(o.from, o.to, o.guard);
      return this.#rows(o.to);
    },
    zero: (o) => {
      this.#tensors(o.tensor, o.guard);
      return this.#rows(o.tensor);
    },
    sumOfSquares: (o) => {
      this.#tensors(o.tensor, o.partials);
      this.#int(o.tensor.size);
      return byElements;
    },
    assess: (o) => {
      this.#tensors(o.losses, o.partials, o.status, o.rates);
      this.#int(o.losses.size, o.partials.size);
      this.#floats(o.maxNorm);
      return byOneThread;
    },
    adam: (o) => {
      this.#update(o);
      this.#tensors(o.mean, o.square);
      this.#floats(o.beta1, 1 - o.beta1, o.beta2, 1 - o.beta2, o.epsilon);
      return byElements;
    },
    scaledByRoot: (o) => {
      this.#update(o);
      this.#tensors(o.square);
      this.#floats(o.keep, o.add, o.epsilon);
      return byElements;
    },
    sgd: (o) => {
      this.#update(o);
      this.#tensors(o.buffer);
      this.#floats(o.momentum);
      return byElements;
    },
  };
  readonly #names = Object.keys(this.#operands);

  constructor(base: number, threads: number) {
    this.#base = base;
    this.#threads = threads;
  }

  write(operation: Operation): Sharing {
    const write = this.#operands[operation.op] as (operation: Operation) => Sharing;
    this.#int(FIRST_CODE + this.#names.indexOf(operation.op));
    return write(operation);
  }

  #int(...values: number[]): void {
    this.words.push(...values);
  }

  #floats(...values: number[]): void {
    for (const value of values) {
      this.#float[0] = value;
      this.words.push(this.#bits[0]);
    }
  }

  #tensors(...tensors: (Tensor | undefined)[]): void {
    for (const tensor of tensors) this.words.push(tensor === undefined ? 0 : this.#base + tensor.offset);
  }

  /** Rows that threads share, each of them whole. */
  #rows(tensor: Tensor): Sharing {
    const rows = rowCount(tensor);
    this.#int(rows, width(tensor));
    return { by: `${rows} rows` };
  }

  /** Rows and columns that a grid of threads shares, columns in groups that are shared alike; and what is written. */
  #part(tensor: Tensor, written: readonly Tensor[], groups = 1): Sharing {
    const rows = rowCount(tensor);
    const columns = width(tensor) / groups;
    const across = columnShares(this.#threads, rows, columns);
    this.#int(rows, across, columns);
    return across === 1
      ? { by: `${rows} rows` }
      : { by: `${rows} rows x ${columns} columns`, parts: { threads: across, written } };
  }

  /** Rows of what is packed, which way it lies, the groups of columns that it will have, and what it is for. */
  #pack({ weights, transposed, panels: { groups, fewRows } }: Of<"pack">): void {
    const [outputs, inputs] = weights.shape;
    const [k, n] = transposed ? [inputs, outputs] : [outputs, inputs];
    this.#int(k, Number(transposed), groups, n / groups, Number(fewRows));
  }

  #update(o: Update): void {
    this.#tensors(o.parameter, o.gradient, o.status, o.rates);
    this.#floats(o.limit, o.weightDecay);
    this.#int(o.parameter.size);
  }
}
