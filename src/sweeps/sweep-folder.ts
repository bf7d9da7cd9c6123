import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { removeTemporaries, writeAtomically } from "../checkpoint/atomic.ts";
import { namedRun, SWEEP_FILE } from "../checkpoint/find-run.ts";
import { lockRun } from "../checkpoint/lock.ts";
import { requireSafeName } from "../checkpoint/new-run.ts";
import { CharrnnError } from "../errors.ts";
import { fileError } from "../file-error.ts";
import { makeFolder, makeFolders } from "../folders.ts";
import { type TrainOptions } from "../training/options.ts";

/** A run of a sweep: its name, its options without name and folder, and its number of parameters. */
export interface SweepRun {
  readonly name: string;
  readonly options: Partial<TrainOptions>;
  readonly parameters: number;
}

/** The content of sweep.json. */
export interface SweepRecord {
  readonly format: "charrnn-sweep";
  readonly version: 1;
  /** ISO 8601. */
  readonly start: string;
  readonly corpus: readonly string[];
  /** The spec as it was given. */
  readonly spec: unknown;
  readonly runs: readonly SweepRun[];
}

/** The folder of a sweep: sweep.json, results.jsonl, and a folder for each run. */
export interface SweepFolder {
  readonly name: string;
  readonly folder: string;
  readonly record: string;
  readonly results: string;
}

/** The paths of the sweep called `name` under `out`, whether it exists or not. */
export function sweepFolder(out: string, name: string): SweepFolder {
  const folder = namedRun(out, name);
  return { name, folder, record: join(folder, SWEEP_FILE), results: join(folder, "results.jsonl") };
}

/** Whether a name or a path is that of a sweep. */
export function isSweep(out: string, name: string): boolean {
  return existsSync(sweepFolder(out, name).record);
}

/**
 * Reads sweep.json.
 * @throws CharrnnError if the file is missing, or is not that of a sweep
 */
export function readSweep({ record: path }: SweepFolder): SweepRecord {
  let record: Partial<SweepRecord> | null;
  try {
    record = JSON.parse(readFileSync(path, "utf8")) as Partial<SweepRecord> | null;
  } catch (error) {
    throw fileError("read", path, error);
  }
  if (record?.format === "charrnn-sweep" && record.version === 1 && Array.isArray(record.runs)) {
    return record as SweepRecord;
  }
  throw new CharrnnError(`${path} is not the record of a sweep: name another sweep`);
}

/** A sweep whose folder this process holds. */
export interface OpenedSweep {
  readonly record: SweepRecord;
  readonly unlock: () => void;
}

/**
 * Makes the folder of a sweep, or opens that of the same sweep, and locks it. The plan may have more runs than the
 * folder, but not fewer. Runs that are there keep their names.
 * @throws UsageError for a name that no folder can have; CharrnnError if another sweep has the name, or the folder is in
 * use
 */
export async function openSweep(sweep: SweepFolder, out: string, planned: SweepRecord): Promise<OpenedSweep> {
  const { name, folder, record: path } = sweep;
  const isNew = !existsSync(path);
  if (isNew) {
    requireSafeName(name);
    makeFolders(out);
    // A sweep that was killed before it wrote its record leaves an empty folder.
    makeFolder(folder);
  }
  const unlock = await lockRun(folder);
  try {
    removeTemporaries(folder);
    if (isNew) requireEmpty(sweep);
    const before = isNew ? undefined : readSweep(sweep);
    const record = before === undefined ? planned : grown(sweep, before, planned);
    if (before === undefined || before.runs.length < record.runs.length) {
      await writeAtomically(path, [`${JSON.stringify(record, null, 2)}\n`]);
    }
    return { record, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** @throws CharrnnError if a folder that is no sweep holds files, for instance those of a run */
function requireEmpty({ name, folder }: SweepFolder): void {
  const isRun = ["options.json", "latest.json", "best.json"].some((file) => existsSync(join(folder, file)));
  if (isRun)
    throw new CharrnnError(`${folder} is the folder of a run: give the sweep another name than ${name}`);
}

/**
 * A sweep with the runs that a plan adds to it.
 * @throws CharrnnError if the plan has another corpus, or lacks a run of the sweep
 */
function grown({ folder }: SweepFolder, before: SweepRecord, planned: SweepRecord): SweepRecord {
  const remedy = "give the sweep another --name, or run the spec as it was";
  if (!isDeepStrictEqual(before.corpus, planned.corpus)) {
    throw new CharrnnError(
      `the sweep in ${folder} has another corpus (${before.corpus.join(" ")}): ${remedy}`,
    );
  }
  const added = new Map(planned.runs.map((run) => [keyOf(run), run]));
  for (const run of before.runs) {
    if (added.delete(keyOf(run))) continue;
    throw new CharrnnError(
      `the sweep in ${folder} has a run ${run.name} that is not in this spec: ${remedy}`,
    );
  }
  const runs = [...before.runs];
  const names = new Set(runs.map(({ name }) => name));
  for (const run of added.values()) {
    let name = run.name;
    for (let number = 2; names.has(name); number++) name = `${run.name}-${number}`;
    names.add(name);
    runs.push({ ...run, name });
  }
  return { ...planned, start: before.start, runs };
}

/** The options of a run in one order, as a text. */
export function keyOf({ options }: Pick<SweepRun, "options">): string {
  return JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}
