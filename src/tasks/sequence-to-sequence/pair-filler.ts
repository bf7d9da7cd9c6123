import { type EncodedSteps } from "../examples/inputs.ts";
import { lengthAt, type Pairs } from "./pair-code.ts";

/** Fills the tensors of an encoder with batches of inputs, time-major, padded at their ends. */
export class InputFiller {
  /** The values of the tensors by name. The next batch overwrites these values. */
  readonly values: Readonly<Record<"inputs" | "reversal" | "last" | "ends" | "lengths", Int32Array>>;
  readonly #steps: EncodedSteps;
  readonly #batchSize: number;

  /** `longest`: the steps of the longest input that may come. */
  constructor(steps: EncodedSteps, batchSize: number, longest: number) {
    const places = longest * batchSize;
    this.#steps = steps;
    this.#batchSize = batchSize;
    this.values = {
      inputs: new Int32Array(places),
      reversal: new Int32Array(places),
      last: new Int32Array(batchSize),
      ends: new Int32Array(places),
      lengths: new Int32Array(batchSize),
    };
  }

  fill(batch: Int32Array): void {
    const { inputs, reversal, last, ends, lengths } = this.values;
    const B = this.#batchSize;
    inputs.fill(0);
    ends.fill(-1);
    lengths.fill(0);
    reversal.forEach((_, place) => (reversal[place] = place));
    // A row without an example begins with the states after its first step of padding.
    last.forEach((_, row) => (last[row] = row));
    batch.forEach((example, row) => {
      const length = lengthAt(this.#steps, example);
      const start = this.#steps.starts[example];
      for (let t = 0; t < length; t++) {
        inputs[t * B + row] = this.#steps.steps[start + t];
        reversal[t * B + row] = (length - 1 - t) * B + row;
      }
      last[row] = (length - 1) * B + row;
      ends[last[row]] = row;
      lengths[row] = length;
    });
  }
}

/** Fills the tensors of an encoder and of a decoder that reads the right outputs. */
export class PairFiller {
  readonly values: Readonly<Record<string, Int32Array>>;
  readonly #pairs: Pairs;
  readonly #end: number;
  readonly #batchSize: number;
  readonly #inputs: InputFiller;
  readonly #previous: Int32Array;
  readonly #targets: Int32Array;

  /** `longest`: the steps of the longest input and of the longest output, with its end. `names`: the tensors to fill. */
  constructor(
    pairs: Pairs,
    end: number,
    {
      batchSize,
      longest,
      names,
    }: {
      readonly batchSize: number;
      readonly longest: { readonly encoder: number; readonly decoder: number };
      readonly names: readonly string[];
    },
  ) {
    this.#pairs = pairs;
    this.#end = end;
    this.#batchSize = batchSize;
    this.#inputs = new InputFiller(pairs.inputs, batchSize, longest.encoder);
    this.#previous = new Int32Array(longest.decoder * batchSize);
    this.#targets = new Int32Array(longest.decoder * batchSize);
    const values = { ...this.#inputs.values, previous: this.#previous, targets: this.#targets };
    this.values = Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
  }

  /** Fills the values with a batch. Returns the number of targets. */
  fill(batch: Int32Array): number {
    this.#inputs.fill(batch);
    this.#previous.fill(this.#end);
    this.#targets.fill(-1);
    const { steps, starts } = this.#pairs.outputs;
    const B = this.#batchSize;
    let counted = 0;
    batch.forEach((example, row) => {
      const length = lengthAt(this.#pairs.outputs, example);
      for (let t = 0; t <= length; t++) {
        this.#targets[t * B + row] = t < length ? steps[starts[example] + t] : this.#end;
        if (t > 0) this.#previous[t * B + row] = steps[starts[example] + t - 1];
      }
      counted += length + 1;
    });
    return counted;
  }
}
