import { MOST_PROGRAMS, MOST_RUNS } from "./engine.ts";

/** The control words of a team: 32-bit words from the start of the control page. */
export const control = {
  /** Counts the runs asked for: threads sleep on it. */
  asked: 0,
  /** How many threads are done with the current run. */
  done: 1,
  /** Counts the runs finished: the caller sleeps on it. */
  finished: 2,
} as const;

const QUEUE_ENTRY = MOST_PROGRAMS + 1;

/** The runs that were asked for lie in a ring of control words. Each run is a list of programs that ends with 0. */
const QUEUE_WORD = 64;
export const CONTROL_WORDS = QUEUE_WORD + MOST_RUNS * QUEUE_ENTRY;

/** The word at which the list of run number `run` begins. */
function queueWord(run: number): number {
  return QUEUE_WORD + ((run >>> 0) % MOST_RUNS) * QUEUE_ENTRY;
}

/** Writes down the programs of run number `run`, the next one to be asked for. */
export function enqueue(words: Int32Array, run: number, programs: readonly number[]): void {
  const waiting = (run - Atomics.load(words, control.finished)) | 0;
  if (waiting > MOST_RUNS || programs.length > MOST_PROGRAMS)
    throw new Error("too much is asked for at once");
  words.set([...programs, 0], queueWord(run));
}

/** The programs of a run that was asked for. */
export function queued(words: Int32Array, run: number): number[] {
  const entry = words.subarray(queueWord(run), queueWord(run) + QUEUE_ENTRY);
  return Array.from(entry.subarray(0, entry.indexOf(0)), (program) => program >>> 0);
}
