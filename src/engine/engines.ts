import { parseChoice, requireNumber } from "../arguments.ts";
import { CharrnnError } from "../errors.ts";
import {
  engineChoices,
  MOST_THREADS,
  type AvailableEngine,
  type Compiling,
  type Engine,
  type EngineChoice,
  type EngineKind,
  type EngineName,
  type Programs,
} from "./engine.ts";
import { type Layout } from "./tensor.ts";

/** Every engine. The module of an engine is loaded on request. */
const registry: Readonly<Record<EngineName, () => Promise<EngineKind>>> = {
  native: async () => (await import("./node/native.ts")).native,
  wasm: async () => (await import("./node/wasm.ts")).wasm,
  reference: async () => (await import("./reference.ts")).reference,
};

export const engineNames = Object.keys(registry) as readonly EngineName[];

/** The engines that `auto` tries, in this order. */
const AUTOMATIC: readonly EngineName[] = ["native", "wasm"];

export interface EngineOptions {
  /** The name of an engine, or an engine that `chooseEngine` returned (default `auto`). */
  engine?: EngineChoice | AvailableEngine | undefined;
  /** Worker threads; 0 computes on the caller's own thread (default: one for each core). */
  threads?: number | undefined;
  /**
   * How many threads the work is large enough for. If `threads` is not given, no more threads than this are started. If
   * the number is 0 or 1, the caller's own thread does the work.
   */
  worthThreads?: number;
  /** Whether the result of a row must be the same, to the bit, for any number of rows in the batch. */
  batchInvariant?: boolean;
}

/**
 * The engine to score a model with. wasm and reference run on every machine. If the model was trained with one of these
 * two, the same engine is the default, so that the score equals the validation loss of the training to the bit.
 */
export function engineLike(trained: unknown, choice: EngineChoice = "auto"): EngineChoice {
  return choice === "auto" && (trained === "wasm" || trained === "reference") ? trained : choice;
}

/**
 * Finds the engine of this name on this machine. `auto` is the fastest engine that can run here. If a faster engine
 * cannot run because of a fault, `note` is called with the reason.
 * @throws UsageError if there is no such engine; CharrnnError if the engine cannot run here
 */
export async function chooseEngine(
  choice: EngineChoice,
  { note, ...compiling }: Compiling & { note?: ((line: string) => void) | undefined },
): Promise<AvailableEngine> {
  parseChoice(choice, "the engine", engineChoices);
  const names = choice === "auto" ? AUTOMATIC : [choice];
  for (const [index, name] of names.entries()) {
    const found = await (await registry[name]()).find(compiling);
    if (!("unavailable" in found)) return found;
    const problem = `the ${name} engine cannot run here: ${found.unavailable}`;
    const next = names.at(index + 1);
    if (next === undefined) throw new CharrnnError(`${problem}; use --engine ${slowerThan(name)}`);
    if (found.isFault) note?.(`${problem}; continuing with ${next}, which is slower`);
  }
  throw new Error("there is no engine to try");
}

/** The engine to use instead of an engine that cannot run. */
function slowerThan(name: EngineName): EngineName {
  return engineNames[Math.min(engineNames.indexOf(name) + 1, engineNames.length - 1)];
}

/**
 * Opens an engine with the memory of `layout` and the given programs. Missing kernels are not compiled. The caller
 * closes the engine.
 * @throws UsageError if there is no such engine or number of threads
 * @throws CharrnnError if the engine cannot run here, or there is too little memory
 */
export async function openEngine<Program extends string>(
  layout: Layout,
  programs: Programs<Program>,
  { engine = "auto", threads, worthThreads, batchInvariant = false }: EngineOptions = {},
): Promise<Engine<Program>> {
  if (threads !== undefined) {
    requireNumber(threads, "the number of threads", { min: 0, max: MOST_THREADS }, true);
  }
  const chosen = typeof engine === "string" ? await chooseEngine(engine, { mayCompile: false }) : engine;
  return chosen.open(layout, programs, {
    threads: threads ?? usualThreads(chosen, worthThreads),
    batchInvariant,
  });
}

function usualThreads(engine: AvailableEngine, worth?: number): number {
  const threads = engine.threadsFor();
  if (worth === undefined) return threads;
  return Math.min(threads, worth) > 1 ? Math.min(threads, worth) : 0;
}

/** Whether an engine can run on this machine, and why, for `charrnn doctor`. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  readonly why: string;
  /** Whether the engine is made for speed, and not for checking other engines. */
  readonly isFast: boolean;
}

/** Reports on every engine. Missing native kernels are compiled first; `onCompile` is called when that begins. */
export async function engineReport(onCompile?: () => void): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const name of engineNames) {
    const kind = await registry[name]();
    const found = await kind.find({ mayCompile: true, onCompile });
    const available = !("unavailable" in found);
    reports.push({
      name,
      available,
      why: available ? found.description : found.unavailable,
      isFast: kind.isFast,
    });
  }
  return reports;
}
