import { type Operation } from "./operation.ts";
import { type Layout, type Tensor } from "./tensor.ts";

/** The engines by name; `auto` is the fastest engine that can run on this machine. */
export const engineChoices = ["auto", "native", "wasm", "reference"] as const;
export type EngineChoice = (typeof engineChoices)[number];
export type EngineName = Exclude<EngineChoice, "auto">;

/** A larger number of threads is taken for a typing error. */
export const MOST_THREADS = 256;

/**
 * An engine does the arithmetic. It owns the memory of one layout, and the programs that were given when it was opened.
 * The caller writes inputs, runs programs and reads results, but never indexes into a tensor. Results may come later
 * (from threads, from a GPU), so `run` and `read` are asynchronous. The caller may start more runs before the last run
 * has ended, so that the engine need not wait for the caller. `write` and `read` act at once: do not use them on
 * tensors that an unfinished run uses.
 */
export interface Engine<Program extends string = string> {
  readonly name: EngineName;
  readonly threads: number;
  /** Copies values into the tensor from its start. */
  write(tensor: Tensor, values: ArrayLike<number>): void;
  /**
   * Runs programs one after another, after all earlier runs. A run has at most MOST_PROGRAMS programs, and at most
   * MOST_RUNS runs may be unfinished.
   */
  run(...programs: Program[]): Promise<void>;
  /** A copy of the tensor's elements. */
  read(tensor: Tensor): Promise<Float32Array | Float64Array | Int32Array>;
  /** Frees threads and memory once all runs have ended. Nothing can be run afterwards. */
  close(): Promise<void>;
}

/** The most runs that may be unfinished, and the most programs of a run. */
export const MOST_RUNS = 4;
export const MOST_PROGRAMS = 4;

/** Named programs: recorded once, run many times. */
export type Programs<Program extends string> = Readonly<Record<Program, readonly Operation[]>>;

/** How an engine is opened. */
export interface OpenOptions {
  /** Worker threads; 0 computes on the caller's own thread. */
  readonly threads: number;
  /** Whether the result of a row must be the same, to the bit, for any number of rows in the batch. */
  readonly batchInvariant?: boolean | undefined;
}

/** An engine that can run here. */
export interface AvailableEngine {
  readonly name: EngineName;
  /** Identifies the engine's source, compiler and processor. The same build gives the same results to the bit. */
  readonly build: string;
  /** One line that describes the engine on this machine. */
  readonly description: string;
  /** The number of threads that the engine uses if the user asks for `asked` threads, or by default. */
  threadsFor(asked?: number): number;
  /** @throws CharrnnError if the machine cannot provide the memory or the threads */
  open<Program extends string>(
    layout: Layout,
    programs: Programs<Program>,
    options: OpenOptions,
  ): Promise<Engine<Program>>;
}

/** Why an engine cannot run on this machine, and whether this is a fault that the user should know of. */
export interface Unavailable {
  readonly unavailable: string;
  readonly isFault: boolean;
}

/** Whether missing kernels may be compiled. Compiling happens once and takes some seconds. */
export interface Compiling {
  readonly mayCompile: boolean;
  /** Called when the compilation begins. */
  readonly onCompile?: (() => void) | undefined;
}

/** One kind of engine. The engine may be unable to run on this machine. */
export interface EngineKind {
  /** Whether the engine is made for speed, and not for checking other engines. */
  readonly isFast: boolean;
  find(compiling: Compiling): Promise<AvailableEngine | Unavailable>;
}
