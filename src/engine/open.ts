import { availableParallelism } from "node:os";
import { CharrnnError } from "../errors.ts";
import { CompiledEngine } from "./compiled.ts";
import type { Engine, EngineChoice, EngineName, Programs } from "./engine.ts";
import { ReferenceEngine } from "./reference.ts";
import type { Layout } from "./tensor.ts";
import { compileKernels } from "./wasm.ts";

export interface EngineOptions {
  engine?: EngineChoice;
  /** Worker threads; 0 computes on the caller's own thread. One a core unless given. */
  threads?: number;
}

/** The engine that a choice means on this machine. */
export function chosenEngine(choice: EngineChoice): EngineName {
  if (choice === "native") {
    throw new CharrnnError("the native engine is not part of this version: use --engine wasm");
  }
  return choice === "auto" ? "wasm" : choice;
}

/**
 * An engine with the memory of `layout` and the given programs. Close it when done.
 * @throws CharrnnError where the engine cannot run here or the memory cannot be had
 */
export async function openEngine<Program extends string>(
  layout: Layout,
  programs: Programs<Program>,
  { engine = "auto", threads = availableParallelism() }: EngineOptions = {},
): Promise<Engine<Program>> {
  if (chosenEngine(engine) === "reference") return new ReferenceEngine(layout, programs);
  const module = await compileKernels();
  return new CompiledEngine(module, layout, programs, {
    threads: Math.max(1, threads),
    inline: threads === 0,
  });
}

/** What each engine is on this machine, for people who ask. */
export interface EngineReport {
  name: EngineName;
  available: boolean;
  why: string;
}

export async function engineReport(): Promise<EngineReport[]> {
  const wasm = await compileKernels().then(
    () => ({ available: true, why: "WebAssembly SIMD on all threads" }),
    (error: unknown) => ({ available: false, why: error instanceof Error ? error.message : String(error) }),
  );
  return [
    { name: "native", available: false, why: "not part of this version" },
    { name: "wasm", ...wasm },
    { name: "reference", available: true, why: "plain TypeScript on one thread: slow, for checking" },
  ];
}
