import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { CharrnnError, UsageError } from "../errors.ts";
import { errorCode, fileError } from "../file-error.ts";
import { makeFolder, makeFolders } from "../folders.ts";
import { copyAtomically, writeAtomically } from "./atomic.ts";
import { isLocked } from "./lock.ts";
import { endOf } from "./metrics.ts";

/** Where the files of a run are. */
export interface RunFolder {
  readonly name: string;
  readonly folder: string;
  readonly options: string;
  readonly metrics: string;
  readonly latest: string;
  readonly best: string;
}

/** What options.json holds: when the run was started (ISO 8601), and whatever else the trainer records. */
export interface RunOptions {
  readonly start: string;
  readonly [option: string]: unknown;
}

/** A run with what its options.json says. */
export interface Run extends RunFolder {
  readonly record: RunOptions;
}

/** What the name of a run is made from where none is given; `corpus` is a path, "-" for standard input. */
export interface RunBase {
  readonly corpus: string;
  readonly cell: string;
  readonly layers: number;
  readonly hidden: number;
}

const numbered = /^step-(\d+)\.json$/;

/** The paths of the run called `name` under `out`, whether it exists or not. */
export function runFolder(out: string, name: string): RunFolder {
  const folder = join(out, name);
  return {
    name,
    folder,
    options: join(folder, "options.json"),
    metrics: join(folder, "metrics.jsonl"),
    latest: join(folder, "latest.json"),
    best: join(folder, "best.json"),
  };
}

/**
 * Makes the folder of a new run under `out`, called `name` or else after corpus, cell and size, such as
 * tales-lstm-2x128, with -2, -3, ... behind it where that exists. Throws as `requireFreeName` does.
 */
export function createRun(out: string, name: string | undefined, base: RunBase): RunFolder {
  if (name !== undefined) requireFreeName(out, name);
  makeFolders(out);
  if (name !== undefined) {
    const run = runFolder(out, name);
    if (makeFolder(run.folder)) return run;
    throw nameTaken(out, name);
  }
  const stem = `${corpusName(base.corpus)}-${base.cell}-${base.layers}x${base.hidden}`;
  for (let number = 1; ; number++) {
    const run = runFolder(out, number === 1 ? stem : `${stem}-${number}`);
    if (makeFolder(run.folder)) return run;
  }
}

/**
 * Throws where no new run under `out` can be called `name`: a UsageError for one that is not safe as a folder's name
 * everywhere, a CharrnnError for one that exists.
 */
export function requireFreeName(out: string, name: string): void {
  const isSafe = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,59}$/u.test(name) && !/(\.|\.json)$/i.test(name);
  if (!isSafe) {
    throw new UsageError(
      `${JSON.stringify(name)} cannot name a run; use at most 60 letters, digits, dots, hyphens and underscores, ` +
        "a letter or digit first, and no .json at the end",
    );
  }
  if (existsSync(join(out, name))) throw nameTaken(out, name);
}

function nameTaken(out: string, name: string): CharrnnError {
  const remedy = useOf(runFolder(out, name));
  return new CharrnnError(`a run named ${name} exists in ${out}; ${remedy}choose another --name`);
}

/** What can be done with a run that is there, as the beginning of an advice: nothing with one that has diverged. */
function useOf({ folder, options, latest, best, metrics }: RunFolder): string {
  if (isLocked(folder)) return "a process is at work on it: ";
  if (existsSync(latest)) {
    return endOf(metrics)?.reason === "diverged" ? "" : `go on with it by --resume ${folder}, or `;
  }
  // What was begun as a run and never saved may go; anything else may be dear to somebody.
  const isRemains = existsSync(options) && !existsSync(best);
  return isRemains ? `delete ${folder}, which was never saved, or ` : "";
}

function corpusName(corpus: string): string {
  if (corpus === "-") return "stdin";
  const file = basename(corpus);
  const safe = basename(file, extname(file))
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-")
    .replace(/^[-\p{M}]+|-+$/gu, "");
  return Array.from(safe).slice(0, 30).join("") || "run";
}

/** Writes options.json, atomically and for people to read. */
export async function writeOptions(run: RunFolder, options: RunOptions): Promise<void> {
  await writeAtomically(run.options, [`${JSON.stringify(options, null, 2)}\n`]);
}

/** What options.json says, or undefined where it is missing, cannot be read, is no JSON, or states no start. */
export function readOptions(run: RunFolder): RunOptions | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(run.options, "utf8"));
    const hasStart =
      typeof record === "object" &&
      record !== null &&
      "start" in record &&
      typeof record.start === "string" &&
      !Number.isNaN(Date.parse(record.start));
    return hasStart ? (record as RunOptions) : undefined;
  } catch {
    return undefined;
  }
}

/** The runs under `out`, newest first by the start in their options.json; folders without one are left out. */
export function listRuns(out: string): Run[] {
  let names: string[];
  try {
    names = readdirSync(out);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return [];
    throw fileError("list", out, error);
  }
  const runs = names.sort().flatMap((name): Run[] => {
    const run = runFolder(out, name);
    const record = readOptions(run);
    return record === undefined ? [] : [{ ...run, record }];
  });
  return runs.sort((a, b) => Date.parse(b.record.start) - Date.parse(a.record.start));
}

const resumableReasons: ReadonlySet<unknown> = new Set([undefined, "interrupted"]);

/**
 * The newest run under `out` that may go on: it has a latest.json, and its metrics.jsonl says neither that it is
 * finished nor that it diverged, which it would do again. Throws a CharrnnError where there is none.
 */
export function newestUnfinishedRun(out: string): Run {
  const run = listRuns(out).find(
    ({ latest, metrics }) => existsSync(latest) && resumableReasons.has(endOf(metrics)?.reason),
  );
  if (run !== undefined) return run;
  throw new CharrnnError(
    `there is no unfinished run in ${out}; name the run to go on with, as in --resume NAME`,
  );
}

/**
 * The checkpoint file that a person means: by a file, by a run folder or by a run's name under `out`, of which
 * best.json is taken, or else latest.json. What begins with a slash or a dot is no name. Left out, the newest run that
 * has one; without any run, `shipped`. Throws a CharrnnError where there is none.
 */
export function resolveCheckpoint(argument: string | undefined, out: string, shipped: string): string {
  if (argument === undefined) {
    for (const run of listRuns(out)) {
      const path = checkpointIn(run.folder);
      if (path !== undefined) return path;
    }
    if (existsSync(shipped)) return shipped;
    throw new CharrnnError(
      `there is no run with a checkpoint in ${out}; train one first, or name a checkpoint file`,
    );
  }
  const named = namedRun(out, argument);
  // A file that happens to be called like a run is no checkpoint.
  const candidates = isFile(argument) && !argument.endsWith(".json") ? [named, argument] : [argument, named];
  for (const path of candidates) {
    if (isFile(path)) return path;
    const inFolder = checkpointIn(path);
    if (inFolder !== undefined) return inFolder;
  }
  const problem = existsSync(argument)
    ? `${argument} holds no best.json and no latest.json`
    : existsSync(named)
      ? `the run ${argument} has no checkpoint yet`
      : `there is no checkpoint file, run folder or run called ${argument}`;
  throw new CharrnnError(`${problem}; \`charrnn runs\` lists the runs`);
}

/** The folder of the run that a person names by this argument, which is a path itself where its first sign says so. */
export function namedRun(out: string, argument: string): string {
  return /^[./]/.test(argument) ? argument : join(out, argument);
}

/** Whether a person means a run by this argument, by its folder or its name under `out`, whatever it has saved yet. */
export function isRun(argument: string, out: string): boolean {
  return [argument, namedRun(out, argument)].some(
    (folder) => isFile(join(folder, "options.json")) || checkpointIn(folder) !== undefined,
  );
}

function checkpointIn(folder: string): string | undefined {
  return [join(folder, "best.json"), join(folder, "latest.json")].find(isFile);
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/**
 * Keeps a copy of what is now latest.json as step-<step>.json, and of such files the last `count`; those of later steps
 * are of a run that has gone back since.
 */
export async function keepNumbered(run: RunFolder, step: number, count: number): Promise<void> {
  await copyAtomically(run.latest, numberedPath(run.folder, step));
  const steps = numberedIn(run.folder);
  const kept = steps.filter((other) => other <= step).slice(0, count);
  for (const other of steps) {
    if (!kept.includes(other)) rmSync(numberedPath(run.folder, other), { force: true });
  }
}

/** The last of the numbered checkpoints in a folder. */
export function lastKept(folder: string): string | undefined {
  const step = numberedIn(folder).at(0);
  return step === undefined ? undefined : numberedPath(folder, step);
}

function numberedPath(folder: string, step: number): string {
  return join(folder, `step-${step}.json`);
}

/** The steps of the numbered checkpoints in a folder, the last first. */
function numberedIn(folder: string): number[] {
  const steps = readdirSync(folder).flatMap((name) => {
    const match = numbered.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return steps.sort((a, b) => b - a);
}
