import { type Arena } from "./arena.ts";
import { type Engine, type EngineName } from "./engine.ts";
import { type Tensor } from "./tensor.ts";

/** Runs the programs in an arena: a team of threads, or the caller's own thread. */
export interface Crew {
  /** Runs programs one after another, after all earlier runs. */
  run(...programs: number[]): Promise<void>;
  /** Ends the threads, if there are any, once all runs have ended. */
  close(): Promise<void>;
}

/** The engine over compiled kernels in one shared memory. */
export class CompiledEngine<Program extends string> implements Engine<Program> {
  readonly name: EngineName;
  readonly threads: number;
  readonly #arena: Arena<Program>;
  readonly #crew: Crew;

  constructor(name: EngineName, threads: number, arena: Arena<Program>, crew: Crew) {
    this.name = name;
    this.threads = threads;
    this.#arena = arena;
    this.#crew = crew;
  }

  write(tensor: Tensor, values: ArrayLike<number>): void {
    this.#view(tensor).set(values);
  }

  async run(...names: Program[]): Promise<void> {
    await this.#crew.run(...names.map((name) => this.#arena.program(name)));
  }

  read(tensor: Tensor): Promise<Float32Array | Int32Array> {
    return Promise.resolve(this.#view(tensor).slice());
  }

  close(): Promise<void> {
    return this.#crew.close();
  }

  #view({ dtype, offset, size }: Tensor): Float32Array | Int32Array {
    return dtype === "int32" ? this.#arena.integers(offset, size) : this.#arena.floats(offset, size);
  }
}
