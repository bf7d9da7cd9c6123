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

/** Every engine, loaded when it is asked for. */
const registry: Readonly<Record<EngineName, () => Promise<EngineKind>>> = {
  native: async () => (await import("./node/native.ts")).native,
  wasm: async () => (await import("./node/wasm.ts")).wasm,
  reference: async () => (await import("./reference.ts")).reference,
};

export const engineNames = Object.keys(registry) as readonly EngineName[];

/** What `auto` tries, in this order. */
const AUTOMATIC: readonly EngineName[] = ["native", "wasm"];

export interface EngineOptions {
  /** Which engine, or one that has been chosen already; `auto` unless given. */
  engine?: EngineChoice | AvailableEngine | undefined;
  /** Worker threads; 0 computes on the caller's own thread. Unless given, one for each core. */
  threads?: number | undefined;
  /**
   * How many threads the work is worth. Unless `threads` is given, no more are started, and the caller's own thread does
   * work that is worth one.
   */
  worthThreads?: number;
  /** Whether a row of a batch must come out the same, to the bit, however many rows there are. */
  batchInvariant?: boolean;
}

/**
 * The engine to score a model with. A model that was trained by an engine that runs anywhere is scored by the same one,
 * so that its validation loss is found again to the bit.
 */
export function engineLike(trained: unknown, choice: EngineChoice = "auto"): EngineChoice {
  return choice === "auto" && (trained === "wasm" || trained === "reference") ? trained : choice;
}

/**
 * The engine that a choice means on this machine. `auto` is the fastest that can run here; `note` hears if one that is
 * faster could run but for a fault.
 * @throws UsageError if there is no such engine; CharrnnError if it cannot run here
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
    if (found.isFault) note?.(`${problem}; going on with ${next}, which is slower`);
  }
  throw new Error("there is no engine to try");
}

/** The engine to take instead of one that cannot run. */
function slowerThan(name: EngineName): EngineName {
  return engineNames[Math.min(engineNames.indexOf(name) + 1, engineNames.length - 1)];
}

/**
 * An engine with the memory of `layout` and the given programs. It never waits for a compiler. Close it when done.
 * @throws UsageError if there is no such engine or number of threads; CharrnnError if the engine cannot run here, or the
 * memory cannot be had
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

/** What an engine is on this machine, for people who ask. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  readonly why: string;
  /** Whether it is made for speed, and not for checking. */
  readonly isFast: boolean;
}

/** Native kernels that are missing are compiled first, of which `onCompile` is told. */
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
