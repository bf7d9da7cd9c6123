import { Turns } from "../turns.ts";
import { memoryError, NOT_GIVEN } from "./arena.ts";
import type { Engine, Programs } from "./engine.ts";
import type { Operation } from "./operation.ts";
import { ReferenceOperations, type Floats, type Memory } from "./reference-operations.ts";
import type { Layout, Tensor } from "./tensor.ts";

/** The readable engine: one thread, float32 or float64, every operation as it stands in the textbook. */
export class ReferenceEngine<Program extends string> implements Engine<Program> {
  readonly name = "reference";
  readonly threads = 1;
  readonly #memory: Memory;
  readonly #operations: ReferenceOperations;
  readonly #programs: Programs<Program>;
  /** The run asked for last: each waits for the one before it. */
  #last = Promise.resolve();
  readonly #turns = new Turns();

  constructor(layout: Layout, programs: Programs<Program>, precision: "float32" | "float64" = "float32") {
    this.#memory = allocate(layout.bytes / 4, precision);
    this.#operations = new ReferenceOperations(this.#memory);
    this.#programs = programs;
  }

  write(tensor: Tensor, values: ArrayLike<number>): void {
    this.#view(tensor).set(values);
  }

  run(...names: Program[]): Promise<void> {
    return (this.#last = this.#last.then(() => this.#runAll(names)));
  }

  async #runAll(names: readonly Program[]): Promise<void> {
    for (const name of names) {
      for (const operation of this.#programs[name]) {
        this.#run(operation);
        if (this.#turns.areDue) await this.#turns.give();
      }
    }
  }

  read(tensor: Tensor): Promise<Float32Array | Float64Array | Int32Array> {
    return Promise.resolve(this.#view(tensor).slice());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #run(operation: Operation): void {
    (this.#operations[operation.op] as (operation: Operation) => void)(operation);
  }

  #view({ dtype, offset, size }: Tensor): Floats | Int32Array {
    const elements = dtype === "int32" ? this.#memory.integers : this.#memory.floats;
    return elements.subarray(offset / 4, offset / 4 + size);
  }
}

function allocate(elements: number, precision: "float32" | "float64"): Memory {
  const Floats = precision === "float64" ? Float64Array : Float32Array;
  try {
    return { floats: new Floats(elements), integers: new Int32Array(elements) };
  } catch {
    throw memoryError(elements * (Floats.BYTES_PER_ELEMENT + 4), NOT_GIVEN);
  }
}
