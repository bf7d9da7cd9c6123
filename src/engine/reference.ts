import { setImmediate } from "node:timers/promises";
import type { Engine, Programs } from "./engine.ts";
import type { Operation } from "./operation.ts";
import { ReferenceOperations, type Floats, type Memory } from "./reference-operations.ts";
import type { Layout, Tensor } from "./tensor.ts";

/** Milliseconds after which signals and the status line have their turn. */
const LONGEST_TURN = 50;

/** The readable engine: one thread, float32 or float64, every operation as it stands in the textbook. */
export class ReferenceEngine<Program extends string> implements Engine<Program> {
  readonly name = "reference";
  readonly threads = 1;
  readonly #memory: Memory;
  readonly #operations: ReferenceOperations;
  readonly #programs: Programs<Program>;
  /** The run asked for last: each waits for the one before it. */
  #last = Promise.resolve();
  /** When the event loop last had its turn. */
  #turned = performance.now();

  constructor(layout: Layout, programs: Programs<Program>, precision: "float32" | "float64" = "float32") {
    const elements = layout.bytes / 4;
    const floats = precision === "float64" ? new Float64Array(elements) : new Float32Array(elements);
    this.#memory = { floats, integers: new Int32Array(elements) };
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
        if (performance.now() - this.#turned < LONGEST_TURN) continue;
        await setImmediate();
        this.#turned = performance.now();
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
