import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CharrnnError } from "../errors.ts";
import { errorCode, fileError } from "../file-error.ts";
import { endOf } from "./metrics.ts";
import { readOptions, runFolder, type RunFolder, type RunRecord } from "./run-folder.ts";

/** A run with the content of its options.json. */
export interface RecordedRun extends RunFolder {
  readonly record: RunRecord;
}

/**
 * The runs under `out`, the latest start first. The runs of a sweep are named `sweep/run`. Folders without a valid
 * options.json are left out.
 */
export function listRuns(out: string): RecordedRun[] {
  const names = namesIn(out).flatMap((name) =>
    isFile(join(out, name, SWEEP_FILE)) ? namesIn(join(out, name)).map((run) => `${name}/${run}`) : [name],
  );
  const runs = names.flatMap((name): RecordedRun[] => {
    const run = runFolder(out, name);
    const record = readOptions(run);
    return record === undefined ? [] : [{ ...run, record }];
  });
  return runs.sort((a, b) => Date.parse(b.record.start) - Date.parse(a.record.start));
}

/** The file that marks a folder as a sweep, whose folders are runs. */
export const SWEEP_FILE = "sweep.json";

/** The names in a folder, in order; none if there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return [];
    throw fileError("list", folder, error);
  }
}

const RESUMABLE_REASONS: ReadonlySet<unknown> = new Set([undefined, "interrupted"]);

/**
 * The newest run under `out` that can be resumed. Such a run has a latest.json and, according to its metrics.jsonl,
 * neither finished nor diverged. (A run that diverged would diverge again.)
 * @throws CharrnnError if there is no such run
 */
export function newestUnfinishedRun(out: string): RecordedRun {
  const run = listRuns(out).find(
    ({ latest, metrics }) => existsSync(latest) && RESUMABLE_REASONS.has(endOf(metrics)?.reason),
  );
  if (run !== undefined) return run;
  throw new CharrnnError(
    `there is no unfinished run in ${out}; name the run to continue, as in --resume NAME`,
  );
}

/**
 * The path of the checkpoint that `argument` stands for: a file, a run folder, or the name of a run under `out`. An
 * argument that begins with a slash or a dot is not a name. A run's checkpoint is its best.json, or else its
 * latest.json. If `out` has no run of this name, it may be the name of a shipped model. Without an argument, the newest run with a checkpoint is taken. If there is no such run, `shipped` is
 * taken.
 * @throws CharrnnError if there is no such checkpoint
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
  // If a file without the ending .json has the same name as a run, the run is meant.
  const candidates = isFile(argument) && !argument.endsWith(".json") ? [named, argument] : [argument, named];
  const shippedNamed = shippedModel(argument, shipped);
  if (shippedNamed !== undefined) candidates.push(shippedNamed);
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

/**
 * The checkpoint of the shipped model of this name, if there is one. The shipped models stand side by side, each in the
 * folder of its name.
 */
export function shippedModel(name: string, shipped: string): string | undefined {
  const path = join(dirname(dirname(shipped)), name, basename(shipped));
  return /^[\w-]+$/.test(name) && isFile(path) ? path : undefined;
}

/**
 * The folder of a run: the argument itself if it begins like a path, or else the folder of this name under `out`.
 */
export function namedRun(out: string, argument: string): string {
  return /^[./]/.test(argument) ? argument : join(out, argument);
}

/** Whether the argument is the folder or the name of a run, which may have no checkpoint yet. */
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
