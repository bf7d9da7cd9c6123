import { createReadStream, existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RunFolder } from "../checkpoint/run-folder.ts";
import type { EndReason, TrainingEvent } from "../training/events.ts";

/** A run as `charrnn runs` tells it, from the lines of its metrics.jsonl; null is what they do not say. */
export interface RunSummary {
  name: string;
  folder: string;
  /** ISO 8601. */
  start: string;
  cell: string | null;
  layers: number | null;
  hidden: number | null;
  parameters: number | null;
  /** Updates made, of so many. */
  step: number;
  steps: number | null;
  /** The smallest validation loss in nats per character. */
  bestLoss: number | null;
  bytes: number;
  /** `unfinished`: it has not told of its end, for it runs or was killed. */
  status: EndReason | "unfinished";
}

/** Reads how far a run has come. Lines that make no sense, as a killed process may leave, are passed over. */
export async function summarizeRun(run: RunFolder, start: string): Promise<RunSummary> {
  const summary: RunSummary = {
    ...{
      name: run.name,
      folder: run.folder,
      start,
      cell: null,
      layers: null,
      hidden: null,
      parameters: null,
    },
    ...{ step: 0, steps: null, bestLoss: null, bytes: bytesIn(run.folder), status: "unfinished" },
  };
  if (!existsSync(run.metrics)) return summary;
  for await (const line of createInterface({ input: createReadStream(run.metrics) })) {
    const event = parseLine(line);
    if (event !== undefined) take(summary, event);
  }
  return summary;
}

function take(summary: RunSummary, event: TrainingEvent): void {
  summary.step = event.step;
  summary.status = event.event === "end" ? event.reason : "unfinished";
  if (event.event === "start") {
    const { cell, layers, hidden } = event.options as Pick<RunSummary, "cell" | "layers" | "hidden">;
    Object.assign(summary, { cell, layers, hidden, parameters: event.parameters, steps: event.steps });
  } else if (event.event === "eval") {
    summary.bestLoss = Math.min(summary.bestLoss ?? Infinity, event.loss);
  }
}

function parseLine(line: string): TrainingEvent | undefined {
  try {
    return JSON.parse(line) as TrainingEvent;
  } catch {
    return undefined;
  }
}

/** Bytes of the files in a folder; two names of one file, as kept checkpoints are, count once. */
function bytesIn(folder: string): number {
  const sizes = new Map<number, number>();
  for (const name of readdirSync(folder)) {
    // A run that is saving just now removes files as they are counted.
    const file = lstatSync(join(folder, name), { throwIfNoEntry: false });
    if (file) sizes.set(file.ino, file.size);
  }
  return [...sizes.values()].reduce((total, size) => total + size, 0);
}
