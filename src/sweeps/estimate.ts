import { isDue, recurring, type Recurring } from "../training/cadence.ts";
import { memoryOf } from "../training/plan.ts";
import { type Prepared } from "../training/prepare.ts";
import { measureWork, type Work } from "../training/speed.ts";
import { rungsOf } from "./halving.ts";
import { threadsOf, type Jobs } from "./jobs.ts";
import { type PlannedRun, type PlannedSweep } from "./plan.ts";
import { settingOf } from "./settings.ts";

/** What a sweep would take. */
export interface SweepEstimate {
  readonly runs: number;
  readonly settings: number;
  readonly steps: number;
  readonly parameters: { readonly least: number; readonly most: number };
  readonly jobs: number;
  /** An estimate of the memory of all processes together, while the largest runs are trained. */
  readonly processBytes: number;
  /** From the start to the end of the sweep. */
  readonly seconds: number;
}

/** Seconds of updates that are measured for each size of network, and at most for all sizes together. */
const MEASURED = 0.4;
const MEASURED_IN_ALL = 20;
/** Seconds to start a process, to begin a run, to save it and to draw a sample, measured with small networks. */
const PROCESS_SECONDS = 0.5;
const RUN_SECONDS = 0.03;
const ACTION_SECONDS: Readonly<Record<Exclude<Recurring, "evalEvery">, number>> = {
  checkpointEvery: 0.01,
  sampleEvery: 0.015,
};
/** Parameters that sampling reads in a second, and those that a sample of 500 characters reads. */
const SAMPLED_A_SECOND = 2e9;
const SAMPLE_LENGTH = 500;

/**
 * Estimates the memory and the time of a sweep. Each size of network trains for a part of a second. `onProgress` gets
 * the share of the sizes that are done.
 */
export async function estimate(
  { runs, halving }: PlannedSweep,
  jobs: Jobs,
  onProgress?: (done: number, total: number) => void,
): Promise<SweepEstimate> {
  const works = await measureSizes(runs, jobs, onProgress);
  const settings = new Set(runs.map(settingOf)).size;
  const seconds = makespan(
    runs.map((run) => secondsOf(run.prepared, works.get(sizeKey(run)))),
    jobs.jobs,
  );
  const counts = runs.map(({ parameters }) => parameters);
  return {
    runs: runs.length,
    settings,
    steps: runs.reduce((sum, { prepared }) => sum + prepared.length.steps, 0),
    parameters: { least: Math.min(...counts), most: Math.max(...counts) },
    jobs: jobs.jobs,
    processBytes: memory(runs, jobs),
    seconds:
      PROCESS_SECONDS + seconds * (halving === undefined ? 1 : shareOfHalving(runs, settings, halving)),
  };
}

/** Runs with the same key take the same time for an update. */
function sizeKey({ prepared }: PlannedRun): string {
  const { model, options, data } = prepared;
  const { optimizer, seqLength, engine, task } = options;
  return JSON.stringify([model, optimizer, seqLength, engine, task, data.batchSize, data.network]);
}

async function measureSizes(
  runs: readonly PlannedRun[],
  jobs: Jobs,
  onProgress?: (done: number, total: number) => void,
): Promise<Map<string, Work>> {
  const sizes = new Map(runs.map((run) => [sizeKey(run), run]));
  const works = new Map<string, Work>();
  const seconds = Math.min(MEASURED, MEASURED_IN_ALL / sizes.size);
  for (const [key, run] of sizes) {
    onProgress?.(works.size, sizes.size);
    const { data, model: config, kernels: engine, options } = run.prepared;
    const validates = data.validationLacks === undefined;
    const threads = threadsOf(jobs, run);
    works.set(key, await measureWork({ config, data, options }, { engine, threads }, { seconds, validates }));
  }
  return works;
}

/** Seconds of a run: its updates, validations, samples and saves. */
function secondsOf({ data, length, options, evaluationSpacing }: Prepared, work?: Work): number {
  if (work === undefined) return 0;
  const updates = ((length.steps / length.stepsPerEpoch) * data.symbolsPerEpoch) / work.symbolsPerSecond;
  const counts = countDue(options, { ...length, evaluationSpacing });
  const parameters = options.layers * options.hidden ** 2 * 8;
  const sample = ACTION_SECONDS.sampleEvery + (SAMPLE_LENGTH * parameters) / SAMPLED_A_SECOND;
  const between =
    counts.evalEvery * work.validationSeconds +
    counts.sampleEvery * sample +
    (counts.checkpointEvery + counts.evalEvery) * ACTION_SECONDS.checkpointEvery;
  const { minutes = Infinity } = options;
  return RUN_SECONDS + Math.min(60 * minutes, updates + between);
}

/** How often each action is due in a run. */
function countDue(
  options: Parameters<typeof isDue>[2],
  rhythm: Parameters<typeof isDue>[3],
): Record<Recurring, number> {
  const counts = { evalEvery: 0, sampleEvery: 0, checkpointEvery: 0 };
  for (let step = 1; step <= rhythm.steps; step++) {
    for (const every of recurring) if (isDue(every, step, options, rhythm)) counts[every] += 1;
  }
  return counts;
}

/** The time of runs on `jobs` processes, each of which takes the next run when it is free. */
function makespan(seconds: readonly number[], jobs: number): number {
  const ends = Array.from({ length: jobs }, () => 0);
  for (const time of seconds) ends[ends.indexOf(Math.min(...ends))] += time;
  return Math.max(...ends);
}

/** The share of all updates that successive halving makes. All runs are taken to pause where the first one does. */
function shareOfHalving(
  [first]: readonly PlannedRun[],
  settings: number,
  halving: NonNullable<PlannedSweep["halving"]>,
): number {
  let [done, left, made] = [0, settings, 0];
  for (const { share, survivors } of rungsOf(settings, halving)) {
    const paused = pauseOf(first.prepared, share);
    made += left * (paused - done);
    [done, left] = [paused, survivors];
  }
  return (made + left * (1 - done)) / settings;
}

/** The share of the steps after which a run pauses: at the first evaluation that is not before this share. */
function pauseOf({ options, length, evaluationSpacing }: Prepared, share: number): number {
  let step = Math.ceil(share * length.steps);
  while (step < length.steps && !isDue("evalEvery", step, options, { ...length, evaluationSpacing }))
    step += 1;
  return step / length.steps;
}

function memory(runs: readonly PlannedRun[], jobs: Jobs): number {
  const sizes = new Map(runs.map((run) => [sizeKey(run), run]));
  const bytes = [...sizes].map(([key, run]) => ({
    key,
    bytes: memoryOf(run.prepared, Math.max(1, threadsOf(jobs, run))).processBytes,
  }));
  const of = new Map(bytes.map(({ key, bytes }) => [key, bytes]));
  const largest = runs.map((run) => of.get(sizeKey(run)) ?? 0).sort((a, b) => b - a);
  return largest.slice(0, jobs.jobs).reduce((sum, bytes) => sum + bytes, 0);
}
