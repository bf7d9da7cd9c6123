import { Turns } from "../turns.ts";
import { type Engine, type EngineKind, type Programs } from "./engine.ts";
import { memoryError, NOT_GIVEN } from "./memory-error.ts";
import { operations, type Operation } from "./operation.ts";
import { type Floats, type Memory } from "./operations/record.ts";
import { ELEMENT_BYTES, type Layout, type Tensor } from "./tensor.ts";

/** The engine that is easy to read: one thread, float32 or float64, every operation in plain loops. */
export class ReferenceEngine<Program extends string> implements Engine<Program> {
  readonly name = "reference";
  readonly threads = 1;
  readonly #memory: ReferenceMemory;
  readonly #programs: Programs<Program>;
  /** The run that was started last. Each run waits for the run before it. */
  #last = Promise.resolve();
  readonly #turns = new Turns();

  constructor(layout: Layout, programs: Programs<Program>, precision: "float32" | "float64" = "float32") {
    this.#memory = new ReferenceMemory(layout.bytes / ELEMENT_BYTES, precision);
    this.#programs = programs;
  }

  write(tensor: Tensor, values: ArrayLike<number>): void {
    this.#memory.elements(tensor).set(values);
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
    return Promise.resolve(this.#memory.elements(tensor).slice());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #run(operation: Operation): void {
    const { reference } = operations[operation.op] as {
      reference: (operands: Operation, memory: Memory) => void;
    };
    reference(operation, this.#memory);
  }
}

/** Memory that holds every element twice: as a float and as an integer. A tensor uses only one of the two arrays. */
class ReferenceMemory implements Memory {
  readonly #floats: Floats;
  readonly #integers: Int32Array;

  constructor(elements: number, precision: "float32" | "float64") {
    const Floats = precision === "float64" ? Float64Array : Float32Array;
    try {
      this.#floats = new Floats(elements);
      this.#integers = new Int32Array(elements);
    } catch {
      throw memoryError(elements * (Floats.BYTES_PER_ELEMENT + ELEMENT_BYTES), NOT_GIVEN);
    }
  }

  floats({ offset, size }: Tensor): Floats {
    return this.#floats.subarray(offset / ELEMENT_BYTES, offset / ELEMENT_BYTES + size);
  }

  integers({ offset, size }: Tensor): Int32Array {
    return this.#integers.subarray(offset / ELEMENT_BYTES, offset / ELEMENT_BYTES + size);
  }

  elements(tensor: Tensor): Floats | Int32Array {
    return tensor.dtype === "int32" ? this.integers(tensor) : this.floats(tensor);
  }
}

/** The reference engine. The engine runs on every machine, on one thread. */
export const reference: EngineKind = {
  isFast: false,
  find: () =>
    Promise.resolve({
      name: "reference",
      build: "typescript",
      description: "plain TypeScript on one thread: slow, for checking",
      threadsFor: () => 1,
      open: (layout, programs) => Promise.resolve(new ReferenceEngine(layout, programs)),
    }),
};
