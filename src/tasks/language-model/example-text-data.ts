import { type Layout } from "../../engine/tensor.ts";
import { type Growth } from "../../model/growth.ts";
import { Network, type ModelConfig } from "../../model/network.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { type Corpus } from "../../text/corpus.ts";
import { type TextVocabulary } from "../../text/text-vocabulary.ts";
import { type ExampleText } from "../../text/example-text.ts";
import { splitGroups, type SplitOptions } from "../examples/example-splits.ts";
import { chunkShape, layCarried } from "../single-network.ts";
import {
  type Chunk,
  type DataSizes,
  type DropoutClock,
  type TaskLayout,
  type TaskMembers,
  type TaskOptions,
  type TrainingData,
  type Validation,
} from "../task.ts";
import { type SplitName } from "../../text/splits.ts";
import { ExampleChunks } from "./example-chunks.ts";
import { scoreOf } from "./metrics.ts";
import { preview } from "./preview.ts";
import { Scorer } from "./scorer.ts";
import { planExamples } from "./segments.ts";

/**
 * The numbers of the examples of each split, in ascending order: so a split has the order of its text. Files of their
 * own for a split are that split.
 */
export function splitText(
  text: ExampleText,
  { files, val, test, ends }: Pick<Corpus<TextVocabulary>, "files" | "val" | "test" | "ends">,
  { seed, valFrac, testFrac }: SplitOptions,
): Record<SplitName, number[]> {
  // How many examples are in the first so many files.
  const origins = text.origins();
  const examplesIn = (count: number) => {
    const after = origins.findIndex(({ start }) => start >= (ends[count - 1] ?? 0));
    return after === -1 ? origins.length : after;
  };
  const cutEnd = examplesIn(files.length);
  const valEnd = examplesIn(files.length + (val?.length ?? 0));
  const splits = splitGroups(new Uint8Array(cutEnd).fill(1), {
    seed,
    valFrac: val ? 0 : valFrac,
    testFrac: test ? 0 : testFrac,
  });
  for (const examples of Object.values(splits)) examples.sort((one, other) => one - other);
  const numbers = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);
  if (val) splits.val = numbers(cutEnd, valEnd);
  if (test) splits.test = numbers(valEnd, text.count);
  return splits;
}

/** The examples of a text for training in batches, and those for validation as segments. */
export class ExampleTextData implements TrainingData {
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
  readonly #chunks: ExampleChunks;
  readonly #val: ExampleText;
  readonly #unit: TaskOptions["unit"];
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;

  constructor(
    corpus: Omit<Corpus<TextVocabulary>, "symbols">,
    text: ExampleText,
    options: TaskOptions,
    growth: Growth | undefined,
  ) {
    const { vocabulary, unknown, skipped } = corpus;
    const { valFrac } = options;
    const { train, val, test } = splitText(text, corpus, options);
    this.#val = text.pick(val);
    this.#unit = options.unit;
    this.#chunks = new ExampleChunks(text, train, options);
    const { batchSize, chunks, symbolsPerEpoch } = this.#chunks;
    this.batchSize = batchSize;
    this.chunksPerEpoch = chunks;
    this.symbolsPerEpoch = symbolsPerEpoch;
    const size = batchSize * Math.max(...this.#chunks.lengths);
    this.#inputs = new Int32Array(size);
    this.#targets = new Int32Array(size);
    const { kind, end } = text;
    const symbols = Math.max(vocabulary.size, end + 1);
    this.network = { inputs: symbols, outputs: symbols };
    this.growth = growth;
    const charactersIn = (examples: readonly number[]) =>
      examples.reduce((sum, example) => sum + text.lengthOf(example) - (kind === "lines" ? 0 : 1), 0);
    this.sizes = {
      vocabulary: vocabulary.size,
      symbols: { train: charactersIn(train), val: charactersIn(val), test: charactersIn(test) },
      unknown,
      skipped: skipped.count,
      examples: { train: train.length, val: val.length, test: test.length },
    };
    this.members = {
      vocabulary: vocabulary.toJSON(),
      task: { ...this.network, examples: kind, end },
    };
    this.symbolsPerValidation = this.#val.symbols.length - 1;
    this.uniformLoss = Math.log(symbols);
    this.validationLacks =
      val.length === 0
        ? `${text.count} ${kind} are too few for a validation split with --val-frac ${valFrac}`
        : undefined;
  }

  /** Each batch starts with zero states. The states are then carried from chunk to chunk. */
  chunk(index: number, epoch: number): Chunk {
    const { steps, counted, isFirst } = this.#chunks.fill(index, epoch, this.#inputs, this.#targets);
    return {
      shape: chunkShape(steps),
      fresh: isFirst,
      inputs: { inputs: this.#inputs, targets: this.#targets },
      counted,
      symbols: counted,
    };
  }

  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout {
    const network = new Network(layout, config, this.network, { training: true });
    return layCarried(layout, network, this.#chunks, dropout, () => this.#validation(layout, network));
  }

  #validation(layout: Layout, network: Network): Validation | undefined {
    const text = this.#val;
    if (text.count === 0) return undefined;
    const scorer = new Scorer(layout, network, planExamples(text));
    const uncounted = text.kind === "lines" ? undefined : text.end;
    return {
      programs: scorer.programs,
      score: async (engine, progress) => {
        const { loss } = await scorer.score(engine, text.symbols, {
          uncounted,
          ...(progress && { progress }),
        });
        return scoreOf(loss, this.#unit);
      },
    };
  }
}
