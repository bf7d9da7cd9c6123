import { availableParallelism } from "node:os";
import { Arena } from "../arena.ts";
import { CompiledEngine, type Crew } from "../compiled.ts";
import {
  MOST_THREADS,
  type AvailableEngine,
  type Engine,
  type OpenOptions,
  type Programs,
} from "../engine.ts";
import { type Layout } from "../tensor.ts";
import { openRunner, type Kernels } from "./kernels.ts";
import { Team } from "./team.ts";

/** The engine of compiled kernels on this machine. */
export function compiledEngine(kernels: Kernels, build: string, description: string): AvailableEngine {
  return {
    name: kernels.name,
    build,
    description,
    threadsFor: (asked = Math.min(availableParallelism(), MOST_THREADS)) => asked,
    open: (layout, programs, options) => openCompiled(kernels, layout, programs, options),
  };
}

/**
 * Opens compiled kernels on `threads` workers. With 0 workers, the caller's own thread computes. This suits small work:
 * waking another thread would take longer than the work.
 * @throws CharrnnError if the layout needs too much memory, or the system refuses to start the threads
 */
export async function openCompiled<Program extends string>(
  kernels: Kernels,
  layout: Layout,
  programs: Programs<Program>,
  { threads, batchInvariant }: OpenOptions,
): Promise<Engine<Program>> {
  const members = Math.max(1, threads);
  const arena = new Arena(layout, programs, { threads: members, batchInvariant });
  const crew = threads === 0 ? soloist(kernels, arena) : await Team.open(arena, kernels, members);
  return new CompiledEngine(kernels.name, members, arena, crew);
}

/** A crew that runs programs on the caller's own thread. */
function soloist(kernels: Kernels, { memory }: Arena<string>): Crew {
  const run = openRunner(kernels, memory, 0);
  return {
    run: (...programs) => {
      for (const program of programs) run(program, 0, 1);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
