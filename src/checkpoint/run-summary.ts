import { lstatSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { isLocked } from "./lock.ts";
import { readMetrics, type StoredEvent } from "./metrics.ts";
import { type RecordedRun } from "./find-run.ts";

/**
 * A run as `charrnn runs` lists it, from its options.json and its metrics.jsonl. A value that is not there is null.
 */
export interface RunSummary {
  name: string;
  folder: string;
  /** ISO 8601. */
  start: string;
  /** Everything else in options.json: the corpus and every option. */
  options: Readonly<Record<string, unknown>>;
  cell: string | null;
  layers: number | null;
  hidden: number | null;
  parameters: number | null;
  /** Updates made, and updates planned. If the run was killed, `step` is the step of its latest checkpoint. */
  step: number;
  steps: number | null;
  /** The smallest validation loss in nats. */
  bestLoss: number | null;
  /** The metric of --metric, and its value in best.json. */
  metric: string;
  bestValue: number | null;
  bytes: number;
  /** `running`, the reason why the run ended, or `unfinished` if the run was killed before it wrote its end event. */
  status: string;
}

/** Reads the progress of a run. Lines that are no events are skipped, because a killed process may leave such lines. */
export async function summarizeRun(run: RecordedRun): Promise<RunSummary> {
  const { start, ...options } = run.record;
  const summary: RunSummary = {
    name: run.name,
    folder: run.folder,
    start,
    options,
    cell: null,
    layers: null,
    hidden: null,
    parameters: null,
    step: 0,
    steps: null,
    bestLoss: null,
    metric: "loss",
    bestValue: null,
    bytes: bytesIn(run.folder),
    status: "unfinished",
  };
  let saved = 0;
  let evaluated: number | null = null;
  for await (const { event } of readMetrics(run.metrics)) {
    take(summary, event);
    if (event.event === "eval") evaluated = valueOf(summary.metric, event);
    if (event.event !== "checkpoint") continue;
    // Only the file names are compared, because the run's folder may have been moved since the event was written.
    const file = basename(String(event.path));
    if (file === basename(run.latest)) saved = event.step;
    // The checkpoint is saved right after the best evaluation so far, whose metric is in `evaluated`.
    if (file === basename(run.best)) summary.bestValue = evaluated;
  }
  if (isLocked(run.folder)) summary.status = "running";
  return summary.status === "unfinished" ? { ...summary, step: saved } : summary;
}

function take(summary: RunSummary, event: StoredEvent): void {
  summary.step = event.step;
  summary.status = event.event === "end" && typeof event.reason === "string" ? event.reason : "unfinished";
  // With --minutes, a run may finish before its last epoch.
  if (summary.status === "finished") summary.steps = event.step;
  if (event.event === "start") {
    const options = (event.options ?? {}) as Record<string, unknown>;
    summary.cell = typeof options.cell === "string" ? options.cell : null;
    summary.layers = numberIn(options.layers);
    summary.hidden = numberIn(options.hidden);
    summary.parameters = numberIn(event.parameters);
    summary.steps = numberIn(event.steps);
    if (typeof options.metric === "string") summary.metric = options.metric;
  } else if (event.event === "eval" && typeof event.loss === "number") {
    summary.bestLoss = Math.min(summary.bestLoss ?? Infinity, event.loss);
  }
}

/** The value of a metric in an eval event, which has the metric under its name in camel case. */
function valueOf(metric: string, event: StoredEvent): number | null {
  const key = metric.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return numberIn((event as Readonly<Record<string, unknown>>)[key]);
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** The total size of the files in a folder, in bytes. */
function bytesIn(folder: string): number {
  // A run that is being saved may remove files while this function counts them.
  const sizes = readdirSync(folder).map(
    (name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((total, size) => total + size, 0);
}
