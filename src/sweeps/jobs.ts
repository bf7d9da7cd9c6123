import { availableParallelism } from "node:os";

/** How many runs are trained at a time, and on how many threads each. */
export interface Jobs {
  readonly jobs: number;
  /** Undefined: `threadsOf` decides. */
  readonly threads: number | undefined;
}

/**
 * Up to so many parameters, a run computes on the thread of its process: sharing its small updates among threads gains
 * nothing, and to start threads takes longer than a short run. On one thread, this also suits larger models.
 */
const MOST_OF_OWN_THREAD = 10_000;
const MOST_ON_ONE_THREAD = 1_000_000;

/**
 * The number of jobs by default: one for each core, but no more than there are runs. Two runs on a thread each are faster
 * in sum than one after the other on two threads, because no thread then waits for another. On two cores, two LSTMs of
 * 1x32, 1x64 and 1x256 took 0.28, 0.69 and 0.96 times as long that way.
 */
export function usualJobs(runs: number, cores = availableParallelism()): number {
  return Math.max(1, Math.min(runs, cores));
}

/**
 * The threads of a run: those that were given, or an equal share of the cores for each job. 0 is the thread of the
 * process itself. The result of a run does not depend on them.
 */
export function threadsOf(
  { jobs, threads }: Jobs,
  { parameters }: { readonly parameters: number },
  cores = availableParallelism(),
): number {
  if (threads !== undefined) return threads;
  const share = Math.max(1, Math.floor(cores / jobs));
  return parameters <= (share === 1 ? MOST_ON_ONE_THREAD : MOST_OF_OWN_THREAD) ? 0 : share;
}
