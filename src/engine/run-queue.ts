import { MOST_PROGRAMS, MOST_RUNS } from "./engine.ts";

/** Where the control words of a team of threads lie: their indices, in 32-bit words from the start of the control page. */
export const control = {
  /** Counts the runs that were started. Idle threads wait for this word to change. */
  asked: 0,
  /** How many threads are done with the current run. */
  done: 1,
  /** Counts the runs that are finished. The caller waits for this word to change. */
  finished: 2,
} as const;

const QUEUE_ENTRY = MOST_PROGRAMS + 1;

/** The first word of a ring buffer of runs. Each run is a list of programs that ends with 0. */
const QUEUE_WORD = 64;
export const CONTROL_WORDS = QUEUE_WORD + MOST_RUNS * QUEUE_ENTRY;

/** The word at which the list of run number `run` begins. */
function queueWord(run: number): number {
  return QUEUE_WORD + ((run >>> 0) % MOST_RUNS) * QUEUE_ENTRY;
}

/** Writes the programs of run number `run`, the next run to be started, into the ring buffer. */
export function enqueue(words: Int32Array, run: number, programs: readonly number[]): void {
  const waiting = (run - Atomics.load(words, control.finished)) | 0;
  if (waiting > MOST_RUNS || programs.length > MOST_PROGRAMS)
    throw new Error("too many runs are unfinished, or a run has too many programs");
  words.set([...programs, 0], queueWord(run));
}

/** Reads the programs of a run that was started. */
export function queued(words: Int32Array, run: number): number[] {
  const entry = words.subarray(queueWord(run), queueWord(run) + QUEUE_ENTRY);
  return Array.from(entry.subarray(0, entry.indexOf(0)), (program) => program >>> 0);
}
