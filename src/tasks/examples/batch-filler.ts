import { type HeadOptions, type Loss } from "../../model/unrolled-network.ts";
import { lengthIn, type Examples } from "./encoder.ts";
import { NO_TAG } from "./inputs.ts";
import { type Scale } from "./scale.ts";

/** How the answers of examples enter the loss. */
export interface AnswerLoss {
  readonly loss: Loss;
  /** How numbers are standardised, if the answers are numbers. */
  readonly scale?: Scale | undefined;
  /** Whether the steps have tags. If not, an example has one answer, after its last step. */
  readonly isTagged: boolean;
  /** How much an example of each class counts. Undefined: all count alike. */
  readonly classWeights?: readonly number[] | undefined;
}

/** The head of a network that answers once for each example, or at every step. */
export function headFor({ loss, classWeights, isTagged }: AnswerLoss): HeadOptions {
  // What has no answer gets the weight 0: rows of a batch without an example, and padding.
  const weighted = loss === "squares" || classWeights !== undefined;
  return { reads: isTagged ? "steps" : "last", loss, weighted };
}

/** Fills the tensors of a network with batches of examples, time-major, padded at their ends. */
export class BatchFiller {
  /** The values of the tensors by name. The next batch overwrites these values. */
  readonly values: Readonly<Record<string, Int32Array | Float32Array>>;
  readonly #examples: Examples;
  readonly #batchSize: number;
  readonly #loss: AnswerLoss;
  readonly #inputs: Int32Array | Float32Array;
  readonly #last: Int32Array;
  readonly #ends: Int32Array;
  readonly #reversal: Int32Array;
  readonly #targets: Int32Array | Float32Array;
  readonly #weights: Float32Array;

  /** `steps`: the number of steps of the longest example. `names`: the tensors to fill. */
  constructor(
    examples: Examples,
    loss: AnswerLoss,
    { batchSize, steps, names }: { batchSize: number; steps: number; names: readonly string[] },
  ) {
    const places = steps * batchSize;
    this.#examples = examples;
    this.#batchSize = batchSize;
    this.#loss = loss;
    const isNumeric = examples.steps instanceof Float32Array || examples.expand !== undefined;
    this.#inputs = isNumeric ? new Float32Array(places * examples.width) : new Int32Array(places);
    this.#last = new Int32Array(batchSize);
    this.#ends = new Int32Array(places);
    this.#reversal = new Int32Array(places);
    const answers = loss.isTagged ? places : batchSize;
    this.#targets = loss.loss === "softmax" ? new Int32Array(answers) : new Float32Array(answers);
    this.#weights = new Float32Array(answers);
    const values = {
      inputs: this.#inputs,
      last: this.#last,
      ends: this.#ends,
      reversal: this.#reversal,
      targets: this.#targets,
      weights: this.#weights,
    };
    this.values = Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
  }

  /** Fills the values with a batch. Returns how many examples count, or the sum of their weights. */
  fill(batch: Int32Array): number {
    this.#inputs.fill(0);
    this.#ends.fill(-1);
    this.#targets.fill(this.#loss.scale ? 0 : -1);
    this.#weights.fill(0);
    this.#reversal.forEach((_, place) => (this.#reversal[place] = place));
    let counted = 0;
    for (let row = 0; row < this.#batchSize; row++) {
      if (row < batch.length) counted += this.#fillRow(row, batch[row]);
      // A row without an example reads its first step, and does not count.
      else this.#last[row] = row;
    }
    return counted;
  }

  #fillRow(row: number, example: number): number {
    const { starts, tags } = this.#examples;
    const B = this.#batchSize;
    const length = lengthIn(this.#examples, example);
    const start = starts[example];
    for (let t = 0; t < length; t++) {
      this.#read(t * B + row, start + t);
      this.#reversal[t * B + row] = (length - 1 - t) * B + row;
    }
    this.#last[row] = (length - 1) * B + row;
    this.#ends[this.#last[row]] = row;
    if (tags === undefined) return this.#answer(row, example);
    let counted = 0;
    for (let t = 0; t < length; t++) {
      if (tags[start + t] !== NO_TAG) counted += this.#answer(t * B + row, start + t);
    }
    return counted;
  }

  /** Writes the input of a step to a place. */
  #read(place: number, step: number): void {
    const { steps, width, expand } = this.#examples;
    if (expand) {
      expand(step, this.#inputs.subarray(place * width, (place + 1) * width) as Float32Array);
      return;
    }
    for (let i = 0; i < width; i++) this.#inputs[place * width + i] = steps[step * width + i];
  }

  /** Writes the target number `index` to a place, and returns how much it counts. */
  #answer(place: number, index: number): number {
    const { scale, classWeights } = this.#loss;
    const target = this.#examples.targets[index];
    this.#targets[place] = scale ? (target - scale.mean) / scale.deviation : target;
    return (this.#weights[place] = classWeights?.[target] ?? 1);
  }
}
