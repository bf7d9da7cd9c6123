import { CharrnnError } from "../errors.ts";
import type { Operation } from "./operation.ts";
import { ProgramWriter } from "./program.ts";
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
/** The C `Scratch`: 8 strips of 13 rows, each with a vector to spare, and 512 columns, 256 deep, for the widest vectors. */
const SCRATCH_BYTES = ((8 * 13 + 512) * 256 + 8 * 16) * 4;
const THREAD_BYTES = STACK_BYTES + Math.ceil(SCRATCH_BYTES / PAGE_BYTES) * PAGE_BYTES;

/** Runs that may have been asked for and not be finished, and the programs that one may have. */
const QUEUED_RUNS = 4;
const MOST_PROGRAMS = 4;
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

/** The C `Team`, by which threads meet, lies in a cache line of its own: four words, the last of them its spins. */
export const TEAM_OFFSET = CONTROL + 128;
const SPINS_OFFSET = TEAM_OFFSET + 12;

/** The control words of the runs asked for, one after another in a ring: the programs of each, up to a 0. */
const QUEUE_WORD = 64;
const CONTROL_WORDS = QUEUE_WORD + QUEUED_RUNS * QUEUE_ENTRY;

/** The word at which the programs of run number `run` stand. */
function queueWord(run: number): number {
  return QUEUE_WORD + ((run >>> 0) % QUEUED_RUNS) * QUEUE_ENTRY;
}

/** Writes down what run number `run`, the next to be asked for, is; without programs it asks the threads to leave. */
export function enqueue(words: Int32Array, run: number, programs: readonly number[]): void {
  const waiting = (run - Atomics.load(words, control.finished)) | 0;
  if (waiting > QUEUED_RUNS || programs.length > MOST_PROGRAMS)
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

/** The memory of a compiled engine, made once at its final size, with the programs already in it. */
export class Arena<Program extends string> {
  readonly memory: WebAssembly.Memory;
  readonly controlWords: Int32Array<SharedArrayBuffer>;
  readonly #base: number;
  readonly #programs: ReadonlyMap<string, number>;

  /** @throws CharrnnError where the run needs more memory than there can be */
  constructor(layout: Layout, programs: Readonly<Record<Program, readonly Operation[]>>, threads: number) {
    this.#base = tensorsOffset(threads);
    const written = writePrograms(programs, this.#base, threads);
    const programsOffset = this.#base + layout.bytes;
    this.memory = allocate(arenaBytes(layout, programs, threads));
    this.controlWords = new Int32Array(this.memory.buffer, CONTROL, CONTROL_WORDS);

    const offsets = new Map<string, number>();
    let offset = programsOffset;
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
    new Uint32Array(this.memory.buffer, SPINS_OFFSET, 1)[0] = spins;
  }

  floats(offset: number, size: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.#base + offset, size);
  }

  integers(offset: number, size: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.#base + offset, size);
  }
}

function writePrograms(
  programs: Readonly<Record<string, readonly Operation[]>>,
  base: number,
  threads: number,
): [name: string, words: Uint32Array][] {
  return Object.entries(programs).map(([name, program]) => [
    name,
    new ProgramWriter(base, threads).write(program),
  ]);
}

/** The exact size of the arena that a layout and its programs take on so many threads, in bytes. */
export function arenaBytes(
  layout: Layout,
  programs: Readonly<Record<string, readonly Operation[]>>,
  threads: number,
): number {
  const words = writePrograms(programs, 0, threads).reduce(
    (total, [, { byteLength }]) => total + byteLength,
    0,
  );
  return Math.ceil((tensorsOffset(threads) + layout.bytes + words) / PAGE_BYTES) * PAGE_BYTES;
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = bytes / PAGE_BYTES;
  const gigabytes = (bytes / 2 ** 30).toFixed(1);
  const advice = "reduce --hidden, --layers, --batch-size or --seq-length";
  if (pages > MOST_PAGES) {
    throw new CharrnnError(`this run needs ${gigabytes} GiB and an engine's memory ends at 4 GiB: ${advice}`);
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    throw new CharrnnError(`this run needs ${gigabytes} GiB, which this machine does not give: ${advice}`);
  }
}
