import { type Programs } from "./engine.ts";
import { lower, type Lowered } from "./lowering/lower.ts";
import { memoryError, NOT_GIVEN } from "./memory-error.ts";
import {
  CONTROL,
  MEETING_WORDS,
  MOST_MEETINGS,
  PAGE_BYTES,
  team,
  TEAM_OFFSET,
  tensorsOffset,
} from "./memory-map.ts";
import { writeProgram } from "./program.ts";
import { CONTROL_WORDS } from "./run-queue.ts";
import { type Layout } from "./tensor.ts";

const MOST_PAGES = 65_536;

export interface ArenaOptions {
  readonly threads: number;
  /** Whether the result of a row must be the same, to the bit, for any number of rows in the batch. */
  readonly batchInvariant?: boolean | undefined;
}

/** The memory of a compiled engine. The memory is allocated once, at its final size, and also contains the programs. */
export class Arena<Program extends string> {
  readonly memory: WebAssembly.Memory;
  readonly controlWords: Int32Array<SharedArrayBuffer>;
  readonly #team: Int32Array<SharedArrayBuffer>;
  readonly #base: number;
  readonly #programs: ReadonlyMap<string, number>;

  /** @throws CharrnnError if the run needs more memory than an engine can have or the machine can provide */
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

  /** Sets how often a thread at a barrier checks whether the other threads have arrived, before it goes to sleep. */
  setSpins(spins: number): void {
    Atomics.store(this.#team, team.spins, spins);
  }

  /**
   * Makes the team's threads abandon their current run. Each thread leaves the run at the next barrier at the latest.
   */
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

/** The exact size in bytes of the arena for a layout and its programs with this number of threads. */
export function arenaBytes(layout: Layout, programs: Programs<string>, threads: number): number {
  const lowered = lower(programs, layout);
  return bytesOf(lowered, writePrograms(lowered, 0, threads), threads);
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = bytes / PAGE_BYTES;
  if (pages > MOST_PAGES) throw memoryError(bytes, "and an engine can use at most 4 GiB");
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    throw memoryError(bytes, NOT_GIVEN);
  }
}
