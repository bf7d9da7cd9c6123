import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  openSync,
  readSync,
} from "node:fs";
import { errorCode, fileError } from "../file-error.ts";
import { writeAtomically } from "./atomic.ts";

/** One line of metrics.jsonl: the name of an event, and the number of updates before it. */
export interface MetricsEvent {
  readonly event: string;
  readonly step: number;
}

/** An event that was read back. The types of its other members are unknown. */
export type StoredEvent = MetricsEvent & Readonly<Record<string, unknown>>;

/** A line as it was written, without the newline, and the event in it. */
interface StoredLine {
  readonly line: string;
  readonly event: StoredEvent;
}

const unfinishedReasons: ReadonlySet<unknown> = new Set(["interrupted", "diverged"]);

/** How many bytes at the end of the file are read to find an end event. An end event is far shorter than this. */
const TAIL_BYTES = 2 ** 16;

/**
 * Appends one event to metrics.jsonl as a compact line and keeps the order of the event's keys. The operating system
 * has the line when this function returns, so a kill loses no line.
 * @throws CharrnnError if the line cannot be written
 */
export function appendMetrics(path: string, event: MetricsEvent): void {
  try {
    appendFileSync(path, `${JSON.stringify(event)}\n`);
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/**
 * Cuts metrics.jsonl back to `step`, atomically, for a run that continues from there. Drops the events of later steps,
 * the events of `step` whose names are in `due` (because the run will repeat them), end events, and incomplete lines of
 * killed processes. A missing file is not an error.
 * @throws CharrnnError if the file cannot be read or written
 */
export async function cutMetrics(path: string, step: number, due: readonly string[] = []): Promise<void> {
  if (!existsSync(path)) return;
  await writeAtomically(path, keptLines(path, step, due));
}

async function* keptLines(path: string, step: number, due: readonly string[]): AsyncGenerator<string> {
  for await (const { line, event } of readMetrics(path)) {
    const isDropped = event.event === "end" || (event.step === step && due.includes(event.event));
    if (!isDropped && event.step <= step) yield `${line}\n`;
  }
}

/**
 * The events in metrics.jsonl, in order. Skips lines that are not events (incomplete lines of killed processes, for
 * example). A missing file is not an error.
 * @throws CharrnnError if the file cannot be read
 */
export async function* readMetrics(path: string): AsyncGenerator<StoredLine> {
  try {
    for await (const line of linesOf(path)) {
      const event = parseEvent(line);
      if (event !== undefined) yield { line, event };
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw fileError("read", path, error);
  }
}

/** A file's lines. node:readline is not used, because newer versions also end lines at U+2028 and U+2029. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let last = "";
  for await (const text of createReadStream(path, "utf8") as AsyncIterable<string>) {
    const lines = `${last}${text}`.split("\n");
    last = lines.pop() ?? "";
    yield* lines;
  }
  yield last;
}

/**
 * Whether the run that wrote this file ended at this step and was neither interrupted nor diverged.
 * @throws CharrnnError if the file cannot be read
 */
export function isFinished(path: string, step: number): boolean {
  const end = endOf(path);
  return end?.step === step && !unfinishedReasons.has(end.reason);
}

/**
 * The end event in the last line; undefined if the last line is another event (while a run continues, for example).
 * @throws CharrnnError if the file cannot be read
 */
export function endOf(path: string): StoredEvent | undefined {
  const last = parseEvent(lastLine(path));
  return last?.event === "end" ? last : undefined;
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
    if (typeof value !== "object" || value === null) return undefined;
    const { event, step } = value as Partial<StoredEvent>;
    return typeof event === "string" && Number.isSafeInteger(step) ? (value as StoredEvent) : undefined;
  } catch {
    return undefined;
  }
}
