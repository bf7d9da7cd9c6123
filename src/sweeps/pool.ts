import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type TrainingEvent } from "../training/events.ts";
import { type Assignment, type Ending, type Runner } from "./runner.ts";
import { type FromWorker, type ToWorker } from "./worker-messages.ts";

/** The built file, even if this module runs from src/, because Node does not run TypeScript in a child process. */
const workerFile = new URL("../../dist/sweeps/worker-process.js", import.meta.url);

/** How much of what a child writes to standard error is kept, to say why it died. */
const KEPT_ERROR = 4000;

/**
 * A pool of child processes on this machine. Each trains one run at a time, and is used again for the next run, so that
 * it reads the data once. A child that dies fails its run, and another child takes its place.
 */
export class Pool implements Runner {
  readonly slots: number;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();

  /** `slots`: how many processes there are at most. They start when they are needed. */
  constructor(slots: number) {
    this.slots = slots;
  }

  async run(
    assignment: Assignment,
    onEvent: (event: TrainingEvent) => void,
    signal: AbortSignal,
  ): Promise<Ending> {
    const worker = this.#idle.pop() ?? this.#start();
    const ending = await worker.run(assignment, onEvent, signal);
    if (worker.isAlive) this.#idle.push(worker);
    else this.#all.delete(worker);
    return ending;
  }

  #start(): Worker {
    const worker = new Worker();
    this.#all.add(worker);
    return worker;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.close()));
    this.#all.clear();
  }
}

/** One child process. */
class Worker {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #error = "";
  #failure: string | undefined;
  #onMessage: (message: FromWorker) => void = () => undefined;
  #onDeath: () => void = () => undefined;

  constructor() {
    // The child does not get the parent's Node options, because a loader is not for the built file.
    this.#child = fork(workerFile, [], { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#error = (this.#error + text).slice(-KEPT_ERROR);
    });
    this.#child.on("message", (message: FromWorker) => {
      this.#onMessage(message);
    });
    this.#child.on("error", (error) => {
      this.#failure ??= error.message;
      this.#onDeath();
    });
    // The event "close" does not come after `disconnect`. At the end of its output, all that the child wrote is read.
    const { stderr } = this.#child;
    this.#exited = Promise.all([once(this.#child, "exit"), stderr && once(stderr, "end")]).then(() => {
      this.#failure ??= this.#causeOfDeath();
      this.#onDeath();
    });
  }

  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  run(assignment: Assignment, onEvent: (event: TrainingEvent) => void, signal: AbortSignal): Promise<Ending> {
    return new Promise((resolve) => {
      const stop = () => {
        this.#send({ kind: "stop" });
      };
      const settle = (ending: Ending) => {
        signal.removeEventListener("abort", stop);
        this.#onMessage = () => undefined;
        this.#onDeath = () => undefined;
        resolve(ending);
      };
      this.#onMessage = (message) => {
        if (message.kind === "event") onEvent(message.event);
        else settle(message.ending);
      };
      this.#onDeath = () => {
        settle({ status: "failed", reason: `the process of the run ended: ${this.#failure ?? "unknown"}` });
      };
      if (!this.isAlive) this.#onDeath();
      this.#send({ kind: "run", assignment });
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
    });
  }

  /** A child that has just died gets no message. Its death is reported by its own event. */
  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #causeOfDeath(): string {
    const { signalCode, exitCode } = this.#child;
    if (signalCode !== null) return signalCode;
    const lines = this.#error.split("\n").filter((line) => /\S/.test(line));
    const said = lines.find((line) => line.includes("Error: ")) ?? lines.at(-1);
    return [`exit code ${exitCode ?? "unknown"}`, said?.trim()]
      .filter((part) => part !== undefined)
      .join(", ");
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}
