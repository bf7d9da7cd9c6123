import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CharrnnError } from "../../errors.ts";
import { type Arena } from "../arena.ts";
import { type Crew } from "../compiled.ts";
import { control, enqueue } from "../run-queue.ts";
import { type Kernels } from "./kernels.ts";

/** What a worker needs to join a team. */
export interface WorkerStart {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly controlWords: Int32Array<SharedArrayBuffer>;
  readonly thread: number;
  readonly threads: number;
}

/** The built file, from src/ as from dist/: Node does not run TypeScript in a thread. */
const workerFile = new URL("../../../dist/engine/node/worker.js", import.meta.url);

/**
 * For each thread of a team, which are woken one after another: some 20 to 100 microseconds, about what it
 * takes to put a thread to sleep and wake it again.
 */
const SPINS_A_THREAD = 2000;
/** Where threads outnumber the cores, whoever spins keeps another from coming. */
const SPINS_WHEN_CROWDED = 100;

/** What Node says where a thread, or the memory for one, cannot be had. */
const refusals = new Set(["ERR_WORKER_INIT_FAILED", "ERR_WORKER_OUT_OF_MEMORY"]);

/**
 * Worker threads that run the same programs on their shares of them. The caller's thread only asks and waits without
 * blocking, so that its progress display and its signals never wait; where it asks for the next run before the last has
 * ended, neither do the workers.
 */
export class Team implements Crew {
  static readonly #open = new Set<Team>();
  readonly #arena: Arena<string>;
  readonly #workers: Worker[] = [];
  /** Runs that somebody waits for. */
  #awaited = 0;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  static {
    // An exiting process ends its threads one by one and waits for each; one in native code would wait there for those
    // that have ended.
    process.on("exit", () => {
      for (const team of Team.#open) team.#arena.abandon();
    });
  }

  private constructor(arena: Arena<string>) {
    this.#arena = arena;
  }

  /**
   * A team whose threads are all there: were one missing, the others would wait for it.
   * @throws CharrnnError where the system gives no more threads
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

  /** Resolves once the thread is there. */
  async #start(workerData: WorkerStart): Promise<void> {
    // Not the caller's Node options: a loader, or --input-type, has nothing to do with the built file.
    const worker = new Worker(workerFile, { workerData, execArgv: [] });
    this.#workers.push(worker);
    worker.on("error", (error) => {
      this.#failure = error;
      this.#arena.abandon();
      Atomics.notify(this.#arena.controlWords, control.finished);
    });
    await once(worker, "message");
  }

  /** Runs programs one after another, after all that was asked for earlier. */
  async run(...programs: number[]): Promise<void> {
    if (this.#closed) throw new Error("the team is closed");
    const { controlWords } = this.#arena;
    const run = (Atomics.load(controlWords, control.asked) + 1) | 0;
    enqueue(controlWords, run, programs);
    Atomics.store(controlWords, control.asked, run);
    Atomics.notify(controlWords, control.asked);
    await this.#ended(run);
  }

  /** @throws what made a thread fail, for then it never ends */
  async #ended(run: number): Promise<void> {
    const { controlWords } = this.#arena;
    if (this.#awaited++ === 0) for (const worker of this.#workers) worker.ref();
    try {
      for (;;) {
        if (this.#failure) throw this.#failure;
        const finished = Atomics.load(controlWords, control.finished);
        if (((finished - run) | 0) >= 0) return;
        // A late call for a run before may wake us early, and so does a thread that fails.
        await Atomics.waitAsync(controlWords, control.finished, finished).value;
      }
    } finally {
      if (--this.#awaited === 0) this.#letGo();
    }
  }

  /** Threads with nothing to do, as those of a run that its caller has forgotten, do not keep the process alive. */
  #letGo(): void {
    for (const worker of this.#workers) worker.unref();
  }

  /** Ends the threads once what is under way has ended. */
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
