import { type Layout } from "../../engine/tensor.ts";
import { Network, type ModelConfig } from "../../model/network.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { type StepCounts } from "../../model/unrolled-attention.ts";
import { UnrolledEncoderDecoder } from "../../model/unrolled-encoder-decoder.ts";
import { type SplitName } from "../../text/splits.ts";
import { epochBatches } from "../examples/batches.ts";
import { type ExampleSplits } from "../examples/example-splits.ts";
import { inputText } from "../examples/preview.ts";
import {
  USUAL_BATCH_SIZE,
  type Chunk,
  type DataSizes,
  type DropoutClock,
  type PreviewOptions,
  type TaskLayout,
  type TaskMembers,
  type TaskOptions,
  type TrainingData,
  type UnrolledChunk,
  type UnrolledModel,
  type Validation,
} from "../task.ts";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { scoreOutputs } from "./measure-outputs.ts";
import {
  longestOf,
  paddedSteps,
  pairLengths,
  placeOf,
  placesOf,
  shapeName,
  shapesOf,
  type PairLengths,
} from "./pair-batches.ts";
import {
  encodePairInputs,
  endOf,
  lengthAt,
  outputText,
  pairMembers,
  pairSizes,
  type PairCode,
  type Pairs,
} from "./pair-code.ts";
import { PairFiller } from "./pair-filler.ts";
import { PairScorer, pairTensors } from "./pair-scorer.ts";
import { Translator } from "./translator.ts";
import { Writer } from "./writer.ts";

/** How many examples a preview has. */
const SHOWN = 4;

/** The pairs of a run in batches of similar length. Each epoch has the pairs in another order. */
export class PairTrainingData implements TrainingData {
  readonly network: NetworkSizes;
  readonly hasDecoder = true;
  readonly sizes: DataSizes;
  readonly members: TaskMembers;
  readonly batchSize: number;
  readonly chunksPerEpoch: number;
  readonly symbolsPerEpoch: number;
  readonly uniformLoss: number;
  readonly symbolsPerValidation: number;
  readonly validationLacks: string | undefined;
  readonly #splits: ExampleSplits;
  readonly #pairs: Readonly<Record<SplitName, Pairs>>;
  readonly #code: PairCode;
  readonly #options: TaskOptions;
  readonly #lengths: PairLengths;
  /** The batches of the epoch that was requested last. */
  #epoch: { readonly number: number; readonly batches: readonly Int32Array[] } = { number: 0, batches: [] };
  #filler: PairFiller | undefined;

  constructor(
    splits: ExampleSplits,
    pairs: Readonly<Record<SplitName, Pairs>>,
    code: PairCode,
    options: TaskOptions,
  ) {
    const { train, val, test } = pairs;
    this.#splits = splits;
    this.#pairs = pairs;
    this.#code = code;
    this.#options = options;
    this.#lengths = pairLengths(train);
    this.batchSize = options.batchSize ?? Math.min(USUAL_BATCH_SIZE, train.count);
    this.network = pairSizes(code);
    this.members = pairMembers(code);
    this.sizes = {
      vocabulary: this.network.inputs,
      symbols: { train: symbolsIn(train), val: symbolsIn(val), test: symbolsIn(test) },
      unknown: [train, val, test].reduce((sum, own) => sum + unknownIn(own, code), 0),
      skipped: [train, val, test].reduce((sum, { inputs }) => sum + inputs.skipped, 0),
      examples: { train: train.count, val: val.count, test: test.count },
      classes: this.network.outputs - 1,
    };
    this.chunksPerEpoch = Math.ceil(train.count / this.batchSize);
    this.symbolsPerEpoch = symbolsIn(train);
    this.uniformLoss = Math.log(this.network.outputs);
    // A validation reads its data twice: with the right outputs, and with the outputs that the model writes.
    this.symbolsPerValidation = 2 * symbolsIn(val);
    this.validationLacks =
      val.count === 0
        ? `${train.count + test.count} examples are too few for a validation split with --val-frac ${options.valFrac} and --test-frac ${options.testFrac}`
        : undefined;
  }

  chunk(index: number, epoch: number): Chunk {
    const { train } = this.#pairs;
    if (this.#epoch.number !== epoch) {
      const order = { seed: this.#options.seed, epoch };
      const [places, place] = [placesOf(this.#lengths), placeOf(train, this.#lengths)];
      this.#epoch = {
        number: epoch,
        batches: epochBatches(train.count, this.batchSize, places, place, order),
      };
    }
    if (this.#filler === undefined) throw new Error("the model is not laid out yet");
    const batch = this.#epoch.batches[index];
    const counted = this.#filler.fill(batch);
    return {
      shape: shapeName(paddedSteps(batch, train, this.#lengths)),
      fresh: false,
      inputs: this.#filler.values,
      counted,
      symbols: batch.reduce((sum, example) => sum + lengthAt(train.inputs, example), counted),
    };
  }

  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout {
    const network = new Network(layout, config, this.network, { training: true });
    const [model, validation] = layout.inTurns(
      () => this.#unroll(layout, network, dropout),
      () => this.#validation(layout, network),
    );
    return { model, validation };
  }

  #unroll(layout: Layout, network: Network, training: DropoutClock): UnrolledModel {
    const { batchSize } = this;
    const longest = longestOf(this.#lengths);
    const unrolled = new UnrolledEncoderDecoder(layout, network, {
      batch: batchSize,
      steps: longest,
      training,
      smoothing: this.#options.labelSmoothing,
    });
    const inputs = pairTensors(unrolled);
    this.#filler = new PairFiller(this.#pairs.train, endOf(this.#code), {
      batchSize,
      longest,
      names: Object.keys(inputs),
    });
    const chunkOf = (counts: StepCounts): UnrolledChunk => ({
      forward: [...network.pack(), ...unrolled.forward(counts)],
      score: unrolled.score(counts),
      backward: unrolled.backward(counts),
      losses: unrolled.lossesOf(counts),
      saveStates: () => [],
      stages: () => ({ forward: unrolled.forwardStages(counts), backward: unrolled.backwardStages(counts) }),
    });
    return {
      parameters: network.parameters,
      inputs,
      counted: unrolled.head.counted,
      states: [],
      shapes: new Map(shapesOf(this.#lengths).map((counts) => [shapeName(counts), chunkOf(counts)])),
    };
  }

  /** Scores the right outputs, and compares the outputs of greedy decoding with them. */
  #validation(layout: Layout, network: Network): Validation | undefined {
    const { val } = this.#pairs;
    if (val.count === 0) return undefined;
    const lengths = pairLengths(val);
    const batchSize = Math.min(this.batchSize, val.count);
    const end = endOf(this.#code);
    const scorer = new PairScorer(layout, network, { batchSize, lengths });
    const translator = new Translator(layout, network, {
      batchSize,
      lengths: lengths.encoder,
      beams: 1,
      end,
      maxOutput: this.#code.maxOutput,
    });
    const right = symbolsOf(val);
    const batches = Math.ceil(val.count / batchSize);
    return {
      programs: { ...scorer.programs, ...translator.programs },
      score: async (engine, progress) => {
        const { loss, symbols } = await scorer.score(engine, val, end, (done) =>
          progress?.(done, 2 * batches),
        );
        const written = await translator.write(engine, val.inputs, (done) =>
          progress?.(batches + done, 2 * batches),
        );
        const outputs = written.map(([best]) => best.symbols);
        return { loss: loss / symbols, ...scoreOutputs(outputs, right) };
      },
    };
  }

  /** Inputs with the outputs of greedy decoding, and the right output if they differ. */
  async preview(checkpoint: Checkpoint, { engine }: PreviewOptions): Promise<string> {
    const examples = this.#splits.val.length > 0 ? this.#splits.val : this.#splits.train;
    const spacing = Math.max(1, Math.floor(examples.length / SHOWN));
    const shown = examples.filter((_, index) => index % spacing === 0).slice(0, SHOWN);
    const writer = new Writer(checkpoint, { engine, threads: 0, beams: 1 });
    try {
      // Unknown symbols have been refused before, unless they may be skipped.
      const written = await writer.write(encodePairInputs(shown, this.#code, "skip"));
      return shown
        .map(({ steps, targets: [right] }, index) => {
          const output = outputText(written[index][0].symbols, this.#code);
          const correction = output === right ? "" : ` (right: ${inputText(right)})`;
          return `${inputText(steps)} -> ${inputText(output)}${correction}`;
        })
        .join("\n");
    } finally {
      await writer.close();
    }
  }
}

/** The right outputs, one by one. */
export function symbolsOf({ outputs, count }: Pairs): Int32Array[] {
  const symbols = Int32Array.from(outputs.steps);
  return Array.from({ length: count }, (_, example) =>
    symbols.subarray(outputs.starts[example], outputs.starts[example + 1]),
  );
}

/** The symbols of both sides, with the ends of the outputs. */
function symbolsIn({ inputs, outputs, count }: Pairs): number {
  return inputs.starts[count] + outputs.starts[count] + count;
}

function unknownIn({ inputs: { steps } }: Pairs, { inputs: { unknown } }: PairCode): number {
  return unknown === undefined ? 0 : Array.from(steps).filter((symbol) => symbol === unknown).length;
}
