import { type Readable } from "node:stream";
import { type Checkpoint, type CorpusRecord, type Tree } from "../checkpoint/format.ts";
import { type AvailableEngine, type Engine, type Programs } from "../engine/engine.ts";
import { type Operation } from "../engine/operation.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";
import { type ModelConfig, type Parameter } from "../model/network.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { type Stage } from "../model/unrolled-network.ts";
import { type StoredTensor } from "../model/weights.ts";
import { type SampleOptions, type SamplePiece } from "../sampling/sample.ts";
import { type Unit } from "../text/symbol-table.ts";
import { type VocabularyJson } from "../text/vocabulary.ts";

/**
 * A task says what a network learns: which time steps get inputs, and which have losses. Training, resuming, planning
 * and the displays know a task only by this interface. A task has a folder beside this file and a line in index.ts.
 */
export interface Task {
  /** What a validation measures. The first metric decides which checkpoint is the best. */
  readonly metrics: readonly Metric[];
  /** A short name for its symbols: `char`, for `char/s`. */
  readonly symbolUnit: string;
  /** Describes the data of a run in one line. `count` formats a number for people. */
  describeData(
    sizes: DataSizes,
    options: Readonly<Record<string, unknown>>,
    count: (number: number) => string,
  ): string;
  /**
   * The options that a checkpoint decides for a run that starts from it.
   * @throws UsageError if a given option contradicts the checkpoint
   */
  optionsFrom(checkpoint: Checkpoint, given: Partial<TaskOptions>): Partial<TaskOptions>;
  /**
   * Reads the data of a run. Many runs may share it.
   * @throws UsageError if a path or an option is wrong
   * @throws CharrnnError if the data cannot be read or used
   */
  read(paths: readonly string[], options: TaskOptions, reading: Reading): Promise<Dataset>;
  /** Draws samples from a trained model, piece by piece. Undefined if the model of the task only predicts. */
  readonly sample?: (
    checkpoint: Checkpoint,
    options: SampleOptions,
  ) => AsyncGenerator<SamplePiece, void, undefined>;
}

/** A number that a validation measures. */
export interface Metric {
  /** Its key in an eval event: `bitsPerCharacter`. */
  readonly name: string;
  /** Its name for people, which also follows its value: `bits per character`. */
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

/** The rows of a batch, unless the options or the data say otherwise. */
export const USUAL_BATCH_SIZE = 50;

/** The options of a run that tasks read. */
export interface TaskOptions {
  readonly unit: Unit;
  /** As `parseEncoding` names it. */
  readonly encoding: string;
  readonly minCount: number;
  readonly beginnings: boolean;
  readonly valFrac: number;
  readonly testFrac: number;
  /** Undefined: as many as suit the data, and no more than USUAL_BATCH_SIZE. */
  readonly batchSize: number | undefined;
  readonly seqLength: number;
}

/** How data is read. */
export interface Reading {
  /** A checkpoint whose vocabulary is kept. */
  readonly from?: Checkpoint | undefined;
  /** Whether the run of this checkpoint is resumed. Its data is checked by its digest, so no symbol is refused. */
  readonly resuming: boolean;
  /** What "-" reads. */
  readonly stdin?: Readable | undefined;
  readonly note?: ((line: string) => void) | undefined;
  readonly onProgress?: (bytesRead: number, bytesTotal: number | undefined) => void;
}

/** Data that has been read. */
export interface Dataset {
  /** Resuming and evaluating find the data by this record. */
  readonly record: CorpusRecord;
  /** How many bytes of memory the data takes. */
  readonly bytes: number;
  /**
   * The data that a run with these options trains on and is validated on.
   * @throws CharrnnError if there is too little data for the options
   */
  trainingData(options: TaskOptions): TrainingData;
}

/** How much data a run has. `vocabulary`: how many different symbols it has. */
export interface DataSizes {
  readonly vocabulary: number;
  readonly symbols: { readonly train: number; readonly val: number; readonly test: number };
}

/** What a checkpoint keeps of a task. */
export interface TaskMembers {
  readonly vocabulary: VocabularyJson;
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
  readonly sizes: DataSizes;
  readonly members: TaskMembers;
  /** The rows of its batches. */
  readonly batchSize: number;
  readonly chunksPerEpoch: number;
  /** How many symbols the chunks of an epoch have together. */
  readonly symbolsPerEpoch: number;
  /** The loss in nats of a model that gives all answers the same probability. */
  readonly uniformLoss: number;
  /** The symbols that a validation reads, including those that are not scored. */
  readonly symbolsPerValidation: number;
  /** The reason why there is no validation data; undefined if there is some. */
  readonly validationLacks: string | undefined;
  /** Chunk `index` (from 0) of an epoch (from 1). The next call overwrites its arrays. */
  chunk(index: number, epoch: number): Chunk;
  /** Lays out the task's model for training, and for validation if there is validation data. */
  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout;
  /** Shows people how well a checkpoint works: with a sample, for example. */
  preview(checkpoint: Checkpoint, options: PreviewOptions): Promise<string>;
}

/** Dropout depends on the seed of the run and on the number of the update, which `clock` [1] has. */
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
  /** The name of its shape: a key of `UnrolledModel.shapes`. */
  readonly shape: string;
  /** Whether it starts from the zero state, and not from the states of the previous chunk. */
  readonly fresh: boolean;
  /** The values of the inputs that `UnrolledModel` names. */
  readonly inputs: Readonly<Record<string, Int32Array | Float32Array>>;
  /** How many targets count, at least 1. */
  readonly counted: number;
  /** How many symbols it has, without padding. The displayed speed counts these. */
  readonly symbols: number;
}

export interface TaskLayout {
  readonly model: UnrolledModel;
  readonly validation: Validation | undefined;
}

/** A task's model in a layout, unrolled for training once for each shape of chunks (their number of steps). */
export interface UnrolledModel {
  readonly parameters: readonly Parameter[];
  /** The tensors that a chunk fills, by name. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [1]: how many targets of the chunk count. */
  readonly counted: Tensor;
  /** The states that are carried from chunk to chunk. */
  readonly states: readonly StoredTensor[];
  readonly shapes: ReadonlyMap<string, UnrolledChunk>;
}

/** The operations for a chunk of one shape. */
export interface UnrolledChunk {
  /** Computes the answers from the inputs and the carried states. */
  readonly forward: readonly Operation[];
  /** Computes `losses` from the answers, without gradients. */
  readonly score: readonly Operation[];
  /** Computes `losses` and all gradients from the answers. */
  readonly backward: readonly Operation[];
  readonly losses: Tensor;
  /** Saves the states for the next chunk, unless the status rejects this one. */
  readonly saveStates: (status: Tensor) => readonly Operation[];
  /** The tensors to check, in this order, if numbers stop being finite. */
  readonly stages: () => { readonly forward: readonly Stage[]; readonly backward: readonly Stage[] };
}

/** Scores the validation data with the present weights of the engine. */
export interface Validation {
  readonly programs: Programs<string>;
  /** Calls `progress` with the number of steps that are done. */
  score(engine: Engine, progress?: (done: number, total: number) => void): Promise<Score>;
}
