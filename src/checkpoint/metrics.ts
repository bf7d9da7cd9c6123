import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  openSync,
  readSync,
} from "node:fs";
import { createInterface } from "node:readline";
import { writeAtomically } from "./atomic.ts";
import { errorCode, fileError } from "./file-error.ts";

/** One line of metrics.jsonl. */
export interface MetricsEvent {
  readonly event: string;
}

/** An event read back: what it holds beside its name is not known. */
interface StoredEvent extends MetricsEvent {
  readonly step?: unknown;
  readonly reason?: unknown;
}

const unfinishedReasons: ReadonlySet<unknown> = new Set(["interrupted", "diverged"]);

/** An end event is far shorter; a longer last line is a sample. */
const TAIL_BYTES = 2 ** 16;

/**
 * Appends one event to metrics.jsonl as a compact line, its keys in the order they have. The line is with the system
 * when this returns, so that a kill loses none. Throws a CharrnnError where it cannot be written.
 */
export function appendMetrics(path: string, event: MetricsEvent): void {
  try {
    appendFileSync(path, `${JSON.stringify(event)}\n`);
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/**
 * Cuts metrics.jsonl back to `step` for a run that goes on from there: drops the events of later steps, the end of
 * the run, and what a killed process left of a line. Done atomically; no file is no error.
 */
export async function cutMetrics(path: string, step: number): Promise<void> {
  if (!existsSync(path)) return;
  await writeAtomically(path, keptLines(path, step));
}

async function* keptLines(path: string, step: number): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const event = parseEvent(line);
    if (event === undefined || event.event === "end") continue;
    if (typeof event.step === "number" && event.step > step) continue;
    yield `${line}\n`;
  }
}

/**
 * Whether the run that wrote this file came to its end: its last line is an end event whose reason is neither
 * "interrupted" nor "diverged". False where there is no file.
 */
export function isFinished(path: string): boolean {
  const last = parseEvent(lastLine(path));
  return last?.event === "end" && !unfinishedReasons.has(last.reason);
}

function lastLine(path: string): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "";
    throw fileError("read", path, error);
  }
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, size));
    const count = readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString("utf8", 0, count).trimEnd().split("\n").at(-1) ?? "";
  } finally {
    closeSync(file);
  }
}

function parseEvent(line: string): StoredEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent =
      typeof value === "object" && value !== null && "event" in value && typeof value.event === "string";
    return isEvent ? (value as StoredEvent) : undefined;
  } catch {
    return undefined;
  }
}
