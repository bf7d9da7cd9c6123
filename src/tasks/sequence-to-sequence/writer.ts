import { type Checkpoint } from "../../checkpoint/format.ts";
import { type Engine } from "../../engine/engine.ts";
import { openEngine, type EngineOptions } from "../../engine/engines.ts";
import { Layout } from "../../engine/tensor.ts";
import { Network } from "../../model/network.ts";
import { writeStored } from "../../model/weights.ts";
import { type Hypothesis } from "../../sampling/beam-search.ts";
import { type EncodedSteps } from "../examples/inputs.ts";
import { lengthsUpTo } from "../examples/batches.ts";
import { endOf, lengthAt, pairCodeFrom, pairSizes, type PairCode, type Pairs } from "./pair-code.ts";
import { PairScorer } from "./pair-scorer.ts";
import { pairLengths } from "./pair-batches.ts";
import { Translator } from "./translator.ts";

/** How many examples are computed side by side. */
const BATCH_SIZE = 64;

/** How outputs are searched for. */
export interface WritingOptions extends EngineOptions {
  /** The width of the beam search; 1 is greedy. */
  readonly beams: number;
  /** The most symbols of an output. Undefined: as many as the checkpoint says. */
  readonly maxOutput?: number | undefined;
}

/** A trained model that writes an output for each input. */
export class Writer {
  readonly code: PairCode;
  readonly #checkpoint: Checkpoint;
  readonly #options: WritingOptions;
  #opened: { readonly steps: number; readonly translator: Translator; readonly engine: Engine } | undefined;

  /** @throws CharrnnError if the checkpoint does not say how its task reads examples */
  constructor(checkpoint: Checkpoint, options: WritingOptions) {
    this.code = pairCodeFrom(checkpoint);
    this.#checkpoint = checkpoint;
    this.#options = options;
  }

  /**
   * The likeliest outputs for each input, the best first.
   * @throws CharrnnError if the engine cannot run here, or there is too little memory
   */
  async write(
    inputs: EncodedSteps,
    progress?: (done: number, total: number) => void,
  ): Promise<(readonly Hypothesis[])[]> {
    let steps = 1;
    for (let example = 0; example + 1 < inputs.starts.length; example++) {
      steps = Math.max(steps, lengthAt(inputs, example));
    }
    const { translator, engine } = await this.#open(steps);
    return translator.write(engine, inputs, progress);
  }

  /** The mean loss in nats for each symbol of the right outputs, their ends included. */
  async loss(pairs: Pairs): Promise<number> {
    const { loss, symbols } = await this.#scoring(pairs, (scorer, engine) =>
      scorer.score(engine, pairs, endOf(this.code)),
    );
    return loss / symbols;
  }

  /** See `PairScorer.alignments`. `outputs`: one for each input. */
  alignments(
    inputs: EncodedSteps,
    outputs: readonly (readonly number[])[],
  ): Promise<number[][][] | undefined> {
    const starts = new Uint32Array(outputs.length + 1);
    outputs.forEach(({ length }, index) => (starts[index + 1] = starts[index] + length));
    const written = { starts, steps: Int32Array.from(outputs.flat()), width: 1, skipped: 0 };
    const pairs = { count: outputs.length, inputs, outputs: written };
    return this.#scoring(pairs, (scorer, engine) => scorer.alignments(engine, pairs, endOf(this.code)));
  }

  /** Opens a scorer for these pairs, and returns the result of `compute`. */
  async #scoring<Result>(
    pairs: Pairs,
    compute: (scorer: PairScorer, engine: Engine) => Promise<Result>,
  ): Promise<Result> {
    const layout = new Layout();
    const network = this.#networkIn(layout);
    const scorer = new PairScorer(layout, network, { batchSize: BATCH_SIZE, lengths: pairLengths(pairs) });
    const engine = await openEngine(layout, scorer.programs, this.#options);
    try {
      writeStored(engine, network.parameters, this.#checkpoint.parameters);
      return await compute(scorer, engine);
    } finally {
      await engine.close();
    }
  }

  #networkIn(layout: Layout): Network {
    return new Network(layout, this.#checkpoint.model, pairSizes(this.code), { training: false });
  }

  /** An engine with room for inputs of this many steps. */
  async #open(steps: number) {
    if (this.#opened !== undefined && this.#opened.steps >= steps) return this.#opened;
    await this.close();
    const lengths = lengthsUpTo(steps);
    const layout = new Layout();
    const network = this.#networkIn(layout);
    const translator = new Translator(layout, network, {
      batchSize: BATCH_SIZE,
      lengths,
      beams: this.#options.beams,
      end: endOf(this.code),
      maxOutput: this.#options.maxOutput ?? this.code.maxOutput,
    });
    const engine = await openEngine(layout, translator.programs, this.#options);
    this.#opened = { steps: lengths[lengths.length - 1], translator, engine };
    writeStored(engine, network.parameters, this.#checkpoint.parameters);
    return this.#opened;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.engine.close();
  }
}
