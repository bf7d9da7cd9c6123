import { Arena, type ArenaOptions } from "./arena.ts";
import type { Engine, EngineName, Programs } from "./engine.ts";
import { openRunner, type Kernels, type Runner } from "./kernels.ts";
import { Team } from "./team.ts";
import type { Layout, Tensor } from "./tensor.ts";

/**
 * The engine over compiled kernels in one shared memory. With `threads` workers, or, `inline`, on the caller's own
 * thread, which suits work so small that waking another thread would cost more than the work.
 */
export class CompiledEngine<Program extends string> implements Engine<Program> {
  readonly name: EngineName;
  readonly threads: number;
  readonly #arena: Arena<Program>;
  readonly #team: Team | undefined;
  readonly #runner: Runner | undefined;

  private constructor(kernels: Kernels, arena: Arena<Program>, threads: number, team?: Team) {
    this.name = kernels.name;
    this.threads = threads;
    this.#arena = arena;
    this.#team = team;
    if (team === undefined) this.#runner = openRunner(kernels, arena.memory, 0);
  }

  /** @throws CharrnnError where the layout needs more memory than there can be, or no more threads can be had */
  static async open<Program extends string>(
    kernels: Kernels,
    layout: Layout,
    programs: Programs<Program>,
    { threads, batchInvariant, inline = false }: ArenaOptions & { readonly inline?: boolean },
  ): Promise<CompiledEngine<Program>> {
    const arena = new Arena(layout, programs, { threads, batchInvariant });
    const team = inline ? undefined : await Team.open(arena, kernels, threads);
    return new CompiledEngine(kernels, arena, threads, team);
  }

  write(tensor: Tensor, values: ArrayLike<number>): void {
    this.#view(tensor).set(values);
  }

  async run(...names: Program[]): Promise<void> {
    const programs = names.map((name) => this.#arena.program(name));
    if (this.#team) await this.#team.run(...programs);
    else for (const program of programs) this.#runner?.(program, 0, 1);
  }

  read(tensor: Tensor): Promise<Float32Array | Int32Array> {
    return Promise.resolve(this.#view(tensor).slice());
  }

  async close(): Promise<void> {
    await this.#team?.close();
  }

  #view({ dtype, offset, size }: Tensor): Float32Array | Int32Array {
    return dtype === "int32" ? this.#arena.integers(offset, size) : this.#arena.floats(offset, size);
  }
}
