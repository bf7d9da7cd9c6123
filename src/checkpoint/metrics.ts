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

/** One line of metrics.jsonl: what happened, and how many updates had been made. */
export interface MetricsEvent {
  readonly event: string;
  readonly step: number;
}

/** An event read back: what it holds besides is not known. */
export type StoredEvent = MetricsEvent & Readonly<Record<string, unknown>>;

/** A line as it was written, without its line end, and the event that it is. */
interface StoredLine {
  readonly line: string;
  readonly event: StoredEvent;
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
 * Cuts metrics.jsonl back to `step` for a run that goes on from there: drops the events of later steps, those of
 * `step` itself that are `due` to be told again, the end of the run, and what a killed process left of a line. Done
 * atomically; no file is no error.
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
 * The events in metrics.jsonl, in order; lines that are none, such as one that a killed process left unfinished, are
 * passed over. No file is no error; one that cannot be read is a CharrnnError.
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

/** A file's lines. node:readline, of newer Nodes, ends one at U+2028 and U+2029 as well, which a sample may hold. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let last = "";
  for await (const text of createReadStream(path, "utf8") as AsyncIterable<string>) {
    const lines = `${last}${text}`.split("\n");
    last = lines.pop() ?? "";
    yield* lines;
  }
  yield last;
}

/** Whether the run that wrote this file came to its end with this step, neither interrupted nor diverged. */
export function isFinished(path: string, step: number): boolean {
  const end = endOf(path);
  return end?.step === step && !unfinishedReasons.has(end.reason);
}

/** The end event that is the last line; undefined where there is none, as while the run goes on. */
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
