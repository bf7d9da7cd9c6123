import { type Engine, type Programs } from "../../engine/engine.ts";
import { width, type Layout } from "../../engine/tensor.ts";
import { type Clamp } from "../../model/clamp.ts";
import { type Network } from "../../model/network.ts";
import { UnrolledNetwork } from "../../model/unrolled-network.ts";
import { BatchFiller, headFor, type AnswerLoss } from "./batch-filler.ts";
import { batchesOf, paddedLength } from "./batches.ts";
import { lengthIn, type Examples } from "./encoder.ts";

/** The outputs of a network for n examples or, if steps have tags, for n steps. */
export interface Outputs {
  /** [n, outputs] */
  readonly outputs: Float32Array;
  /** [n]: the losses, if the answers are known. All answers count alike. A step without a tag has the loss 0. */
  readonly losses: Float32Array;
}

/** Computes the outputs of a network for examples that are at most as long as the longest of the padded `lengths`. */
export class ExampleScorer {
  readonly programs: Programs<string>;
  readonly #loss: AnswerLoss;
  readonly #batchSize: number;
  readonly #lengths: readonly number[];
  readonly #unrolled: UnrolledNetwork;

  constructor(
    layout: Layout,
    network: Network,
    { loss, scale, isTagged }: AnswerLoss,
    {
      batchSize,
      lengths,
      clamps = [],
    }: {
      readonly batchSize: number;
      readonly lengths: readonly number[];
      readonly clamps?: readonly Clamp[];
    },
  ) {
    this.#loss = { loss, scale, isTagged };
    this.#batchSize = batchSize;
    this.#lengths = lengths;
    const unrolled = new UnrolledNetwork(layout, network, {
      batch: batchSize,
      steps: lengths[lengths.length - 1],
      head: headFor(this.#loss),
      clamps,
    });
    this.#unrolled = unrolled;
    this.programs = {
      prepareScoring: network.pack(),
      ...Object.fromEntries(
        lengths.map((steps) => [
          `score${steps}`,
          [...unrolled.loadStates(), ...unrolled.forward(steps), ...unrolled.score(steps)],
        ]),
      ),
    };
  }

  #batchesOf(examples: Examples): { batch: Int32Array; steps: number }[] {
    const lengthOf = (example: number) => lengthIn(examples, example);
    const all = Array.from({ length: examples.count }, (_, index) => index);
    return batchesOf(all, this.#batchSize, this.#lengths, lengthOf).map((batch) => ({
      batch,
      steps: paddedLength(Math.max(...batch.map(lengthOf)), this.#lengths),
    }));
  }

  /** Computes with the present weights of the engine. Calls `progress` with the number of batches that are done. */
  async score(
    engine: Engine,
    examples: Examples,
    progress?: (done: number, total: number) => void,
  ): Promise<Outputs> {
    const { logits, losses } = this.#unrolled;
    const outputWidth = width(logits);
    const count = this.#answersOf(examples);
    const result = { outputs: new Float32Array(count * outputWidth), losses: new Float32Array(count) };
    const read = async (engine: Engine) => [await engine.read(logits), await engine.read(losses)];
    await this.#run(
      engine,
      examples,
      read,
      ([rows, rowLosses], from, to) => {
        result.outputs.set(rows.subarray(from * outputWidth, (from + 1) * outputWidth), to * outputWidth);
        result.losses[to] = rowLosses[from];
      },
      progress,
    );
    return result;
  }

  /**
   * Computes the losses of answers, and the likeliest classes, with the present weights of the engine. Takes less memory
   * than `score` if there are many classes.
   */
  async scoreClasses(
    engine: Engine,
    examples: Examples,
    progress?: (done: number, total: number) => void,
  ): Promise<{ losses: Float32Array; predictions: Int32Array }> {
    const { predictions, losses } = this.#unrolled;
    const count = this.#answersOf(examples);
    const result = { losses: new Float32Array(count), predictions: new Int32Array(count) };
    const read = async (engine: Engine) => [await engine.read(losses), await engine.read(predictions)];
    await this.#run(
      engine,
      examples,
      read,
      ([rowLosses, rowPredictions], from, to) => {
        result.losses[to] = rowLosses[from];
        result.predictions[to] = rowPredictions[from];
      },
      progress,
    );
    return result;
  }

  #answersOf({ starts, count }: Examples): number {
    return this.#loss.isTagged ? starts[count] : count;
  }

  /**
   * Runs all batches. After each batch, `read` reads values from the engine. Then `copy` is called for each answer. It
   * gets these values, the place of the answer in them, and the number of the answer among all answers.
   */
  async #run<Read>(
    engine: Engine,
    examples: Examples,
    read: (engine: Engine) => Promise<Read>,
    copy: (values: Read, from: number, to: number) => void,
    progress?: (done: number, total: number) => void,
  ): Promise<void> {
    const { inputs, targets, weights, indices } = this.#unrolled;
    const tensors = { inputs, targets, ...(weights && { weights }), ...indices };
    const { isTagged } = this.#loss;
    const filler = new BatchFiller(examples, this.#loss, {
      batchSize: this.#batchSize,
      steps: this.#lengths[this.#lengths.length - 1],
      names: Object.keys(tensors),
    });
    for (const { tensor, values } of this.#unrolled.constants) engine.write(tensor, values);
    await engine.run("prepareScoring");
    const batches = this.#batchesOf(examples);
    for (const [index, { batch, steps }] of batches.entries()) {
      filler.fill(batch);
      for (const [name, tensor] of Object.entries(tensors)) engine.write(tensor, filler.values[name]);
      await engine.run(`score${steps}`);
      const values = await read(engine);
      batch.forEach((example, row) => {
        if (!isTagged) {
          copy(values, row, example);
          return;
        }
        const start = examples.starts[example];
        for (let t = 0; t < lengthIn(examples, example); t++)
          copy(values, t * this.#batchSize + row, start + t);
      });
      progress?.(index + 1, batches.length);
    }
  }
}
