import { MOST_THREADS } from "./engine.ts";

/*
 * The shared memory of a compiled engine, in bytes: a page for the kernels' own constants; a page of control words,
 * with the queue of runs and the barriers of the team; each thread's stack and scratch memory; the tensors; the
 * programs.
 */

export const PAGE_BYTES = 65_536;

/** The page of control words. The page begins with the words of run-queue.ts. */
export const CONTROL = PAGE_BYTES;

/**
 * The C `Team` (kernels/team.h), which holds the state of the barriers. The team begins with two words that arena.ts
 * writes. Then come the meetings (the state of one barrier each): one for all threads, and one for each group of two or
 * more threads. A meeting begins with the word that waiting threads watch.
 */
export const TEAM_OFFSET = CONTROL + 512;
export const team = { spins: 0, leaving: 1 } as const;
/** A meeting is two pairs of cache lines, because some CPUs fetch lines in pairs. */
export const MEETING_BYTES = 256;
export const MEETING_WORDS = MEETING_BYTES / 4;
export const MOST_MEETINGS = 1 + MOST_THREADS / 2;

const THREAD_AREAS = CONTROL + PAGE_BYTES;
const STACK_BYTES = PAGE_BYTES;
/** The size of the C `Scratch` for tiles, the largest one: 265 blocks of 3 KB, scales, sums and interleaved work. */
export const SCRATCH_BYTES = 265 * 3072 + 32 * 1024;
const THREAD_BYTES = STACK_BYTES + Math.ceil(SCRATCH_BYTES / PAGE_BYTES) * PAGE_BYTES;

/** The offsets of a thread's own memory. */
export interface ThreadArea {
  /** Stacks grow downwards from here. */
  readonly stackTop: number;
  readonly scratch: number;
}

export function threadArea(thread: number): ThreadArea {
  const start = THREAD_AREAS + thread * THREAD_BYTES;
  return { stackTop: start + STACK_BYTES, scratch: start + STACK_BYTES };
}

/** The offset of the tensors. */
export function tensorsOffset(threads: number): number {
  return THREAD_AREAS + threads * THREAD_BYTES;
}
