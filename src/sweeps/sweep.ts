import { basename, extname } from "node:path";
import { threadsOf, type Jobs } from "./jobs.ts";
import { type PlannedSweep } from "./plan.ts";
import { Pool } from "./pool.ts";
import { type RunResult } from "./results.ts";
import { type Runner } from "./runner.ts";
import { runSweep, type Watcher } from "./scheduler.ts";
import { keyOf, openSweep, sweepFolder, type SweepRecord, type SweepRun } from "./sweep-folder.ts";

/** How a planned sweep is carried out. */
export interface SweepOptions extends Jobs {
  readonly name: string;
  readonly out: string;
  /** The spec as it was given, which sweep.json keeps. */
  readonly spec: unknown;
  /** Whether runs that failed or diverged are tried again. */
  readonly retryFailed: boolean;
  readonly signal: AbortSignal;
  /** Trains the runs (default: a pool of processes of this machine). */
  readonly runner?: Runner;
}

/** The results of a sweep, as far as it has come. */
export interface SweepOutcome {
  readonly runs: readonly SweepRun[];
  readonly results: ReadonlyMap<string, RunResult>;
}

/**
 * Carries out a planned sweep, or goes on with it: runs that have a result are not repeated, and runs that were
 * interrupted resume exactly. Once the signal aborts, the present runs are saved.
 * @throws UsageError, CharrnnError if the folder of the sweep cannot be used
 */
export async function sweep(
  { corpus, runs, halving }: PlannedSweep,
  { name, out, spec, retryFailed, signal, runner, ...jobs }: SweepOptions,
  watcher: Watcher & { readonly open: (runs: readonly SweepRun[]) => void },
): Promise<SweepOutcome> {
  const folder = sweepFolder(out, name);
  const planned: SweepRecord = {
    format: "charrnn-sweep",
    version: 1,
    start: new Date().toISOString(),
    corpus,
    spec,
    runs: runs.map(({ name, options, parameters }) => ({ name, options, parameters })),
  };
  const { record, unlock } = await openSweep(folder, out, planned);
  const prepared = new Map(runs.map((run) => [keyOf(run), run.prepared]));
  const scheduled = record.runs.flatMap((run) => {
    const ready = prepared.get(keyOf(run));
    return ready === undefined ? [] : [{ ...run, steps: ready.length.steps, metric: ready.metric }];
  });
  watcher.open(record.runs);
  const trained = runner ?? new Pool(jobs.jobs);
  try {
    const results = await runSweep(
      {
        folder,
        corpus,
        runs: scheduled,
        halving,
        retryFailed,
        threadsOf: (run) => run.options.threads ?? threadsOf(jobs, run),
      },
      trained,
      watcher,
      signal,
    );
    return { runs: record.runs, results };
  } finally {
    await trained.close();
    unlock();
  }
}

/** The name of a sweep whose spec has none: that of the spec's file, or else of the first text. */
export function usualName(source: string | undefined, corpus: readonly string[]): string {
  const stem = (path: string) =>
    basename(path, extname(path))
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-")
      .replace(/^[-\p{M}]+|-+$/gu, "")
      .slice(0, 40);
  return source === undefined ? `${stem(corpus[0] ?? "") || "text"}-sweep` : stem(source) || "sweep";
}
