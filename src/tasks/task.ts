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
 * What a network is taught: how inputs and losses are laid over its time steps. Training, resuming, planning and the
 * displays know a task only by this interface. A task has a folder beside this file, and a line in index.ts that names it.
 */
export interface Task {
  /** What a validation measures. The first metric decides which checkpoint is the best. */
  readonly metrics: readonly Metric[];
  /** What its symbols are where there is little room: `char`, for `char/s`. */
  readonly symbolUnit: string;
  /** One line that says what a run's data is; `count` writes a number for people. */
  describeData(
    sizes: DataSizes,
    options: Readonly<Record<string, unknown>>,
    count: (number: number) => string,
  ): string;
  /**
   * The options that a checkpoint decides for a run that starts from it.
   * @throws UsageError if one of the options given contradicts the checkpoint
   */
  optionsFrom(checkpoint: Checkpoint, given: Partial<TaskOptions>): Partial<TaskOptions>;
  /**
   * Reads the data of a run. Many runs may share it.
   * @throws UsageError, CharrnnError for data that no run can be made of
   */
  read(paths: readonly string[], options: TaskOptions, reading: Reading): Promise<Dataset>;
  /** Draws samples from a trained model, piece by piece; undefined for a task whose model only predicts. */
  readonly sample?: (
    checkpoint: Checkpoint,
    options: SampleOptions,
  ) => AsyncGenerator<SamplePiece, void, undefined>;
}

/** A number that a validation gives. */
export interface Metric {
  /** Its key in an eval event: `bitsPerCharacter`. */
  readonly name: string;
  /** What it is called for people, and after its value: `bits per character`. */
  readonly unit: string;
  /** The unit where there is little room: `bits/char`. */
  readonly shortUnit: string;
  readonly better: "lower" | "higher";
  readonly decimals: number;
  /** If it is the loss in another unit: what it is for a loss in nats. */
  readonly ofLoss?: (loss: number) => number;
}

/** The loss, in nats for each target that counts, and whatever else a task's metrics name. */
export interface Score {
  readonly loss: number;
  readonly [metric: string]: number;
}

/** The options of a run that tasks look at. */
export interface TaskOptions {
  readonly unit: Unit;
  readonly minCount: number;
  readonly valFrac: number;
  readonly testFrac: number;
  readonly batchSize: number;
  readonly seqLength: number;
}

/** How data is read. */
export interface Reading {
  /** The checkpoint of a run whose vocabularies are kept. */
  readonly from?: Checkpoint | undefined;
  /** Whether that very run goes on: its data is known by its digest, so nothing of it is refused. */
  readonly resuming: boolean;
  /** What "-" reads. */
  readonly stdin?: Readable | undefined;
  readonly note?: ((line: string) => void) | undefined;
  readonly onProgress?: (bytesRead: number, bytesTotal: number | undefined) => void;
}

/** Data that has been read. */
export interface Dataset {
  /** By which resuming and evaluating find the data again. */
  readonly record: CorpusRecord;
  /** The bytes that it takes in memory. */
  readonly bytes: number;
  /**
   * What a run with these options trains on and is validated on.
   * @throws CharrnnError if there is too little data for the options
   */
  trainingData(options: TaskOptions): TrainingData;
}

/** How much data a run has, and how many different symbols it reads. */
export interface DataSizes {
  readonly vocabulary: number;
  readonly symbols: { readonly train: number; readonly val: number; readonly test: number };
}

/** What a checkpoint keeps of a task. */
export interface TaskMembers {
  readonly vocabulary: VocabularyJson;
  /** The sizes of the network, and what else the task needs beside the vocabulary; undefined for a language model. */
  readonly task?: (NetworkSizes & Readonly<Record<string, Tree | undefined>>) | undefined;
}

/** The data of one run, cut into chunks. */
export interface TrainingData {
  readonly network: NetworkSizes;
  readonly sizes: DataSizes;
  readonly members: TaskMembers;
  readonly chunksPerEpoch: number;
  /** The symbols of all chunks of an epoch. */
  readonly symbolsPerEpoch: number;
  /** The loss of a model that holds all answers equally likely, in nats. */
  readonly uniformLoss: number;
  /** Why nothing is left for validation; undefined if something is. */
  readonly validationLacks: string | undefined;
  /** Chunk `index` (from 0) of an epoch (from 1). Its arrays are filled anew for the next one. */
  chunk(index: number, epoch: number): Chunk;
  /** Lays the task's model out for training, and for validation if there is any. */
  lay(layout: Layout, config: ModelConfig, dropout: DropoutClock): TaskLayout;
  /** What shows people how training goes, such as a sample: drawn from a checkpoint. */
  preview(checkpoint: Checkpoint, options: PreviewOptions): Promise<string>;
}

/** What dropout is drawn by: the seed of the run, and the number of the update [1]. */
export interface DropoutClock {
  readonly seed: number;
  readonly clock: Tensor;
}

export interface PreviewOptions {
  readonly seed: number;
  readonly engine: AvailableEngine;
}

/** What one update learns from. */
export interface Chunk {
  /** Which of the task's shapes it has. */
  readonly shape: string;
  /** Whether it starts from the zero state, and not from what the last chunk left. */
  readonly fresh: boolean;
  /** The values of the inputs that `UnrolledModel` names. */
  readonly inputs: Readonly<Record<string, Int32Array | Float32Array>>;
  /** How many targets count, at least 1. */
  readonly counted: number;
  /** How many symbols it has for the speed that people see: those that are no padding. */
  readonly symbols: number;
}

export interface TaskLayout {
  readonly model: UnrolledModel;
  readonly validation: Validation | undefined;
}

/** A task's model in a layout, unrolled for training once for each shape that chunks have (their numbers of steps). */
export interface UnrolledModel {
  readonly parameters: readonly Parameter[];
  /** What a chunk fills, by name. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [1]: how many targets of the chunk count. */
  readonly counted: Tensor;
  /** The states that are carried from chunk to chunk. */
  readonly states: readonly StoredTensor[];
  readonly shapes: ReadonlyMap<string, UnrolledChunk>;
}

/** What is computed for a chunk of one shape. */
export interface UnrolledChunk {
  /** From the inputs and the carried states to the answers. */
  readonly forward: readonly Operation[];
  /** From the answers to `losses`, without gradients. */
  readonly score: readonly Operation[];
  /** From the answers to `losses` and all gradients. */
  readonly backward: readonly Operation[];
  readonly losses: Tensor;
  /** Carries the states on, unless the status rejects the chunk. */
  readonly saveStates: (status: Tensor) => readonly Operation[];
  /** What to look at, in this order, if numbers stop being finite. */
  readonly stages: () => { readonly forward: readonly Stage[]; readonly backward: readonly Stage[] };
}

/** Scores the validation data with the weights as they stand in the engine. */
export interface Validation {
  readonly programs: Programs<string>;
  /** `progress` hears how many of the steps are done. */
  score(engine: Engine, progress?: (done: number, total: number) => void): Promise<Score>;
}
