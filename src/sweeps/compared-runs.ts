import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { listRuns, namedRun, type RecordedRun } from "../checkpoint/find-run.ts";
import { readMetrics } from "../checkpoint/metrics.ts";
import { readOptions, runFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError } from "../errors.ts";
import { progressIn, type RunResult } from "./results.ts";
import { isSweep, readSweep, sweepFolder, type SweepFolder } from "./sweep-folder.ts";
import { storedTest, type TestScore } from "./test-score.ts";

/** A run that is compared with others. */
export interface ComparedRun {
  readonly name: string;
  readonly folder: string;
  /** The content of options.json: the corpus and every option. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The best validation; null if the run has none. */
  readonly best: RunResult["best"];
  /** The score of the best checkpoint on the test split; null if it has not been computed. */
  readonly test: TestScore | null;
  readonly parameters: number | null;
  readonly step: number;
  readonly seconds: number;
  readonly charactersPerSecond: number | null;
}

/**
 * The runs that names stand for: runs, run folders, and sweeps, which stand for their runs. Without names, all runs
 * under `out`. A run of a sweep that has not started is left out.
 * @throws CharrnnError if a name stands for neither
 */
export async function findRuns(names: readonly string[], out: string): Promise<ComparedRun[]> {
  if (names.length === 0) return Promise.all(listRuns(out).map(comparedRun));
  const found = new Map<string, ComparedRun>();
  for (const name of names) {
    const runs = isSweep(out, name) ? await runsOfSweep(sweepFolder(out, name)) : [await runNamed(name, out)];
    for (const run of runs) found.set(resolve(run.folder), run);
  }
  return [...found.values()];
}

/** The runs of a sweep that have started, in the order of the sweep. */
export async function runsOfSweep(sweep: SweepFolder): Promise<ComparedRun[]> {
  const runs = readSweep(sweep).runs.flatMap(({ name }): RecordedRun[] => {
    const run = runFolder(sweep.folder, name);
    const record = readOptions(run);
    return record === undefined ? [] : [{ ...run, record }];
  });
  return Promise.all(runs.map(comparedRun));
}

function runNamed(name: string, out: string): Promise<ComparedRun> {
  const folder = [namedRun(out, name), name].find((path) => existsSync(path));
  const run = folder === undefined ? undefined : runFolder(dirname(folder), basename(folder));
  const record = run && readOptions(run);
  if (run !== undefined && record !== undefined) return comparedRun({ ...run, name, record });
  throw new CharrnnError(
    `there is no run or sweep called ${name} in ${out}: \`charrnn runs\` lists the runs`,
  );
}

async function comparedRun({ name, record, ...run }: RecordedRun): Promise<ComparedRun> {
  const options = Object.fromEntries(Object.entries(record).filter(([key]) => key !== "start"));
  const progress = await progressIn(run.metrics);
  return {
    name,
    folder: run.folder,
    options,
    test: storedTest({ name, ...run }),
    parameters: await parametersIn(run.metrics),
    ...progress,
  };
}

/** The number of parameters in the start event of a run. */
async function parametersIn(metrics: string): Promise<number | null> {
  for await (const { event } of readMetrics(metrics)) {
    if (event.event === "start") return typeof event.parameters === "number" ? event.parameters : null;
  }
  return null;
}
