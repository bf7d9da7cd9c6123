import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { parseChoice, requireNumber } from "../arguments.ts";
import { CharrnnError, messageOf } from "../errors.ts";
import { CompiledEngine } from "./compiled.ts";
import {
  engineChoices,
  MOST_THREADS,
  type Engine,
  type EngineChoice,
  type EngineName,
  type Programs,
} from "./engine.ts";
import type { Kernels } from "./kernels.ts";
import { findNativeKernels, type Compiling } from "./native.ts";
import { ReferenceEngine } from "./reference.ts";
import type { Layout } from "./tensor.ts";
import { loadWasm } from "./wasm.ts";

export interface EngineOptions {
  /** Which engine, or one that has been chosen already; `auto` unless given. */
  engine?: EngineChoice | ChosenEngine;
  /** Worker threads; 0 computes on the caller's own thread. `usualThreads` unless given. */
  threads?: number;
  /** Whether a row of a batch must come out the same, to the bit, however many rows there are. */
  batchInvariant?: boolean;
}

/** One a core. */
export function usualThreads(): number {
  return Math.min(availableParallelism(), MOST_THREADS);
}

/** The threads that an engine runs on, of those asked for. */
export function threadsOf({ name }: { readonly name: EngineName }, asked = usualThreads()): number {
  return name === "reference" ? 1 : asked;
}

/**
 * The engine to score a model with: the one that trained it, if that is one that runs anywhere, so that its validation
 * is found again to the bit.
 */
export function engineLike(trained: unknown, choice: EngineChoice = "auto"): EngineChoice {
  return choice === "auto" && (trained === "wasm" || trained === "reference") ? trained : choice;
}

/** The kernels of an engine, and the build by which bits are the same: its source, compiler and processor. */
export type ChosenEngine = (Kernels | { readonly name: "reference" }) & { readonly build: string };

/**
 * What a choice of engine means on this machine: `auto` is native where it can be had, and otherwise WASM, with a note
 * where a compiler is there and something else is in the way.
 * @throws UsageError where there is no such engine; CharrnnError where one asked for by name cannot run here
 */
export async function chooseEngine(
  choice: EngineChoice,
  { note, ...compiling }: Compiling & { note?: ((line: string) => void) | undefined },
): Promise<ChosenEngine> {
  parseChoice(choice, "the engine", engineChoices);
  if (choice === "reference") return { name: "reference", build: "typescript" };
  if (choice !== "wasm") {
    const native = await findNativeKernels(compiling);
    if ("addon" in native)
      return { name: "native", addon: native.addon, build: basename(native.addon, ".node") };
    const problem = `the native engine cannot run here: ${native.unavailable}`;
    if (choice === "native") throw new CharrnnError(`${problem}; use --engine wasm`);
    if (native.isFault) note?.(`${problem}; going on with wasm, which is slower`);
  }
  return { name: "wasm", ...(await loadWasm()) };
}

/**
 * An engine with the memory of `layout` and the given programs. It never waits for a compiler. Close it when done.
 * @throws UsageError for an engine or a number of threads that there is not; CharrnnError where the engine cannot run
 * here or the memory cannot be had
 */
export async function openEngine<Program extends string>(
  layout: Layout,
  programs: Programs<Program>,
  { engine = "auto", threads = usualThreads(), batchInvariant = false }: EngineOptions = {},
): Promise<Engine<Program>> {
  requireNumber(threads, "the number of threads", { min: 0, max: MOST_THREADS }, true);
  const chosen = typeof engine === "string" ? await chooseEngine(engine, { mayCompile: false }) : engine;
  if (chosen.name === "reference") return new ReferenceEngine(layout, programs);
  return CompiledEngine.open(chosen, layout, programs, {
    threads: Math.max(1, threads),
    batchInvariant,
    inline: threads === 0,
  });
}

/** What an engine is on this machine, for people who ask. */
export interface EngineReport {
  name: EngineName;
  available: boolean;
  why: string;
  /** Whether it is made for speed, and not for checking. */
  isFast: boolean;
}

/** Native kernels that are missing are compiled first, of which `onCompile` is told. */
export async function engineReport(onCompile?: () => void): Promise<EngineReport[]> {
  const found = await findNativeKernels({ mayCompile: true, onCompile });
  const native =
    "addon" in found
      ? {
          available: true,
          why: `compiled for this CPU, ${found.vectorBits}-bit vectors${found.tiles ? " and matrix tiles" : ""}`,
        }
      : { available: false, why: found.unavailable };
  const wasm = await loadWasm().then(
    ({ fused }) => ({
      available: true,
      why: `WebAssembly SIMD, 128-bit vectors, ${fused ? "fused" : "separate"} multiply-adds`,
    }),
    (error: unknown) => ({ available: false, why: messageOf(error) }),
  );
  return [
    { name: "native", ...native, isFast: true },
    { name: "wasm", ...wasm, isFast: true },
    {
      name: "reference",
      isFast: false,
      available: true,
      why: "plain TypeScript on one thread: slow, for checking",
    },
  ];
}
