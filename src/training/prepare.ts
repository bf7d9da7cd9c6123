import { type Readable } from "node:stream";
import { requireNames } from "../arguments.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { readCheckpoint } from "../checkpoint/read.ts";
import { resolveCheckpoint } from "../checkpoint/find-run.ts";
import { requireFreeName } from "../checkpoint/new-run.ts";
import { type AvailableEngine } from "../engine/engine.ts";
import { chooseEngine } from "../engine/engines.ts";
import { UsageError } from "../errors.ts";
import { type ModelConfig } from "../model/network.ts";
import { isOfTask, LANGUAGE_MODEL, loadTask, taskNameOf } from "../tasks/index.ts";
import {
  USUAL_BATCH_SIZE,
  type DataSizes,
  type Dataset,
  type Metric,
  type Reading,
  type Task,
  type TrainingData,
} from "../tasks/task.ts";
import { untrainedFiles } from "../text/splits.ts";
import { completeOptions, ignoredOptions, requireNoValidation } from "./option-checks.ts";
import { flagOf, optionDefinitions, type TrainOptions } from "./options.ts";
import { fillName } from "./run-name.ts";
import { decidingMetric } from "./run-state.ts";
import { type SharedData } from "./shared-data.ts";
import { type RunLength } from "./schedule.ts";

/** How a caller can follow a run while it is prepared and trained, and end it early. */
export interface TrainControl {
  /**
   * Abort this signal to end the run: the updates under way are completed, the run is saved, and the last event is an
   * end with the reason `interrupted`.
   */
  signal?: AbortSignal;
  /** The stream that the path "-" stands for. */
  stdin?: Readable;
  /** What earlier runs of this process have read and found. A run that needs the same takes it from here. */
  shared?: SharedData;
  /** The run ends as if interrupted after the first evaluation at this step or a later one. */
  pauseAfter?: number;
  /** Computes on the caller's own thread. This suits small models, for which a thread takes longer to start. */
  ownThread?: boolean;
  /** Called with notes for people, one line each. */
  note?: (line: string) => void;
  progress?: (progress: PhaseProgress) => void;
}

const controlNames: Readonly<Record<keyof TrainControl, true>> = {
  signal: true,
  stdin: true,
  shared: true,
  pauseAfter: true,
  ownThread: true,
  note: true,
  progress: true,
};

/**
 * The progress of a phase of a run without updates: it reads data (`done` in bytes), initializes, or validates (`done`
 * in steps).
 */
export interface PhaseProgress<Phase = "reading" | "initializing" | "validating"> {
  readonly phase: Phase;
  readonly done?: number;
  /** The final value of `done`, if it is known. */
  readonly total?: number | undefined;
}

/** The checked options of a run, and the checkpoint whose weights it starts from. */
export interface Request {
  readonly options: TrainOptions;
  readonly task: Task;
  readonly from: Checkpoint | undefined;
}

/** A run that is ready to start: its options, its data, its engine and its length. */
export interface Prepared {
  readonly options: TrainOptions;
  readonly task: Task;
  readonly model: ModelConfig;
  readonly dataset: Dataset;
  readonly data: TrainingData;
  readonly length: RunLength;
  /** See `Rhythm`. */
  readonly evaluationSpacing: number;
  /** Decides which checkpoint is the best. */
  readonly metric: Metric;
  readonly kernels: AvailableEngine;
  /** The weights of another run, if this run starts from them. */
  readonly weights: Checkpoint["parameters"] | undefined;
}

/**
 * Checks the options of a new run on the data at `paths`, before any data is read.
 * @throws UsageError for options that contradict each other or the checkpoint of --init-from
 */
export async function checkRequest(
  paths: readonly string[],
  given: Partial<TrainOptions>,
  control: TrainControl,
): Promise<Request> {
  requireNames(control, controlNames, "the control");
  const from = given.initFrom === undefined ? undefined : readSource(given, given.initFrom);
  const name = from ? taskNameOf(from) : (given.task ?? LANGUAGE_MODEL);
  if (from && given.task !== undefined && !isOfTask(from, given.task)) {
    throw new UsageError(
      `--task ${given.task} contradicts --init-from, whose task is ${name}: leave out --task`,
    );
  }
  const task = await loadTask(name);
  const kept = from && { ...modelOptionsOf(from), ...task.optionsFrom(from, given) };
  const completed = completeOptions({ ...given, ...kept, task: name });
  const options = { ...completed, name: completed.name && fillName(completed.name, completed, paths[0]) };
  decidingMetric(task, options);
  if (options.name !== undefined) requireFreeName(options.out, options.name);
  for (const line of ignoredOptions(options)) control.note?.(line);
  return { options, task, from };
}

/**
 * Reads the data of a run, or takes it from the shared data.
 * @throws UsageError, CharrnnError for data that no run can train on
 */
export function readData(
  paths: readonly string[],
  request: Request,
  { signal, stdin, note, progress, shared }: TrainControl,
  resuming = false,
): Promise<Dataset> {
  const { options, task, from } = request;
  const reading: Reading = {
    from,
    resuming,
    stdin,
    note,
    onProgress: (done, total) => {
      signal?.throwIfAborted();
      progress?.({ phase: "reading", done, total });
    },
  };
  const read = () => task.read(paths, options, reading);
  // A run with --init-from reads data in the vocabulary of that checkpoint.
  return shared === undefined || options.initFrom !== undefined
    ? read()
    : shared.read(paths, options, resuming, read);
}

/**
 * Plans a run on data that has been read.
 * @throws UsageError, CharrnnError if there is too little data for the options, or the engine cannot run here
 */
export async function planRun(
  { options, task, from }: Request,
  dataset: Dataset,
  { note, shared }: TrainControl,
): Promise<Prepared> {
  const data = dataset.trainingData(options);
  if (data.validationLacks !== undefined) requireNoValidation(options, data.validationLacks);
  const { batchSize, chunksPerEpoch } = data;
  if (options.batchSize === undefined && batchSize < USUAL_BATCH_SIZE) {
    note?.(
      `the data is small: --batch-size is set to ${batchSize}, so that an epoch has ${chunksPerEpoch} steps`,
    );
  }
  for (const line of noteOnUntrained(data.sizes, options)) note?.(line);
  const { cell, layers, hidden, embedding, bidirectional, attention, dropout } = options;
  const findEngine = () =>
    chooseEngine(options.engine, {
      mayCompile: true,
      onCompile: () => note?.("compiling the kernels for this CPU, which is done once"),
      note,
    });
  return {
    options: { ...options, batchSize },
    task,
    model: {
      cell,
      layers,
      hidden,
      embedding,
      dropout,
      ...(bidirectional && { bidirectional }),
      ...(data.hasDecoder && { attention }),
    },
    metric: decidingMetric(task, options),
    dataset,
    data,
    length: {
      steps: options.steps ?? options.epochs * chunksPerEpoch,
      stepsPerEpoch: chunksPerEpoch,
    },
    evaluationSpacing: evaluationSpacing(data),
    // The engine is chosen last, because this may wait for a compiler.
    kernels: await (shared?.engine(options.engine, findEngine) ?? findEngine()),
    weights: from?.parameters,
  };
}

/** A line about files that are validated or tested on but not trained on, unless the user has chosen them. */
function noteOnUntrained({ files }: DataSizes, { val, test }: TrainOptions): string[] {
  const untrained =
    files === undefined || val !== undefined || test !== undefined ? [] : untrainedFiles(files);
  if (untrained.length === 0) return [];
  const what = untrained.length === 1 ? untrained[0] : `${untrained.length} files, such as ${untrained[0]},`;
  return [
    `nothing of ${what} is trained on, because the end of the text is kept: choose files with --val and --test, ` +
      "or mix them with --lines or --documents",
  ];
}

/**
 * For each symbol that evaluations read, at least this many symbols are trained on. Reading a symbol is a forward pass.
 * Training on one is a forward and a backward pass, about three times the work. So evaluations are at most about a
 * fifth of the work.
 */
const TRAINED_FOR_EACH_READ = 4 / 3;

function evaluationSpacing({ symbolsPerValidation, symbolsPerEpoch, chunksPerEpoch }: TrainingData): number {
  return Math.ceil((TRAINED_FOR_EACH_READ * symbolsPerValidation * chunksPerEpoch) / symbolsPerEpoch);
}

/** Checks, reads and plans a new run. */
export async function prepare(
  paths: readonly string[],
  given: Partial<TrainOptions>,
  control: TrainControl,
): Promise<Prepared> {
  const request = await checkRequest(paths, given, control);
  const prepared = await planRun(request, await readData(paths, request, control), control);
  const { warmup } = prepared.options;
  if (warmup > prepared.length.steps) {
    control.note?.(
      `--warmup ${warmup} exceeds the steps of the run (${prepared.length.steps}): the learning rate never reaches --lr`,
    );
  }
  return prepared;
}

/** A run that starts from a checkpoint takes `modelOptions` from it, and has no use for `uselessOptions`. */
const modelOptions = ["cell", "layers", "hidden", "embedding", "bidirectional", "attention"] as const;
const uselessOptions = ["init", "initRange", "forgetBias", "chrono"] as const;

function readSource(given: Partial<TrainOptions>, from: string): Checkpoint {
  const checkpoint = readCheckpoint(
    resolveCheckpoint(from, given.out ?? optionDefinitions.out.default, from),
  );
  const kept = modelOptionsOf(checkpoint);
  for (const name of modelOptions) {
    if (given[name] !== undefined && given[name] !== kept[name]) {
      throw new UsageError(
        `${flagOf(name)} ${given[name]} contradicts --init-from ${from}, which has ${kept[name]}: leave out ${flagOf(name)}`,
      );
    }
  }
  // New symbols get initial weights.
  const useless = given.unknown === "grow" ? (["forgetBias", "chrono"] as const) : uselessOptions;
  for (const name of useless) {
    // A default may come from the options.json of such a run.
    if (given[name] === undefined || given[name] === optionDefinitions[name].default) continue;
    throw new UsageError(
      `${flagOf(name)} does not work with --init-from ${from}, whose weights are kept: leave out ${flagOf(name)}`,
    );
  }
  return checkpoint;
}

function modelOptionsOf({ model }: Checkpoint): Pick<TrainOptions, (typeof modelOptions)[number]> {
  const { cell, layers, hidden, embedding, bidirectional = false } = model;
  // A model without a decoder has no attention, and its task has no such option.
  const { attention = optionDefinitions.attention.default } = model;
  return { cell, layers, hidden, embedding, bidirectional, attention };
}
