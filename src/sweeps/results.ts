import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
} from "node:fs";
import { fileError } from "../file-error.ts";
import { readMetrics } from "../checkpoint/metrics.ts";
import { runFolder } from "../checkpoint/run-folder.ts";
import { type EndEvent, type StepEvent } from "../training/events.ts";
import { type Ended } from "./runner.ts";

/**
 * A line of results.jsonl: how a run ended. The last line of a run counts. `paused` runs wait for the others of their
 * rung, and `stopped` runs were left behind there. A run that was interrupted has no line.
 */
export interface RunResult {
  readonly run: string;
  readonly status: Ended["status"] | "stopped";
  /** Why the run diverged or failed. */
  readonly reason?: string;
  /** The rung of halving at which the run paused or was stopped, from 0. */
  readonly rung?: number;
  readonly step: number;
  /** The best validation: its step, its loss in nats, and the metric that decides, as in the run's end event. */
  readonly best: {
    readonly step: number;
    readonly loss: number;
    readonly metric: string;
    readonly value: number;
  } | null;
  /** Seconds of work on the run, and the symbols a second of its updates. */
  readonly seconds: number;
  readonly charactersPerSecond: number | null;
}

/** Whether a result is one that `--retry failed` tries again. */
export function isFailure({ status }: RunResult): boolean {
  return status === "failed" || status === "diverged";
}

/** The result of a run that has just ended, from its metrics.jsonl. */
export async function resultOf(
  out: string,
  run: string,
  ending: Ended,
  rung: number | undefined,
): Promise<RunResult> {
  const { step, best, seconds, charactersPerSecond } = await progressIn(runFolder(out, run).metrics);
  return {
    run,
    ...ending,
    ...(ending.status === "paused" && rung !== undefined && { rung }),
    step,
    best,
    seconds,
    charactersPerSecond,
  };
}

/** How far a run has come, according to its metrics.jsonl. */
export async function progressIn(
  path: string,
): Promise<Pick<RunResult, "step" | "best" | "seconds" | "charactersPerSecond">> {
  let end: EndEvent | undefined;
  let [step, timedSteps, time] = [0, 0, 0];
  for await (const { event } of readMetrics(path)) {
    if (event.event === "step") {
      // A line covers the steps since the line before it. With s steps at speed v, s / v is their time.
      const { step: last, charactersPerSecond: speed } = event as unknown as StepEvent;
      if (speed > 0) {
        timedSteps += last - step;
        time += (last - step) / speed;
      }
      step = last;
    }
    if (event.event === "end") end = event as unknown as EndEvent;
  }
  const best = end?.best;
  return {
    step: end?.step ?? step,
    best: best ? { step: best.step, loss: best.loss, metric: best.metric, value: best.value } : null,
    seconds: end?.seconds ?? 0,
    charactersPerSecond: time > 0 ? Math.round(timedSteps / time) : null,
  };
}

/**
 * Appends a result to results.jsonl, so that not even a power failure loses it.
 * @throws CharrnnError if the line cannot be written
 */
export function appendResult(path: string, result: RunResult): void {
  try {
    const file = openSync(path, "a");
    try {
      appendFileSync(file, `${JSON.stringify(result)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/**
 * The last result of each run in results.jsonl. A killed process may have left an incomplete last line, which is cut off
 * if `repair` is true.
 * @throws CharrnnError if the file cannot be read
 */
export function readResults(path: string, repair = false): Map<string, RunResult> {
  const results = new Map<string, RunResult>();
  if (!existsSync(path)) return results;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
    const complete = text.lastIndexOf("\n") + 1;
    if (repair && complete < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, complete)));
  } catch (error) {
    throw fileError("read", path, error);
  }
  for (const line of text.split("\n")) {
    const result = parseResult(line);
    if (result !== undefined) results.set(result.run, result);
  }
  return results;
}

function parseResult(line: string): RunResult | undefined {
  try {
    const value = JSON.parse(line) as Partial<RunResult> | null;
    return typeof value?.run === "string" && typeof value.status === "string"
      ? (value as RunResult)
      : undefined;
  } catch {
    return undefined;
  }
}
