import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { CharrnnError, UsageError } from "../errors.ts";
import { makeFolder, makeFolders } from "../folders.ts";
import { isLocked } from "./lock.ts";
import { endOf } from "./metrics.ts";
import { runFolder, type RunFolder } from "./run-folder.ts";

/** The parts of a run's name if the user gives no name. `corpus` is a path, or "-" for standard input. */
export interface RunBase {
  readonly corpus: string;
  readonly cell: string;
  readonly layers: number;
  readonly hidden: number;
}

/**
 * Makes the folder of a new run under `out`. Without a `name`, the folder is named after corpus, cell and size, such as
 * tales-lstm-2x128. If that name is taken, -2, -3, ... is added.
 * @throws UsageError, CharrnnError as `requireFreeName` does
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
 * Refuses a name that no new run under `out` can have.
 * @throws UsageError for a name that is not safe for a folder on every system, CharrnnError for a name that is taken
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
  const remedy = adviceOn(runFolder(out, name));
  return new CharrnnError(`a run named ${name} exists in ${out}; ${remedy}choose another --name`);
}

/** Advice on what the user can do with an existing run. Empty if the run has diverged. */
function adviceOn({ folder, options, latest, best, metrics }: RunFolder): string {
  if (isLocked(folder)) return "a process is training it: ";
  if (existsSync(latest)) {
    return endOf(metrics)?.reason === "diverged" ? "" : `continue it with --resume ${folder}, or `;
  }
  // Only a run that was started and never saved may be deleted. Any other folder may hold work of the user.
  const isUnsaved = existsSync(options) && !existsSync(best);
  return isUnsaved ? `delete ${folder}, which was never saved, or ` : "";
}

function corpusName(corpus: string): string {
  if (corpus === "-") return "stdin";
  const file = basename(corpus);
  const safe = basename(file, extname(file))
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-")
    .replace(/^[-\p{M}]+|-+$/gu, "");
  return Array.from(safe).slice(0, 30).join("") || "run";
}
