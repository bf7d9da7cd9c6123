import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CharrnnError } from "../../errors.ts";
import { type Arena } from "../arena.ts";
import { type Crew } from "../compiled.ts";
import { control, enqueue } from "../run-queue.ts";
import { type Kernels } from "./kernels.ts";

/** The data that a worker needs to join a team. */
export interface WorkerStart {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly controlWords: Int32Array<SharedArrayBuffer>;
  readonly thread: number;
  readonly threads: number;
}

/** The built file, even if this module runs from src/, because Node does not run TypeScript in a thread. */
const workerFile = new URL("../../../dist/engine/node/worker.js", import.meta.url);

/**
 * At a barrier, a thread checks whether the others have arrived, this often for each thread of the team. Then it
 * sleeps. (Threads wake one after another, so a larger team needs more time.) 2000 checks take 20 to 100 microseconds,
 * about as long as to put a thread to sleep and wake it again.
 */
const SPINS_A_THREAD = 2000;
/** The checks if there are more threads than cores: a thread that spins then keeps another thread from running. */
const SPINS_WHEN_CROWDED = 100;

/** Node's error codes if the system refuses a thread, or the memory for a thread. */
const refusals = new Set(["ERR_WORKER_INIT_FAILED", "ERR_WORKER_OUT_OF_MEMORY"]);

/**
 * Worker threads that run the same programs; each thread does its share of the work. The caller's thread starts runs
 * and waits for them without blocking, so that its display and its signals never wait. If the caller starts the next
 * run before the last run has ended, the workers never wait either.
 */
export class Team implements Crew {
  static readonly #open = new Set<Team>();
  readonly #arena: Arena<string>;
  readonly #workers: Worker[] = [];
  /** The number of runs that a caller waits for. */
  #awaited = 0;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  static {
    // A process that exits ends its threads one by one, and waits for each of them. Without this listener, a thread at
    // a barrier of native code would wait for ever for threads that have already ended.
    process.on("exit", () => {
      for (const team of Team.#open) team.#arena.abandon();
    });
  }

  private constructor(arena: Arena<string>) {
    this.#arena = arena;
  }

  /**
   * Opens a team. Waits until every thread has started, because in a run the threads would wait for a missing thread.
   * @throws CharrnnError if the system refuses to start the threads
   */
  static async open(arena: Arena<string>, kernels: Kernels, threads: number): Promise<Team> {
    const team = new Team(arena);
    Team.#open.add(team);
    arena.setSpins(threads <= availableParallelism() ? SPINS_A_THREAD * threads : SPINS_WHEN_CROWDED);
    try {
      const { memory, controlWords } = arena;
      const ready = Array.from({ length: threads }, (_, thread) =>
        team.#start({ kernels, memory, controlWords, thread, threads }),
      );
      await Promise.all(ready);
      team.#letGo();
    } catch (error) {
      await team.close();
      if (!refusals.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      throw new CharrnnError(`the system refuses to start ${threads} threads: use fewer (--threads)`);
    }
    return team;
  }

  /** Starts a thread. Resolves once the thread is ready. */
  async #start(workerData: WorkerStart): Promise<void> {
    // The worker does not get the caller's Node options, because a loader or --input-type is not for the built file.
    const worker = new Worker(workerFile, { workerData, execArgv: [] });
    this.#workers.push(worker);
    worker.on("error", (error) => {
      this.#failure = error;
      this.#arena.abandon();
      Atomics.notify(this.#arena.controlWords, control.finished);
    });
    await once(worker, "message");
  }

  /** Runs programs one after another, after all earlier runs. */
  async run(...programs: number[]): Promise<void> {
    if (this.#closed) throw new Error("the team is closed");
    const { controlWords } = this.#arena;
    const run = (Atomics.load(controlWords, control.asked) + 1) | 0;
    enqueue(controlWords, run, programs);
    Atomics.store(controlWords, control.asked, run);
    Atomics.notify(controlWords, control.asked);
    await this.#ended(run);
  }

  /**
   * Waits until a run has ended.
   * @throws the error of a thread that failed, because the run will then never end
   */
  async #ended(run: number): Promise<void> {
    const { controlWords } = this.#arena;
    if (this.#awaited++ === 0) for (const worker of this.#workers) worker.ref();
    try {
      for (;;) {
        if (this.#failure) throw this.#failure;
        const finished = Atomics.load(controlWords, control.finished);
        if (((finished - run) | 0) >= 0) return;
        // The wait may also end because an earlier run has ended or a thread has failed, so the loop checks again.
        await Atomics.waitAsync(controlWords, control.finished, finished).value;
      }
    } finally {
      if (--this.#awaited === 0) this.#letGo();
    }
  }

  /** Lets the process exit although the threads, which have nothing to do, still exist. */
  #letGo(): void {
    for (const worker of this.#workers) worker.unref();
  }

  /** Ends the threads once all runs have ended. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }

  async #end(): Promise<void> {
    const last = Atomics.load(this.#arena.controlWords, control.asked);
    await this.#ended(last).catch(() => undefined);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    Team.#open.delete(this);
  }
}
