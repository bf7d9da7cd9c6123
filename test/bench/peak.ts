import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCompiler } from "../../src/engine/node/compiler.ts";

/** GFLOP/s of fused multiply-adds by the width of the vectors in bits, summed over the threads. */
export type Peak = Readonly<Record<string, number>>;

const TRIES = 3;

/** What this CPU can do at most on so many threads at once, for each count; undefined without a C compiler. */
export async function measurePeaks(threadCounts: readonly number[]): Promise<Map<number, Peak> | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "charrnn-peak-"));
  const peak = join(folder, "peak");
  const source = fileURLToPath(new URL("peak.c", import.meta.url));
  const flags = ["-O3", "-march=native", "-ffp-contract=fast", "-pthread"];
  try {
    const compiler = await findCompiler();
    if (compiler === undefined) return undefined;
    const [program, ...given] = compiler.command;
    execFileSync(program, [...given, ...flags, source, "-o", peak], { stdio: "ignore" });
    // More threads than cores can do no more than the cores.
    const coresOf = (threads: number) => Math.min(threads, availableParallelism());
    return new Map(threadCounts.map((threads) => [threads, bestOf(peak, coresOf(threads))]));
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The highest of some tries: another process's share of a core is no part of the peak. */
function bestOf(program: string, threads: number): Peak {
  const tries = Array.from(
    { length: TRIES },
    () => JSON.parse(execFileSync(program, [String(threads)], { encoding: "utf8" })) as Peak,
  );
  const widths = Object.keys(tries[0]);
  return Object.fromEntries(widths.map((width) => [width, Math.max(...tries.map((peak) => peak[width]))]));
}
