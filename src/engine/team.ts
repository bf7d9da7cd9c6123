import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { control, type Arena } from "./arena.ts";
import type { Kernels } from "./kernels.ts";

/** What a worker needs to join a team. */
export interface Place {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly controlWords: Int32Array<SharedArrayBuffer>;
  readonly thread: number;
  readonly threads: number;
}

/** The built file, from src/ as from dist/: Node does not run TypeScript in a thread. */
const workerFile = new URL("../../dist/engine/worker.js", import.meta.url);

/** Some 50 microseconds on x86 and a few elsewhere: about what it takes to put a thread to sleep and wake it again. */
const SPINS = 4000;
/** Where threads outnumber the cores, whoever spins keeps another from coming. */
const SPINS_WHEN_CROWDED = 100;

/**
 * Worker threads that run the same program on their shares of it. The caller's thread only asks and waits without
 * blocking, so that its progress display and its signals never wait.
 */
export class Team {
  readonly #arena: Arena<string>;
  readonly #workers: Worker[];
  #failed: ((error: Error) => void) | undefined;
  #failure: Error | undefined;

  constructor(arena: Arena<string>, kernels: Kernels, threads: number) {
    this.#arena = arena;
    arena.setSpins(threads <= availableParallelism() ? SPINS : SPINS_WHEN_CROWDED);
    this.#workers = Array.from({ length: threads }, (_, thread) => {
      const { memory, controlWords } = arena;
      const workerData: Place = { kernels, memory, controlWords, thread, threads };
      // Not the caller's Node options: a loader, or --input-type, has nothing to do with the built file.
      const worker = new Worker(workerFile, { workerData, execArgv: [] });
      worker.on("error", (error) => {
        this.#failure = error;
        this.#failed?.(error);
      });
      return worker;
    });
  }

  async run(program: number): Promise<void> {
    if (this.#failure) throw this.#failure;
    const { controlWords } = this.#arena;
    const finished = Atomics.load(controlWords, control.finished);
    this.#ask(program);
    await new Promise<void>((resolve, reject) => {
      this.#failed = reject;
      const wait = () => {
        const woken = Atomics.waitAsync(controlWords, control.finished, finished);
        // A late call for the run before may wake us early: then the count is still the same, and we wait on.
        if (woken.async) void woken.value.then(wait);
        else resolve();
      };
      wait();
    });
    this.#failed = undefined;
  }

  async close(): Promise<void> {
    this.#ask(0);
    // A worker that has failed is gone already: waiting for its exit would never end.
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #ask(program: number): void {
    const { controlWords } = this.#arena;
    Atomics.store(controlWords, control.done, 0);
    Atomics.store(controlWords, control.program, program);
    Atomics.add(controlWords, control.command, 1);
    Atomics.notify(controlWords, control.command);
  }
}
