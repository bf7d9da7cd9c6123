import { MOST_THREADS } from "./engine.ts";

/*
 * The shared memory of a compiled engine, in bytes: a page for the kernels' own constants; a page of control words,
 * which tell a team what to run and let its threads meet; each thread's stack and scratch room; the tensors; the
 * programs.
 */

export const PAGE_BYTES = 65_536;

/** The page of control words: those of run-queue.ts first. */
export const CONTROL = PAGE_BYTES;

/**
 * The C `Team`, by which threads meet. It begins with two words that are written from here. Its meetings follow: that of
 * all threads, and those of groups of two or more. Each begins with the word that threads wait for.
 */
export const TEAM_OFFSET = CONTROL + 512;
export const team = { spins: 0, leaving: 1 } as const;
/** Two lots of two cache lines, because some CPUs fetch lines in pairs. */
export const MEETING_BYTES = 256;
export const MEETING_WORDS = MEETING_BYTES / 4;
export const MOST_MEETINGS = 1 + MOST_THREADS / 2;

const THREAD_AREAS = CONTROL + PAGE_BYTES;
const STACK_BYTES = PAGE_BYTES;
/** The largest C `Scratch`, the one for tiles: 265 blocks of 3 KB, and their scales, sums and interleaved work. */
export const SCRATCH_BYTES = 265 * 3072 + 32 * 1024;
const THREAD_BYTES = STACK_BYTES + Math.ceil(SCRATCH_BYTES / PAGE_BYTES) * PAGE_BYTES;

/** Where a thread's own memory lies. */
export interface ThreadArea {
  /** Stacks grow downwards from here. */
  readonly stackTop: number;
  readonly scratch: number;
}

export function threadArea(thread: number): ThreadArea {
  const start = THREAD_AREAS + thread * THREAD_BYTES;
  return { stackTop: start + STACK_BYTES, scratch: start + STACK_BYTES };
}

/** Where the tensors begin. */
export function tensorsOffset(threads: number): number {
  return THREAD_AREAS + threads * THREAD_BYTES;
}
