import type { Readable } from "node:stream";
import { requireNames } from "../arguments.ts";
import { readCheckpoint } from "../checkpoint/read.ts";
import { requireFreeName, resolveCheckpoint } from "../checkpoint/run-folder.ts";
import type { Checkpoint, CorpusRecord } from "../checkpoint/format.ts";
import { chooseEngine, type ChosenEngine } from "../engine/open.ts";
import { UsageError } from "../errors.ts";
import type { ModelConfig } from "../model/network.ts";
import { readCorpus } from "../text/corpus.ts";
import { planSegments } from "../text/segments.ts";
import { split, type Splits } from "../text/splits.ts";
import { Streams } from "../text/streams.ts";
import type { Symbols } from "../text/symbols.ts";
import { Vocabulary } from "../text/vocabulary.ts";
import { idleOptions } from "./idle-options.ts";
import type { LearnerPlan } from "./learner.ts";
import {
  completeOptions,
  flagOf,
  optionDefinitions,
  refuseToGoByValidation,
  type TrainOptions,
} from "./options.ts";
import type { RunLength } from "./schedule.ts";

/** What a caller hears while a run is prepared and trained, and how it ends one early. */
export interface TrainControl {
  /** Once aborted, the updates under way end and the run is saved; its last event is an end that was interrupted. */
  signal?: AbortSignal;
  /** What the corpus "-" reads. */
  stdin?: Readable;
  /** One-line notes for the eye. */
  note?: (line: string) => void;
  progress?: (progress: PhaseProgress) => void;
}

const controlNames: Readonly<Record<keyof TrainControl, true>> = {
  ...{ signal: true, stdin: true, note: true, progress: true },
};

/** What a run is at besides training: reading its corpus (bytes done), initializing, or validating (steps done). */
export interface PhaseProgress<Phase = "reading" | "initializing" | "validating"> {
  readonly phase: Phase;
  readonly done?: number;
  /** Where it is known. */
  readonly total?: number | undefined;
}

/** A run before its first step: checked options, text, the engine, and the sizes that follow. */
export interface Prepared {
  readonly options: TrainOptions;
  readonly model: ModelConfig;
  readonly vocabulary: Vocabulary;
  readonly corpus: CorpusRecord;
  readonly splits: Splits;
  readonly streams: Streams;
  readonly length: RunLength;
  readonly engine: ChosenEngine;
  readonly learner: LearnerPlan;
  /** The weights to start from, where a run goes on from another's. */
  readonly initial: Checkpoint["parameters"] | undefined;
}

/**
 * Reads the corpus and works out everything a run needs to know beforehand. `vocabulary` is that of a run that is
 * resumed.
 * @throws UsageError and CharrnnError for options and texts that no run can be made of
 */
export async function prepare(
  paths: readonly string[],
  given: Partial<TrainOptions>,
  control: TrainControl,
  resumed?: Vocabulary,
): Promise<Prepared> {
  requireNames(control, controlNames, "the control");
  const source = given.initFrom === undefined || resumed ? undefined : readSource(given, given.initFrom);
  const options = completeOptions({ ...given, ...source?.shape });
  if (!resumed) {
    if (options.name !== undefined) requireFreeName(options.out, options.name);
    for (const line of idleOptions(options)) control.note?.(line);
  }
  const vocabulary = resumed ?? source?.vocabulary;
  const corpus = await readCorpus(paths, {
    unit: options.unit,
    ...(vocabulary ? { vocabulary } : { minCount: options.minCount }),
    // Resuming knows its text by the digest alone.
    ...(resumed && { unknown: "skip" as const }),
    ...(control.stdin && { stdin: control.stdin }),
    onProgress: (done, total) => {
      control.signal?.throwIfAborted();
      control.progress?.({ phase: "reading", done, total });
    },
  });
  for (const note of corpus.notes) control.note?.(note);

  const splits = split(corpus.symbols, options.valFrac, options.testFrac);
  if (splits.val.length === 0) {
    refuseToGoByValidation(options, `the text is too short for --val-frac ${options.valFrac} to leave any`);
  }
  const streams = new Streams(splits.train, options.batchSize, options.seqLength);
  const steps = options.steps ?? options.epochs * streams.chunks;
  if (!resumed && options.warmup > steps) {
    control.note?.(`--warmup ${options.warmup} outlasts the run (${steps}), which never reaches its --lr`);
  }
  const { cell, layers, hidden, embedding, dropout } = options;
  const model = { cell, layers, hidden, embedding, dropout };
  const lastSteps = streams.streamLength % streams.seqLength;
  return {
    options,
    model,
    vocabulary: corpus.vocabulary,
    corpus: {
      files: corpus.files,
      sha256: corpus.sha256,
      symbols: corpus.symbols.length,
      commonest: commonest(corpus.symbols, corpus.vocabulary),
    },
    splits,
    streams,
    length: { steps, stepsPerEpoch: streams.chunks },
    // Last, for it may wait for a compiler.
    engine: await chooseEngine(options.engine, {
      mayCompile: true,
      onCompile: () => control.note?.("compiling the kernels for this CPU, which is done once"),
      note: control.note,
    }),
    learner: {
      config: model,
      sizes: { inputs: corpus.vocabulary.size, outputs: corpus.vocabulary.size },
      options,
      chunkSteps: lastSteps > 0 ? [streams.seqLength, lastSteps] : [streams.seqLength],
      segments: splits.val.length > 0 ? planSegments(splits.val.length) : [],
    },
    initial: source?.parameters,
  };
}

/** The options that a checkpoint decides for a run that starts from it, and those that have nothing left to decide. */
const shapeOptions = ["cell", "layers", "hidden", "embedding"] as const;
const lostOptions = ["minCount", "init", "initRange", "forgetBias"] as const;

function readSource(given: Partial<TrainOptions>, from: string) {
  const { model, vocabulary, parameters } = readCheckpoint(
    resolveCheckpoint(from, given.out ?? optionDefinitions.out.default, from),
  );
  for (const name of shapeOptions) {
    if (given[name] !== undefined && given[name] !== model[name]) {
      throw new UsageError(
        `${flagOf(name)} ${given[name]} contradicts --init-from ${from}, which has ${model[name]}: leave it out`,
      );
    }
  }
  if (given.unit !== undefined && given.unit !== vocabulary.unit) {
    throw new UsageError(
      `--unit ${given.unit} contradicts --init-from ${from}, whose unit is ${vocabulary.unit}`,
    );
  }
  for (const name of lostOptions) {
    // A default may come from the options.json of such a run.
    if (given[name] === undefined || given[name] === optionDefinitions[name].default) continue;
    throw new UsageError(
      `${flagOf(name)} has no say with --init-from ${from}, whose vocabulary and weights are kept: leave it out`,
    );
  }
  const { cell, layers, hidden, embedding } = model;
  const shape = { cell, layers, hidden, embedding, unit: vocabulary.unit };
  return { shape, vocabulary: Vocabulary.fromJson(vocabulary), parameters };
}

/** A million symbols tell which is the commonest. */
const COUNTED = 1_000_000;

function commonest(symbols: Symbols, vocabulary: Vocabulary): number {
  const first = new Int32Array(Math.min(symbols.length, COUNTED));
  symbols.copyTo(first, 0, 0, first.length);
  const counts = new Uint32Array(vocabulary.size);
  for (const symbol of first) counts[symbol] += symbol === vocabulary.unknown ? 0 : 1;
  return counts.reduce((best, count, symbol) => (count > counts[best] ? symbol : best), 0);
}
