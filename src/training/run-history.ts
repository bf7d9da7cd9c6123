import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { listRuns, namedRun, type RecordedRun } from "../checkpoint/find-run.ts";
import { isLocked } from "../checkpoint/lock.ts";
import { readMetrics, type StoredEvent } from "../checkpoint/metrics.ts";
import { readOptions, runFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError } from "../errors.ts";
import { LANGUAGE_MODEL, loadTask, taskNames, type TaskName } from "../tasks/index.ts";
import { type Metric, type Task } from "../tasks/task.ts";
import {
  type EndReason,
  type EvalEvent,
  type SampleEvent,
  type StartEvent,
  type StepEvent,
} from "./events.ts";
import { flagOf } from "./options.ts";

/** A run with all that its metrics.jsonl tells. */
export interface RunHistory extends Pick<RecordedRun, "name" | "folder" | "record"> {
  readonly taskName: TaskName;
  readonly task: Task;
  /** What a validation measures, the loss first. */
  readonly metrics: readonly Metric[];
  /** The metric that decides which checkpoint is the best. */
  readonly deciding: Metric;
  /** Undefined until the run has started to train. After a resume it is that of the last start. */
  readonly start: StartEvent | undefined;
  readonly steps: readonly StepEvent[];
  readonly evaluations: readonly EvalEvent[];
  readonly samples: readonly SampleEvent[];
  /** `unfinished` if the run was killed before it wrote its end event. */
  readonly status: EndReason | "running" | "unfinished";
  /** The time that training took, validation included; undefined while the run has not ended. */
  readonly seconds: number | undefined;
}

/**
 * The run with this name under `out`, or in this folder. Without a name: the newest run.
 * @throws CharrnnError if there is no such run
 */
export function findRun(argument: string | undefined, out: string): RecordedRun {
  if (argument === undefined) {
    const newest = listRuns(out).at(0);
    if (newest !== undefined) return newest;
    throw new CharrnnError(`there are no runs in ${out}: \`charrnn train corpora/tales.txt\` makes one`);
  }
  for (const folder of [argument, namedRun(out, argument)]) {
    const run = { ...runFolder("", folder), name: basename(resolve(folder)) };
    const record = readOptions(run);
    if (record !== undefined) return { ...run, record };
  }
  const problem = existsSync(argument)
    ? `${argument} is no run folder, because it holds no valid options.json`
    : `there is no run called ${argument}`;
  throw new CharrnnError(`${problem}; \`charrnn runs\` lists the runs`);
}

/**
 * Reads the events of a run. Lines of metrics.jsonl that lack a member are left out.
 * @throws CharrnnError if metrics.jsonl cannot be read, or the run has a task that this version does not know
 */
export async function readHistory(run: RecordedRun): Promise<RunHistory> {
  let start: StartEvent | undefined;
  let end: StoredEvent | undefined;
  const [steps, evaluations, samples] = [[], [], []] as [StepEvent[], EvalEvent[], SampleEvent[]];
  for await (const { event } of readMetrics(run.metrics)) {
    end = event.event === "end" ? event : undefined;
    if (isStart(event)) start = event;
    else if (isStep(event)) steps.push(event);
    else if (isEvaluation(event)) evaluations.push(event);
    else if (isSample(event)) samples.push(event);
  }
  const options = start?.options ?? run.record;
  const named = options.task ?? LANGUAGE_MODEL;
  const taskName = taskNames.find((name) => name === named);
  if (taskName === undefined) {
    throw new CharrnnError(
      `the run ${run.name} has the task ${JSON.stringify(named)}, which this version of charrnn does not know: update charrnn`,
    );
  }
  const task = await loadTask(taskName);
  const metrics = task.metrics(options);
  const status = isLocked(run.folder) ? "running" : isReason(end?.reason) ? end.reason : "unfinished";
  const { name, folder, record } = run;
  return {
    name,
    folder,
    record,
    taskName,
    task,
    metrics,
    deciding: metrics.find(({ name }) => flagOf(name) === `--${String(options.metric)}`) ?? metrics[0],
    start,
    steps,
    evaluations,
    samples,
    status,
    seconds: typeof end?.seconds === "number" ? end.seconds : undefined,
  };
}

/** The best of several validations by a metric; undefined if there are none. */
export function bestEvaluation(
  evaluations: readonly EvalEvent[],
  { name, better }: Metric,
): EvalEvent | undefined {
  const sign = better === "lower" ? 1 : -1;
  const valueOf = (event: EvalEvent) => sign * Number(event[name]);
  return evaluations.reduce<EvalEvent | undefined>(
    (best, event) => (best !== undefined && valueOf(best) <= valueOf(event) ? best : event),
    undefined,
  );
}

function isStart(event: StoredEvent): event is StoredEvent & StartEvent {
  const { options, symbols } = event;
  return (
    event.event === "start" &&
    hasNumbers(event, ["steps", "stepsPerEpoch", "parameters", "vocabulary", "threads"]) &&
    typeof options === "object" &&
    options !== null &&
    typeof symbols === "object" &&
    symbols !== null
  );
}

function isStep(event: StoredEvent): event is StoredEvent & StepEvent {
  return event.event === "step" && hasNumbers(event, ["epoch", "loss", "gradientNorm", "learningRate"]);
}

function isEvaluation(event: StoredEvent): event is StoredEvent & EvalEvent {
  return event.event === "eval" && hasNumbers(event, ["loss"]);
}

function isSample(event: StoredEvent): event is StoredEvent & SampleEvent {
  return event.event === "sample" && typeof event.text === "string";
}

function hasNumbers(event: StoredEvent, names: readonly string[]): boolean {
  return names.every((name) => typeof event[name] === "number");
}

const reasons: Readonly<Record<EndReason, true>> = {
  finished: true,
  patience: true,
  interrupted: true,
  diverged: true,
};

function isReason(reason: unknown): reason is EndReason {
  return typeof reason === "string" && Object.hasOwn(reasons, reason);
}
