import { type CorpusRecord } from "../../checkpoint/format.ts";
import { type Layout } from "../../engine/tensor.ts";
import { Network, type ModelConfig } from "../../model/network.ts";
import { type Growth } from "../../model/growth.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { type Corpus } from "../../text/corpus.ts";
import { type ExampleText } from "../../text/example-text.ts";
import { filesOfSplits, splitCorpus, type Splits } from "../../text/splits.ts";
import { type Symbols } from "../../text/symbols.ts";
import { type TextVocabulary } from "../../text/text-vocabulary.ts";
import { chunkShape, layCarried } from "../single-network.ts";
import {
  type Chunk,
  type DataSizes,
  type Dataset,
  type DropoutClock,
  type TaskLayout,
  type TaskMembers,
  type TaskOptions,
  type TrainingData,
  type Validation,
} from "../task.ts";
import { beginningsOf } from "./beginnings.ts";
import { scoreOf } from "./metrics.ts";
import { preview } from "./preview.ts";
import { ExampleTextData } from "./example-text-data.ts";
import { Scorer } from "./scorer.ts";
import { planSegments, together, type Segment } from "./segments.ts";
import { Streams, usualBatchSize } from "./streams.ts";

/** A text for training language models: one long text, or examples. */
export class TextDataset implements Dataset {
  readonly record: CorpusRecord;
  readonly bytes: number;
  readonly #corpus: Corpus<TextVocabulary>;
  readonly #examples: ExampleText | undefined;
  readonly #growth: Growth | undefined;

  /** `growth`: how the vocabulary has grown, if runs start from a checkpoint with a smaller vocabulary. */
  constructor(corpus: Corpus<TextVocabulary>, examples: ExampleText | undefined, growth?: Growth) {
    const { files, val, test, sha256, digests, symbols, vocabulary } = corpus;
    this.#corpus = corpus;
    this.#examples = examples;
    this.#growth = growth;
    this.record = {
      files,
      ...(val && { val }),
      ...(test && { test }),
      sha256,
      ...(digests && { digests }),
      symbols: symbols.length,
      commonest: commonest(symbols, vocabulary),
    };
    this.bytes = bytesOf(symbols) + (examples === undefined ? 0 : bytesOf(examples.symbols));
  }

  trainingData(options: TaskOptions): TrainingData {
    return this.#examples === undefined
      ? new TextTrainingData(this.#corpus, options, this.#growth)
      : new ExampleTextData(this.#corpus, this.#examples, options, this.#growth);
  }
}

function bytesOf({ length, bytesPerSymbol }: Symbols): number {
  return length * bytesPerSymbol;
}

/** The training split as parallel streams, and the validation split as segments. */
class TextTrainingData implements TrainingData {
  readonly network: NetworkSizes;
  readonly growth: Growth | undefined;
  readonly sizes: DataSizes;
  readonly members: TaskMembers;
  readonly batchSize: number;
  readonly chunksPerEpoch: number;
  readonly symbolsPerEpoch: number;
  readonly uniformLoss: number;
  readonly symbolsPerValidation: number;
  readonly validationLacks: string | undefined;
  readonly preview = preview;
  readonly #splits: Splits;
  readonly #streams: Streams;
  readonly #segments: readonly Segment[];
  readonly #unit: TaskOptions["unit"];
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;

  constructor(
    corpus: Corpus<TextVocabulary>,
    { valFrac, testFrac, seqLength, beginnings, ...options }: TaskOptions,
    growth: Growth | undefined,
  ) {
    const { vocabulary, unknown, skipped } = corpus;
    const splits = splitCorpus(corpus, { valFrac, testFrac });
    this.#unit = options.unit;
    const { train, val, test } = splits;
    this.#splits = splits;
    const { batchSize = usualBatchSize(train.length, seqLength) } = options;
    this.batchSize = batchSize;
    this.#streams = new Streams(train, batchSize, seqLength);
    this.#segments = val.length > 0 ? planSegments(val.length) : [];
    this.#inputs = new Int32Array(batchSize * seqLength);
    this.#targets = new Int32Array(batchSize * seqLength);
    this.network = { inputs: vocabulary.size, outputs: vocabulary.size };
    this.growth = growth;
    this.sizes = {
      vocabulary: vocabulary.size,
      symbols: { train: train.length, val: val.length, test: test.length },
      unknown,
      skipped: skipped.count,
      ...(corpus.ends.length > 1 && { files: filesOfSplits(corpus, { valFrac, testFrac }) }),
    };
    this.members = {
      vocabulary: vocabulary.toJSON(),
      beginnings: beginnings ? beginningsOf(train, vocabulary.lineFeed) : undefined,
    };
    this.chunksPerEpoch = this.#streams.chunks;
    this.symbolsPerValidation = this.#segments.reduce(
      (sum, { warmupStart, end }) => sum + end - warmupStart,
      0,
    );
    this.symbolsPerEpoch = this.#streams.charactersPerEpoch;
    this.uniformLoss = Math.log(vocabulary.size);
    this.validationLacks =
      val.length > 0
        ? undefined
        : corpus.val === undefined
          ? `the text is too short for a validation split with --val-frac ${valFrac}`
          : "the files of --val have too little text";
  }

  /** An epoch starts with zero states. The states are then carried from chunk to chunk. */
  chunk(index: number): Chunk {
    const steps = this.#streams.fill(index, this.#inputs, this.#targets);
    const symbols = steps * this.#streams.batchSize;
    return {
      shape: chunkShape(steps),
      fresh: index === 0,
      inputs: { inputs: this.#inputs, targets: this.#targets },
      counted: symbols,
      symbols,
    };
  }

  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout {
    const network = new Network(layout, config, this.network, { training: true });
    return layCarried(layout, network, this.#streams, dropout, () => this.#validation(layout, network));
  }

  #validation(layout: Layout, network: Network): Validation | undefined {
    if (this.#segments.length === 0) return undefined;
    const scorer = new Scorer(layout, network, together(this.#segments));
    return {
      programs: scorer.programs,
      score: async (engine, progress) => {
        const { loss } = await scorer.score(engine, this.#splits.val, progress && { progress });
        return scoreOf(loss, this.#unit);
      },
    };
  }
}

/** To find the commonest symbol, it is enough to count this many symbols. */
const MOST_COUNTED = 1_000_000;

function commonest(symbols: Symbols, vocabulary: TextVocabulary): number {
  const first = new Int32Array(Math.min(symbols.length, MOST_COUNTED));
  symbols.copyTo(first, 0, 0, first.length);
  const counts = new Uint32Array(vocabulary.size);
  for (const symbol of first) counts[symbol] += symbol === vocabulary.unknown ? 0 : 1;
  return counts.reduce((best, count, symbol) => (count > counts[best] ? symbol : best), 0);
}
