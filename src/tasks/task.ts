import { type Readable } from "node:stream";
import { type Checkpoint, type CorpusRecord, type Tree } from "../checkpoint/format.ts";
import { type AvailableEngine, type Engine, type EngineChoice, type Programs } from "../engine/engine.ts";
import { type Operation } from "../engine/operation.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";
import { type ModelConfig, type Parameter } from "../model/network.ts";
import { type Growth } from "../model/growth.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { type Stage } from "../model/unrolled-network.ts";
import { type StoredTensor } from "../model/weights.ts";
import { type SampleOptions, type SamplePiece } from "../sampling/sample.ts";
import { type FilePart, type SplitName } from "../text/splits.ts";
import { type Unit } from "../text/symbol-table.ts";
import { type TableFormat } from "../text/tables/table.ts";
import { type TextForm } from "../text/text-form.ts";
import { type InputVocabularyJson } from "../text/text-vocabulary.ts";
import { type OnUnknown } from "../text/vocabulary.ts";

/**
 * A task says what a network learns: which time steps get inputs, and which have losses. Training, resuming, planning
 * and the displays know a task only by this interface. A task has a folder beside this file and a line in index.ts.
 */
export interface Task {
  /** What a validation measures, the loss first. */
  readonly metrics: (options: Readonly<Record<string, unknown>>) => readonly Metric[];
  /** A short name for the task's symbols: `char`, for `char/s`. */
  readonly symbolUnit: string;
  /** Describes the data of a run in one line. `count` formats a number for people. */
  describeData(
    sizes: DataSizes,
    options: Readonly<Record<string, unknown>>,
    count: (number: number) => string,
  ): string;
  /**
   * The options that a checkpoint decides for a run that starts from the checkpoint.
   * @throws UsageError if a given option contradicts the checkpoint
   */
  optionsFrom(checkpoint: Checkpoint, given: Partial<TaskOptions>): Partial<TaskOptions>;
  /**
   * Reads the data of a run. Many runs may share the data.
   * @throws UsageError if a path or an option is wrong
   * @throws CharrnnError if the data cannot be read or used
   */
  read(paths: readonly string[], options: TaskOptions, reading: Reading): Promise<Dataset>;
  /** Draws samples from a trained model, piece by piece. Undefined if a model of this task cannot draw samples. */
  readonly sample?: (
    checkpoint: Checkpoint,
    options: SampleOptions,
  ) => AsyncGenerator<SamplePiece, void, undefined>;
  /**
   * Answers for the inputs of a table or a text, in their order. Undefined if a model of this task draws samples
   * instead.
   */
  readonly predict?: (
    checkpoint: Checkpoint,
    path: string,
    options?: PredictOptions,
  ) => AsyncGenerator<Answered, void, undefined>;
  /**
   * Answers as `predict` does, but the model learns from the data at `path` as it goes. `seqLength` is the number of time
   * steps that the gradient flows back through. Undefined if a model of this task cannot do so.
   * @throws CharrnnError if the checkpoint does not say how its task reads data
   */
  readonly learnOnline?: (
    checkpoint: Checkpoint,
    path: string,
    options: PredictOptions & Pick<TaskOptions, "seqLength">,
  ) => OnlineData;
}

/** Data that a model answers for and learns from, one input after another. */
export interface OnlineData extends Pick<TrainingData, "lay"> {
  /** `engine` computes with the layout of `lay`. `learn` makes an update with a chunk. */
  answers(engine: Engine, learn: (chunk: Chunk) => Promise<void>): AsyncGenerator<Answered, void, undefined>;
}

export interface PredictOptions {
  /** The format of the table. Undefined: the extension decides. With an unknown extension, each line is an input. */
  readonly format?: TableFormat | undefined;
  /** How many candidates an answer has (default 1). */
  readonly top?: number | undefined;
  /** For two classes: the second one is predicted if it has at least this probability. */
  readonly threshold?: number | undefined;
  readonly unknown?: OnUnknown | undefined;
  /** For sequence-to-sequence models: the width of the beam search, and the most symbols of an output. */
  readonly beam?: number | undefined;
  readonly maxOutput?: number | undefined;
  /** Whether answers have alignments. */
  readonly alignments?: boolean | undefined;
  /** For a series: how many rows to predict after its last row. Each row is predicted from the row before. */
  readonly steps?: number | undefined;
  /** The stream that the path "-" stands for. */
  readonly stdin?: Readable | undefined;
  readonly engine?: EngineChoice | undefined;
  readonly threads?: number | undefined;
}

/** The steps of an input: characters, tokens, or rows of numbers. */
export type Steps = string | readonly string[] | readonly (readonly number[])[];

/**
 * A model's answer for one input. If the steps or tokens of an input have tags, then the prediction, its probability and
 * its candidates are lists with an item for each of them.
 */
export interface Answered {
  /** Where the input stands: its file, and its line from 1. */
  readonly table: string;
  readonly line: number;
  /** The steps or, if tokens have tags, the tokens. A single row of numbers is given as it is. */
  readonly input: Steps | readonly number[];
  /** A label, a number, or a row of numbers. */
  readonly prediction: OneOrEach<string | number>;
  /** The probability of the label. */
  readonly probability?: OneOrEach<number>;
  /** The likeliest labels, the likeliest first. */
  readonly candidates?: OneOrEach<readonly Candidate[]>;
  /** Present if the prediction is an output that was cut at the limit of symbols. */
  readonly cut?: true;
  /**
   * How much attention each symbol of the prediction, and then its end, pays to each step of the input. The features of
   * the input are its first steps.
   */
  readonly alignment?: readonly (readonly number[])[] | undefined;
}

type OneOrEach<Own> = Own | readonly Own[];

export interface Candidate {
  readonly prediction: string;
  readonly probability: number;
  /** The logarithm of the probability, if the prediction is a whole output. The probability may be rounded to 0. */
  readonly logProbability?: number;
}

/** A number that a validation measures. */
export interface Metric {
  /** The key of the metric in an eval event: `bitsPerCharacter`. */
  readonly name: string;
  /** The unit, which is shown after the value: `bits per character`. */
  readonly unit: string;
  /** A short form of the unit: `bits/char`. */
  readonly shortUnit: string;
  readonly better: "lower" | "higher";
  readonly decimals: number;
  /** Computes the metric from a loss in nats, if the metric is the loss in another unit. */
  readonly ofLoss?: (loss: number) => number;
}

/** The mean loss in nats over the targets that count, and the other metrics of the task. */
export interface Score {
  readonly loss: number;
  readonly [metric: string]: number;
}

/** The default number of rows of a batch. Small data has fewer rows by default. */
export const USUAL_BATCH_SIZE = 50;

/** The options of a run that tasks read. */
export interface TaskOptions {
  readonly task: string;
  readonly seed: number;
  readonly embedding: number;
  readonly unit: Unit | "word";
  /** As `parseEncoding` names it. */
  readonly encoding: string;
  readonly newlines: TextForm["newlines"];
  readonly normalize: TextForm["normalize"];
  /** The text between two files of one split. */
  readonly separator: string | undefined;
  readonly minCount: number;
  /** What happens to a symbol that is not in the vocabulary of the checkpoint that a run starts from. */
  readonly unknown: OnUnknown | "grow";
  readonly beginnings: boolean;
  /** `lines`: each line of a text is an example. `documents`: each file is. At most one of the two is true. */
  readonly lines: boolean;
  readonly documents: boolean;
  readonly valFrac: number;
  readonly testFrac: number;
  /** Undefined: the task chooses a size for the data, at most USUAL_BATCH_SIZE. */
  readonly batchSize: number | undefined;
  readonly seqLength: number;
  /** Columns of tables, by names or numbers. Several are separated by commas. */
  readonly input: string | undefined;
  readonly target: string | undefined;
  readonly targetType: "class" | "number";
  readonly inputTokens: boolean;
  readonly targetTokens: boolean;
  /**
   * What the columns of --input are, if a task takes both. Undefined: a column is numbers if all its values are
   * numbers.
   */
  readonly inputType: "label" | "number" | undefined;
  /** Whether each step after the first reads the symbol before. */
  readonly feedBack: boolean;
  readonly sequence: string | undefined;
  readonly order: string | undefined;
  readonly group: string | undefined;
  readonly features: string | undefined;
  readonly format: TableFormat | undefined;
  /** Whether the first line of a table names its columns, even if the options give the columns by number. */
  readonly header: boolean;
  readonly maxLength: number;
  readonly truncate: boolean;
  readonly classWeights: "none" | "balanced";
  readonly labelSmoothing: number;
  /** Undefined: the task chooses the longest length for the data. */
  readonly maxOutput: number | undefined;
  /** Separate files for validation and test. */
  readonly val: readonly string[] | undefined;
  readonly test: readonly string[] | undefined;
}

/** How data is read. */
export interface Reading {
  /** The checkpoint whose vocabulary the data must have. */
  readonly from?: Checkpoint | undefined;
  /**
   * Whether the run of this checkpoint is resumed. A digest then verifies the data, so symbols outside the vocabulary
   * are not refused.
   */
  readonly resuming: boolean;
  /** The stream that the path "-" stands for. */
  readonly stdin?: Readable | undefined;
  readonly note?: ((line: string) => void) | undefined;
  readonly onProgress?: (bytesRead: number, bytesTotal: number | undefined) => void;
}

/** Data that has been read. */
export interface Dataset {
  /** Describes the data, so that a resumed run or an evaluation can find it again. */
  readonly record: CorpusRecord;
  /** How many bytes of memory the data takes. */
  readonly bytes: number;
  /**
   * The data that a run with these options trains on and is validated on.
   * @throws CharrnnError if there is too little data for the options
   */
  trainingData(options: TaskOptions): TrainingData;
}

/**
 * The size of a run's data. `vocabulary`: the number of different symbols or, if inputs are numbers, how many numbers
 * an input has.
 */
export interface DataSizes {
  readonly vocabulary: number;
  readonly symbols: Readonly<Record<SplitName, number>>;
  /** How many of these symbols are the unknown symbol. */
  readonly unknown: number;
  /** How many more symbols the data had, which were left out because they are not in the vocabulary. */
  readonly skipped: number;
  /** Absent if the data is one long text. */
  readonly examples?: Readonly<Record<SplitName, number>>;
  /** What each split holds of each file, if the data is one long text of several files. */
  readonly files?: Readonly<Record<SplitName, readonly FilePart[]>>;
  /** Absent if the answers are not classes. */
  readonly classes?: number;
  /** Present if the inputs are numbers. */
  readonly numeric?: true;
  /** For each column that texts are written from: its number of labels, or "number" if the column has numbers. */
  readonly conditions?: readonly (number | "number")[];
  /** How many series there are, if the data are series. Their symbols are rows. */
  readonly series?: number;
}

/** The members of a checkpoint that belong to the task. */
export interface TaskMembers {
  readonly vocabulary: InputVocabularyJson;
  /** What a sample without a prime may read first. */
  readonly beginnings?: Checkpoint["beginnings"];
  /**
   * The sizes of the network, and what the task needs in addition to the vocabulary. Undefined for a language model.
   */
  readonly task?: (NetworkSizes & Readonly<Record<string, Tree | undefined>>) | undefined;
}

/** The data of one run, cut into chunks. */
export interface TrainingData {
  readonly network: NetworkSizes;
  /** Present if the network has an encoder and a decoder. */
  readonly hasDecoder?: true;
  /** If the network has grown: how it differs from the network of the checkpoint that the run starts from. */
  readonly growth?: Growth | undefined;
  readonly sizes: DataSizes;
  readonly members: TaskMembers;
  /** The number of rows of a batch. */
  readonly batchSize: number;
  readonly chunksPerEpoch: number;
  /** The number of symbols in all chunks of an epoch. */
  readonly symbolsPerEpoch: number;
  /**
   * The loss of a model that knows nothing: one that gives all classes the same probability, or always predicts the
   * mean. A loss far above this one is an explosion.
   */
  readonly uniformLoss: number;
  /** The number of symbols that a validation reads, including symbols that are not scored. */
  readonly symbolsPerValidation: number;
  /** The reason why there is no validation data; undefined if there is validation data. */
  readonly validationLacks: string | undefined;
  /** Chunk `index` (from 0) of an epoch (from 1). The next call overwrites the arrays of this chunk. */
  chunk(index: number, epoch: number): Chunk;
  /** Lays out the task's model for training, and for validation if there is validation data. */
  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout;
  /** A text that shows people how well a checkpoint works: a sample, for example. */
  preview(checkpoint: Checkpoint, options: PreviewOptions): Promise<string>;
}

/**
 * The numbers that decide which units are dropped: the seed of the run, and the number of the update in `clock` [1].
 */
export interface DropoutClock {
  readonly seed: number;
  readonly clock: Tensor;
}

export interface PreviewOptions {
  readonly seed: number;
  readonly engine: AvailableEngine;
}

/** The data of one update. */
export interface Chunk {
  /** The name of the chunk's shape: a key of `UnrolledModel.shapes`. */
  readonly shape: string;
  /** Whether the chunk starts from zero states, and not from the states after the previous chunk. */
  readonly fresh: boolean;
  /** The values of the inputs that `UnrolledModel` names. */
  readonly inputs: Readonly<Record<string, Int32Array | Float32Array>>;
  /** How many targets count, or the sum of their weights: above 0. */
  readonly counted: number;
  /** The number of symbols in the chunk, without padding. The displayed speed counts these symbols. */
  readonly symbols: number;
}

export interface TaskLayout {
  readonly model: UnrolledModel;
  readonly validation: Validation | undefined;
  /** Other programs that the data runs itself. */
  readonly programs?: Programs<string>;
}

/** A task's model in a layout, unrolled for training once for each shape of chunk (its number of time steps). */
export interface UnrolledModel {
  readonly parameters: readonly Parameter[];
  /** The tensors that a chunk fills, by name. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [1]: the number of targets of the chunk that count. */
  readonly counted: Tensor;
  /** The states that are carried from chunk to chunk. */
  readonly states: readonly StoredTensor[];
  readonly shapes: ReadonlyMap<string, UnrolledChunk>;
}

/** The operations for a chunk of one shape. */
export interface UnrolledChunk {
  /** Computes the outputs (logits) from the inputs and the carried states. */
  readonly forward: readonly Operation[];
  /** Computes `losses` from the outputs, without gradients. */
  readonly score: readonly Operation[];
  /** Computes `losses` and all gradients from the outputs. */
  readonly backward: readonly Operation[];
  readonly losses: Tensor;
  /** Saves the states for the next chunk, unless `status` says that this chunk is rejected. */
  readonly saveStates: (status: Tensor) => readonly Operation[];
  /** The tensors to check, in this order, if numbers stop being finite. */
  readonly stages: () => { readonly forward: readonly Stage[]; readonly backward: readonly Stage[] };
}

/** Scores the validation data with the present weights of the engine. */
export interface Validation {
  readonly programs: Programs<string>;
  /** Calls `progress` with the number of time steps that are done. */
  score(engine: Engine, progress?: (done: number, total: number) => void): Promise<Score>;
}
