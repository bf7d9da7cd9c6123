import {
  isNamedArray,
  isRecord,
  type Checkpoint,
  type CorpusRecord,
  type NamedArray,
  type Tree,
} from "../checkpoint/format.ts";
import { CharrnnError, UsageError, messageOf } from "../errors.ts";
import { type ModelConfig } from "../model/network.ts";
import { type StoredValues } from "../model/weights.ts";
import { type Metric, type Score, type Task, type TaskMembers } from "../tasks/task.ts";
import { type Best, type EndEvent, type EndReason } from "./events.ts";
import { type ClippedSteps } from "./health.ts";
import { completeOptions, parseOptions } from "./option-checks.ts";
import { flagOf, type TrainOptions } from "./options.ts";
import { type RunLength } from "./schedule.ts";

/** Everything that exact resuming needs, except weights, moments and carried states. */
export interface RunState {
  /** The number of updates so far. */
  readonly step: number;
  readonly options: TrainOptions;
  readonly corpus: CorpusRecord;
  readonly best: Best | null;
  /** How many evaluations came after the best one. */
  readonly evaluationsSinceBest: number;
  /** How often the plateau schedule has lowered the learning rate. */
  readonly drops: number;
  /** Whether the evaluation after the last update was interrupted. A resumed run then begins with this evaluation. */
  readonly evaluationDue: boolean;
  /** The least number of steps between evaluations by default; 0 in a run that an older version of charrnn began. */
  readonly evaluationSpacing: number;
  /** The loss of the first chunk, with which later losses are compared to find an explosion. */
  readonly firstLoss: number;
  /** The steps since the last health event. Only a run with --health-every counts them. */
  readonly sinceHealth?: ClippedSteps | undefined;
  /** Seconds of work so far. */
  readonly seconds: number;
  /** The seconds of --minutes that the run has spent, if it has such a budget. */
  readonly secondsOfBudget?: number | undefined;
  /** The engine and its build. Results are equal to the bit only if both are the same. */
  readonly engine: string;
  readonly build: string;
  /** Whether this engine and build made every update. */
  readonly exact: boolean;
}

/**
 * The metric that decides which checkpoint of a run is the best.
 * @throws UsageError if the task does not have the metric of --metric
 */
export function decidingMetric({ metrics }: Pick<Task, "metrics">, options: TrainOptions): Metric {
  const known = metrics(options);
  const found = known.find(({ name }) => kebab(name) === options.metric);
  if (found !== undefined) return found;
  const names = known.map(({ name }) => kebab(name)).join(", ");
  throw new UsageError(`--metric ${options.metric} is not measured by this task: take one of ${names}`);
}

function kebab(name: string): string {
  return flagOf(name).slice(2);
}

/** Whether a score is better than the best so far. A score of NaN is never better. */
export function isBetter(score: Score, best: Best | null, { name, better }: Metric): boolean {
  const worst = better === "lower" ? Infinity : -Infinity;
  const before = best?.value ?? worst;
  return better === "lower" ? score[name] < before : score[name] > before;
}

/** Records a score as the best one so far: its step, its file, its loss, and the value of the deciding metric. */
export function bestOf(score: Score, { step, path }: { step: number; path: string }, { name }: Metric): Best {
  return { step, loss: score.loss, path, metric: name, value: score[name] };
}

/** Whether the run should stop, because --patience evaluations brought no better score. */
export function hasLostPatience({ evaluationsSinceBest, options }: RunState): boolean {
  return evaluationsSinceBest >= (options.patience ?? Infinity);
}

/** Whether the run has spent the time of --minutes. */
export function hasSpentBudget({ secondsOfBudget = 0, options: { minutes } }: RunState): boolean {
  return minutes !== undefined && secondsOfBudget >= 60 * minutes;
}

/** Whether the run has nothing left to do. */
export function isOver(state: RunState, { steps }: RunLength): boolean {
  return !state.evaluationDue && (state.step >= steps || hasLostPatience(state) || hasSpentBudget(state));
}

/** The last event of a run. */
export function endEvent({ step, best, seconds }: RunState, reason: EndReason): EndEvent {
  return { event: "end", reason, step, best, seconds };
}

/** The tensors of a run by name. */
export interface RunTensors {
  readonly parameters: ReadonlyMap<string, StoredValues>;
  readonly moments: ReadonlyMap<string, StoredValues>;
  readonly states: ReadonlyMap<string, StoredValues>;
}

/** The checkpoint of a run. `weightsOnly` leaves out the members for resuming: the file is then a third as large. */
export function runCheckpoint(
  model: ModelConfig,
  { vocabulary, beginnings, task }: TaskMembers,
  state: RunState,
  tensors: RunTensors,
  { stepsPerEpoch, weightsOnly }: { stepsPerEpoch: number; weightsOnly: boolean },
): Checkpoint {
  const { step, options, corpus, best, engine, sinceHealth, ...rest } = state;
  return {
    model: { ...model },
    vocabulary,
    task: task && { name: options.task, ...task },
    beginnings,
    parameters: tensors.parameters,
    training: {
      step,
      epoch: epochOf(step, stepsPerEpoch),
      options: { ...options },
      corpus,
      ...(!weightsOnly && {
        optimizer: Object.fromEntries(tensors.moments),
        streams: { chunk: step % stepsPerEpoch },
        state: Object.fromEntries(tensors.states),
        random: { seed: options.seed },
      }),
      best: best && { ...best },
      ...(sinceHealth && { sinceHealth: { ...sinceHealth } }),
      engine,
      ...rest,
    },
  };
}

/** The epoch, from 1, that an update belongs to. */
export function epochOf(step: number, stepsPerEpoch: number): number {
  return Math.max(1, Math.ceil(step / stepsPerEpoch));
}

/**
 * Reads the state of a run from a checkpoint.
 * @throws CharrnnError if the checkpoint holds only weights, or was not written by a run
 */
export function parseRunState(
  checkpoint: Checkpoint,
  path: string,
): { state: RunState; tensors: RunTensors } {
  const { training, parameters } = checkpoint;
  if (training === undefined || !isRecord(training.optimizer) || !isRecord(training.state)) {
    throw new CharrnnError(`${path} holds weights only: start a new run from it with --init-from`);
  }
  const invalid = () =>
    new CharrnnError(`${path} does not hold the state of a run: resume another checkpoint`);
  const number = (value: Tree | undefined): number => {
    if (typeof value !== "number") throw invalid();
    return value;
  };
  const text = (value: Tree | undefined): string => {
    if (typeof value !== "string") throw invalid();
    return value;
  };
  const { corpus, best, options, sinceHealth } = training;
  if (corpus === undefined || !isRecord(options)) throw invalid();
  return {
    state: {
      step: training.step,
      options: runOptions(options, path),
      corpus,
      best: isRecord(best)
        ? {
            step: number(best.step),
            loss: number(best.loss),
            path: text(best.path),
            // In older runs, the loss always decided.
            metric: text(best.metric ?? "loss"),
            value: number(best.value ?? best.loss),
          }
        : null,
      evaluationsSinceBest: number(training.evaluationsSinceBest),
      drops: number(training.drops),
      evaluationDue: training.evaluationDue === true,
      evaluationSpacing: number(training.evaluationSpacing ?? 0),
      firstLoss: number(training.firstLoss),
      ...(isRecord(sinceHealth) && {
        sinceHealth: { steps: number(sinceHealth.steps), clipped: number(sinceHealth.clipped) },
      }),
      seconds: number(training.seconds),
      secondsOfBudget: training.secondsOfBudget === undefined ? undefined : number(training.secondsOfBudget),
      engine: text(training.engine),
      build: text(training.build),
      exact: training.exact !== false,
    },
    tensors: {
      parameters,
      moments: tensorsOf(training.optimizer, invalid),
      states: tensorsOf(training.state, invalid),
    },
  };
}

/** The options of a run. Another version of charrnn may have written the options. */
function runOptions(options: Readonly<Record<string, unknown>>, path: string): TrainOptions {
  try {
    // A run that an older version of charrnn began keeps no beginnings.
    return completeOptions({ beginnings: false, ...parseOptions(options) });
  } catch (error) {
    throw new CharrnnError(
      `cannot resume ${path}: another version of charrnn wrote its options; update charrnn (${messageOf(error)})`,
    );
  }
}

function tensorsOf(
  record: Readonly<Record<string, Tree | undefined>>,
  invalid: () => CharrnnError,
): Map<string, StoredValues> {
  const isFloats = (value: Tree | undefined): value is NamedArray & StoredValues =>
    isNamedArray(value) && value.dtype === "float32";
  return new Map(
    Object.entries(record).map(([name, value]) => {
      if (!isFloats(value)) throw invalid();
      return [name, value];
    }),
  );
}
