import { availableParallelism } from "node:os";

/** How many runs are trained at a time, and on how many threads each. */
export interface Jobs {
  readonly jobs: number;
  /** Undefined: see `threadsOf`. */
  readonly threads: number | undefined;
}

/** The threads of a run: those that were given, or an equal share of the cores for each job. */
export function threadsOf(
  { jobs, threads }: Jobs,
  { parameters }: { readonly parameters: number },
  cores = availableParallelism(),
): number {
  if (threads !== undefined) return threads;
  const share = Math.max(1, Math.floor(cores / jobs));
  return share === 1 && parameters <= MOST_OF_OWN_THREAD ? 0 : share;
}

/** The number of jobs by default: one for each core, but no more than there are runs. */
export function usualJobs(runs: number, cores = availableParallelism()): number {
  return Math.max(1, Math.min(runs, cores));
}

/** Up to so many parameters, a run on one thread computes on the thread of its process. */
const MOST_OF_OWN_THREAD = 1_000_000;
