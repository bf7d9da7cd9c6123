import { type Operation } from "./operation.ts";
import { type Layout, type Tensor } from "./tensor.ts";

/** The engines by name; `auto` takes the fastest that runs here. */
export const engineChoices = ["auto", "native", "wasm", "reference"] as const;
export type EngineChoice = (typeof engineChoices)[number];
export type EngineName = Exclude<EngineChoice, "auto">;

/** A larger number of threads is a slip of the finger. */
export const MOST_THREADS = 256;

/**
 * An engine computes. It owns the memory of one layout, and the programs that were given when it was opened. Code above
 * it writes inputs, runs programs and reads results; it never indexes into a tensor.
 * Results may arrive later (from threads, from a GPU), so `run` and `read` are asynchronous. More runs may be asked for
 * before the last has ended, so that the engine need not wait for its caller. `write` and `read` act at once: do not
 * touch tensors that a run under way uses.
 */
export interface Engine<Program extends string = string> {
  readonly name: EngineName;
  readonly threads: number;
  /** Copies values into the tensor from its start. */
  write(tensor: Tensor, values: ArrayLike<number>): void;
  /**
   * Runs programs one after another, after what was asked for earlier: at most MOST_PROGRAMS, and at most MOST_RUNS
   * runs unfinished.
   */
  run(...programs: Program[]): Promise<void>;
  /** A copy of the tensor's elements. */
  read(tensor: Tensor): Promise<Float32Array | Float64Array | Int32Array>;
  /** Frees threads and memory once all runs have ended. Nothing can be run afterwards. */
  close(): Promise<void>;
}

/** How many runs may be asked for before the first has ended, and how many programs a run may have. */
export const MOST_RUNS = 4;
export const MOST_PROGRAMS = 4;

/** Named programs: recorded once, run many times. */
export type Programs<Program extends string> = Readonly<Record<Program, readonly Operation[]>>;

/** How an engine is opened. */
export interface OpenOptions {
  /** Worker threads; 0 computes on the caller's own thread. */
  readonly threads: number;
  /** Whether a row of a batch must come out the same, to the bit, however many rows are computed with it. */
  readonly batchInvariant?: boolean | undefined;
}

/** An engine that can run here. */
export interface AvailableEngine {
  readonly name: EngineName;
  /** What its bits depend on: its source, compiler and processor. The same build makes the same bits. */
  readonly build: string;
  /** One line that says what it is on this machine. */
  readonly description: string;
  /** The threads that it runs on if so many are asked for, or by itself. */
  threadsFor(asked?: number): number;
  /** @throws CharrnnError if the memory or the threads cannot be had */
  open<Program extends string>(
    layout: Layout,
    programs: Programs<Program>,
    options: OpenOptions,
  ): Promise<Engine<Program>>;
}

/** Why an engine cannot run here, and whether somebody would want to mend that. */
export interface Unavailable {
  readonly unavailable: string;
  readonly isFault: boolean;
}

/** Whether kernels that are missing are compiled, which takes some seconds, once. */
export interface Compiling {
  readonly mayCompile: boolean;
  /** Hears when that begins. */
  readonly onCompile?: (() => void) | undefined;
}

/** One kind of engine, whether it can run here or not. */
export interface EngineKind {
  /** Whether it is made for speed, and not for checking. */
  readonly isFast: boolean;
  find(compiling: Compiling): Promise<AvailableEngine | Unavailable>;
}
