import { type HeadOptions } from "../../model/unrolled-network.ts";
import { lossOf, type Answers } from "./answers.ts";
import { lengthIn, type Examples } from "./encoder.ts";

/** How the answers of examples enter the loss. */
export interface AnswerLoss {
  readonly answers: Answers;
  /** How much an example of each class counts. Undefined: all count alike. */
  readonly classWeights?: readonly number[] | undefined;
}

/** The head of a network that answers once for each example. */
export function headFor({ answers, classWeights }: AnswerLoss): HeadOptions {
  const loss = lossOf(answers);
  // The rows of a batch that have no example get the weight 0.
  return { reads: "last", loss, weighted: loss === "squares" || classWeights !== undefined };
}

/** Fills the tensors of a network with batches of examples, time-major, padded at their ends. */
export class BatchFiller {
  /** The values of the tensors by name. The next batch overwrites them. */
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

  /** `steps`: those of the longest example that may come. `names`: the tensors to fill. */
  constructor(
    examples: Examples,
    loss: AnswerLoss,
    { batchSize, steps, names }: { batchSize: number; steps: number; names: readonly string[] },
  ) {
    const places = steps * batchSize;
    this.#examples = examples;
    this.#batchSize = batchSize;
    this.#loss = loss;
    const isNumeric = examples.steps instanceof Float32Array;
    this.#inputs = isNumeric ? new Float32Array(places * examples.width) : new Int32Array(places);
    this.#last = new Int32Array(batchSize);
    this.#ends = new Int32Array(places);
    this.#reversal = new Int32Array(places);
    this.#targets =
      lossOf(loss.answers) === "softmax" ? new Int32Array(batchSize) : new Float32Array(batchSize);
    this.#weights = new Float32Array(batchSize);
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
    this.#reversal.forEach((_, place) => (this.#reversal[place] = place));
    let counted = 0;
    for (let row = 0; row < this.#batchSize; row++) {
      if (row < batch.length) counted += this.#fillRow(row, batch[row]);
      else this.#leaveEmpty(row);
    }
    return counted;
  }

  #fillRow(row: number, example: number): number {
    const { steps, starts, width, targets } = this.#examples;
    const B = this.#batchSize;
    const length = lengthIn(this.#examples, example);
    const start = starts[example];
    for (let t = 0; t < length; t++) {
      const [place, read] = [(t * B + row) * width, (start + t) * width];
      for (let i = 0; i < width; i++) this.#inputs[place + i] = steps[read + i];
      this.#reversal[t * B + row] = (length - 1 - t) * B + row;
    }
    this.#last[row] = (length - 1) * B + row;
    this.#ends[this.#last[row]] = row;
    const { answers, classWeights } = this.#loss;
    const target = targets[example];
    this.#targets[row] = "labels" in answers ? target : (target - answers.mean) / answers.deviation;
    return (this.#weights[row] = classWeights?.[target] ?? 1);
  }

  /** A row without an example reads its first step, and does not count. */
  #leaveEmpty(row: number): void {
    this.#last[row] = row;
    this.#targets[row] = "labels" in this.#loss.answers ? -1 : 0;
    this.#weights[row] = 0;
  }
}
