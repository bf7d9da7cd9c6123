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
  /** Updates made, and updates planned. If the run was killed, `step` is that of its latest checkpoint. */
  step: number;
  steps: number | null;
  /** The smallest validation loss in nats. */
  bestLoss: number | null;
  /** The metric of --metric, and its best value. */
  metric: string;
  bestValue: number | null;
  bytes: number;
  /** `running`, the reason why the run ended, or `unfinished` if it was killed before it wrote its end event. */
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
  for await (const { event } of readMetrics(run.metrics)) {
    take(summary, event);
    // Only the file names are compared, because the run's folder may have been moved since the event was written.
    if (event.event === "checkpoint" && basename(String(event.path)) === basename(run.latest))
      saved = event.step;
  }
  if (isLocked(run.folder)) summary.status = "running";
  return summary.status === "unfinished" ? { ...summary, step: saved } : summary;
}

function take(summary: RunSummary, event: StoredEvent): void {
  summary.step = event.step;
  summary.status = event.event === "end" && typeof event.reason === "string" ? event.reason : "unfinished";
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
    summary.bestValue = bestValue(summary, event);
  }
}

/** Metrics of which more is better. Of all others, less is better. */
const HIGHER_IS_BETTER: ReadonlySet<string> = new Set(["accuracy", "macro-f1"]);

function bestValue({ metric, bestValue: before }: RunSummary, event: StoredEvent): number | null {
  const key = metric.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const value = numberIn((event as Readonly<Record<string, unknown>>)[key]);
  if (value === null || before === null) return value ?? before;
  return HIGHER_IS_BETTER.has(metric) ? Math.max(value, before) : Math.min(value, before);
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** The total size of the files in a folder, in bytes. */
function bytesIn(folder: string): number {
  // A run that is being saved may remove files while they are counted.
  const sizes = readdirSync(folder).map(
    (name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((total, size) => total + size, 0);
}
