import { type Checkpoint } from "../../checkpoint/format.ts";
import { type Engine } from "../../engine/engine.ts";
import { openEngine, type EngineOptions } from "../../engine/engines.ts";
import { Layout } from "../../engine/tensor.ts";
import { type Clamp } from "../../model/clamp.ts";
import { Network } from "../../model/network.ts";
import { writeStored } from "../../model/weights.ts";
import { lossOf, type Prediction } from "./answers.ts";
import { lengthsUpTo } from "./batches.ts";
import { encoderOf, isTagged, lengthIn, networkSizes, type Encoder, type Examples } from "./encoder.ts";
import { ExampleScorer, type Outputs } from "./example-scorer.ts";
import { answersIn, predictionAt } from "./measure.ts";

/** How many examples are computed side by side. */
const BATCH_SIZE = 64;

/** A trained model that answers for examples. */
export class Predictor {
  readonly encoder: Encoder;
  readonly #checkpoint: Checkpoint;
  readonly #options: EngineOptions & { readonly clamps?: readonly Clamp[] | undefined };
  #opened: { readonly steps: number; readonly scorer: ExampleScorer; readonly engine: Engine } | undefined;

  /** @throws CharrnnError if the checkpoint does not say how its task reads examples */
  constructor(
    checkpoint: Checkpoint,
    options: EngineOptions & { readonly clamps?: readonly Clamp[] | undefined },
  ) {
    this.encoder = encoderOf(checkpoint);
    this.#checkpoint = checkpoint;
    this.#options = options;
  }

  /** @throws CharrnnError if the engine cannot run here, or there is too little memory */
  async score(examples: Examples, progress?: (done: number, total: number) => void): Promise<Outputs> {
    let steps = 1;
    for (let example = 0; example < examples.count; example++) {
      steps = Math.max(steps, lengthIn(examples, example));
    }
    const { scorer, engine } = await this.#open(steps);
    return scorer.score(engine, examples, progress);
  }

  /** The answers for each example: one, or several if steps have tags. */
  async predict(examples: Examples): Promise<Prediction[][]> {
    const outputs = await this.score(examples);
    const { answers, columns } = this.encoder;
    const predictions: Prediction[][] = Array.from({ length: examples.count }, () => []);
    let example = 0;
    for (const places of answersIn(examples)) {
      if (columns.tags === undefined) [example] = places;
      else while (examples.starts[example + 1] <= places[0]) example++;
      predictions[example].push(predictionAt(places, outputs, answers));
    }
    return predictions;
  }

  /** An engine with room for examples of this many steps. */
  async #open(steps: number) {
    if (this.#opened !== undefined && this.#opened.steps >= steps) return this.#opened;
    await this.close();
    const lengths = lengthsUpTo(steps);
    const layout = new Layout();
    const { model, parameters } = this.#checkpoint;
    const network = new Network(layout, model, networkSizes(this.encoder), { training: false });
    const loss = { ...lossOf(this.encoder.answers), isTagged: isTagged(this.encoder) };
    const scorer = new ExampleScorer(layout, network, loss, {
      batchSize: BATCH_SIZE,
      lengths,
      ...(this.#options.clamps && { clamps: this.#options.clamps }),
    });
    const engine = await openEngine(layout, scorer.programs, this.#options);
    this.#opened = { steps: lengths[lengths.length - 1], scorer, engine };
    writeStored(engine, network.parameters, parameters);
    return this.#opened;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.engine.close();
  }
}
