import { CharrnnError } from "../errors.ts";
import { MOST_PROGRAMS, MOST_RUNS, MOST_THREADS, type Programs } from "./engine.ts";
import { lower, type Lowered } from "./lowering/lower.ts";
import { writeProgram } from "./program.ts";
import type { Layout } from "./tensor.ts";

const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;

/**
 * Where things lie in the shared memory of a compiled engine, in bytes: first the kernels' own constants, then the
 * words by which the team is told what to do, each thread's stack and scratch room, the tensors, and the programs.
 */
const CONTROL = PAGE_BYTES;
const THREAD_AREAS = CONTROL + PAGE_BYTES;
const STACK_BYTES = PAGE_BYTES;
/** The largest C `Scratch`, that for tiles: 265 blocks of 3 KB, and their scales, sums and chores. */
export const SCRATCH_BYTES = 265 * 3072 + 32 * 1024;
const THREAD_BYTES = STACK_BYTES + Math.ceil(SCRATCH_BYTES / PAGE_BYTES) * PAGE_BYTES;

const QUEUE_ENTRY = MOST_PROGRAMS + 1;

/** The control words of a team: 32-bit words from the start of the control page. */
export const control = {
  /** Counts the runs asked for: threads sleep on it. */
  asked: 0,
  /** Threads that are done with the current run. */
  done: 1,
  /** Counts the runs finished: the caller sleeps on it. */
  finished: 2,
} as const;

/**
 * The C `Team`, by which threads meet: first what is written from here, then its meetings, that of all and those of
 * groups of two or more, each of which starts with the word that threads wait for.
 */
export const TEAM_OFFSET = CONTROL + 512;
const team = { spins: 0, leaving: 1 } as const;
/** Two lots of two cache lines, which some CPUs fetch in pairs. */
export const MEETING_BYTES = 256;
const MOST_MEETINGS = 1 + MOST_THREADS / 2;
const MEETING_WORDS = MEETING_BYTES / 4;

/** The control words of the runs asked for, one after another in a ring: the programs of each, up to a 0. */
const QUEUE_WORD = 64;
const CONTROL_WORDS = QUEUE_WORD + MOST_RUNS * QUEUE_ENTRY;

/** The word at which the programs of run number `run` stand. */
function queueWord(run: number): number {
  return QUEUE_WORD + ((run >>> 0) % MOST_RUNS) * QUEUE_ENTRY;
}

/** Writes down what run number `run`, the next to be asked for, is. */
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

export interface ThreadPlace {
  /** Stacks grow downwards from here. */
  readonly stackTop: number;
  readonly scratch: number;
}

export function threadPlace(thread: number): ThreadPlace {
  const start = THREAD_AREAS + thread * THREAD_BYTES;
  return { stackTop: start + STACK_BYTES, scratch: start + STACK_BYTES };
}

function tensorsOffset(threads: number): number {
  return THREAD_AREAS + threads * THREAD_BYTES;
}

export interface ArenaOptions {
  readonly threads: number;
  /** Whether a row must come out the same, to the bit, however many rows are computed with it. */
  readonly batchInvariant?: boolean | undefined;
}

/** The memory of a compiled engine, made once at its final size, with the programs already in it. */
export class Arena<Program extends string> {
  readonly memory: WebAssembly.Memory;
  readonly controlWords: Int32Array<SharedArrayBuffer>;
  readonly #team: Int32Array<SharedArrayBuffer>;
  readonly #base: number;
  readonly #programs: ReadonlyMap<string, number>;

  /** @throws CharrnnError where the run needs more memory than there can be */
  constructor(layout: Layout, programs: Programs<Program>, { threads, batchInvariant }: ArenaOptions) {
    this.#base = tensorsOffset(threads);
    const lowered = lower(programs, layout, batchInvariant);
    const written = writePrograms(lowered, this.#base, threads);
    this.memory = allocate(bytesOf(lowered, written, threads));
    this.controlWords = new Int32Array(this.memory.buffer, CONTROL, CONTROL_WORDS);
    this.#team = new Int32Array(this.memory.buffer, TEAM_OFFSET, (1 + MOST_MEETINGS) * MEETING_WORDS);

    const offsets = new Map<string, number>();
    let offset = this.#base + lowered.bytes;
    for (const [name, words] of written) {
      new Uint32Array(this.memory.buffer, offset, words.length).set(words);
      offsets.set(name, offset);
      offset += words.byteLength;
    }
    this.#programs = offsets;
  }

  program(name: Program): number {
    const offset = this.#programs.get(name);
    if (offset === undefined) throw new Error(`no program ${name}`);
    return offset;
  }

  /** How often a thread of the team looks whether the others have come before it goes to sleep. */
  setSpins(spins: number): void {
    Atomics.store(this.#team, team.spins, spins);
  }

  /** Gives up what the team's threads are at: each leaves it where it is, at the next barrier at the latest. */
  abandon(): void {
    Atomics.store(this.#team, team.leaving, 1);
    for (let meeting = 1; meeting <= MOST_MEETINGS; meeting++) {
      Atomics.add(this.#team, meeting * MEETING_WORDS, 1);
      Atomics.notify(this.#team, meeting * MEETING_WORDS);
    }
  }

  floats(offset: number, size: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.#base + offset, size);
  }

  integers(offset: number, size: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.#base + offset, size);
  }
}

type WrittenProgram = readonly [name: string, words: Uint32Array];

function writePrograms({ programs }: Lowered<string>, base: number, threads: number): WrittenProgram[] {
  return Object.entries(programs).map(([name, program]) => [name, writeProgram(program, base, threads)]);
}

function bytesOf(lowered: Lowered<string>, written: readonly WrittenProgram[], threads: number): number {
  const words = written.reduce((total, [, { byteLength }]) => total + byteLength, 0);
  return Math.ceil((tensorsOffset(threads) + lowered.bytes + words) / PAGE_BYTES) * PAGE_BYTES;
}

/** The exact size of the arena that a layout and its programs take on so many threads, in bytes. */
export function arenaBytes(layout: Layout, programs: Programs<string>, threads: number): number {
  const lowered = lower(programs, layout);
  return bytesOf(lowered, writePrograms(lowered, 0, threads), threads);
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = bytes / PAGE_BYTES;
  if (pages > MOST_PAGES) throw memoryError(bytes, "and an engine's memory ends at 4 GiB");
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    throw memoryError(bytes, NOT_GIVEN);
  }
}

export const NOT_GIVEN = "which this machine does not give";

/** The error for memory that cannot be had. */
export function memoryError(bytes: number, why: string): CharrnnError {
  // Rounded up: a little more than 4 GiB must not read as 4.
  const gigabytes = (Math.ceil((10 * bytes) / 2 ** 30) / 10).toFixed(1);
  return new CharrnnError(
    `this run needs ${gigabytes} GiB, ${why}: reduce --hidden, --layers, --batch-size or --seq-length`,
  );
}
