/**
 * Characters a second of training (forward, backward, clip, Adam) on every engine that runs here, in turns with the
 * peers that are installed (see peers.ts), and how much of what the CPU could do that is. The figures of one run can be
 * compared; those of two machines, or of a busy one, cannot.
 */
import { availableParallelism, cpus } from "node:os";
import { table } from "../../src/cli/terminal/table.ts";
import { type EngineName } from "../../src/engine/engine.ts";
import { engineReport } from "../../src/engine/engines.ts";
import { measureSpeed } from "../../src/training/speed.ts";
import { readFlags } from "./flags.ts";
import { measurePeaks, type Peak } from "./peak.ts";
import { findPeers, type Contender } from "./peers.ts";
import { profile, totalOf, type Part } from "./profile.ts";
import { flopsPerCharacter, nameOf, planOf, sizeOf, type Size } from "./size.ts";

const flags = readFlags();
const sizes = flags.cells.flatMap((cell) => flags.sizes.map((size) => sizeOf(cell, size)));
const report = (line: string) => process.stderr.write(`${line}\n`);
const engines = (await engineReport()).flatMap(({ name, available, why }) => {
  if (!available) report(`${name} is left out: ${why}`);
  return available && name !== "reference" ? [name] : [];
});
const peaks = await measurePeaks([...new Set([1, ...flags.threads])]);

/** The GFLOP/s of fused multiply-adds in vectors of the engine's width; a peer is measured by the widest. */
function peakOf(name: string, threads: number): number | undefined {
  const peak: Peak | undefined = peaks?.get(threads);
  if (peak === undefined) return undefined;
  return name === "wasm" ? peak["128"] : Math.max(...Object.values(peak));
}

interface Row {
  readonly model: string;
  readonly by: string;
  readonly threads: number;
  readonly charactersPerSecond: number;
  readonly gflops: number;
  readonly percentOfPeak: number | undefined;
  /** Times the speed of each peer on its best number of threads. */
  readonly timesPeer: Readonly<Record<string, number>>;
}

async function compare(size: Size, contenders: readonly Contender[]): Promise<Row[]> {
  const best = new Map<Contender, number>();
  for (let round = 0; round < flags.rounds; round++) {
    for (const contender of contenders) {
      const speed = await contender.measure(size, flags.seconds);
      if (speed !== undefined) best.set(contender, Math.max(best.get(contender) ?? 0, speed));
    }
  }
  const ofPeers = new Map<string, number>();
  for (const [{ name }, speed] of best) {
    if (!isEngine(name)) ofPeers.set(name, Math.max(ofPeers.get(name) ?? 0, speed));
  }
  return [...best].map(([{ name, threads }, speed]) => {
    const gflops = (speed * flopsPerCharacter(size)) / 1e9;
    const peak = peakOf(name, threads);
    return {
      model: nameOf(size),
      by: name,
      threads,
      charactersPerSecond: Math.round(speed),
      gflops: Number(gflops.toFixed(1)),
      percentOfPeak: peak === undefined ? undefined : Math.round((100 * gflops) / peak),
      timesPeer: Object.fromEntries(
        [...ofPeers].map(([peer, of]) => [peer, Number((speed / of).toFixed(2))]),
      ),
    };
  });
}

function isEngine(name: string): name is EngineName {
  return engines.some((engine) => engine === name);
}

function ours(engine: EngineName, threads: number): Contender {
  const measure = (size: Size, seconds: number) => measureSpeed(planOf(size), { engine, threads }, seconds);
  return { name: engine, threads, measure };
}

function printRows(rows: readonly Row[]): void {
  const peers = [...new Set(rows.flatMap(({ timesPeer }) => Object.keys(timesPeer)))];
  const head = [
    "model",
    "by",
    "threads",
    "characters/s",
    "GFLOP/s",
    "% of peak",
    ...peers.map((peer) => `x ${peer}`),
  ];
  const lines = rows.map(({ model, by, threads, charactersPerSecond, gflops, percentOfPeak, timesPeer }) => [
    model,
    by,
    String(threads),
    charactersPerSecond.toLocaleString("en"),
    gflops.toFixed(1),
    percentOfPeak === undefined ? "" : String(percentOfPeak),
    ...peers.map((peer) => (peer in timesPeer ? timesPeer[peer].toFixed(2) : "")),
  ]);
  const right = head.map((_, column) => column).slice(2);
  console.log(table([head, ...lines], { right }).join("\n"));
}

function printProfile(size: Size, engine: EngineName, parts: readonly Part[]): void {
  const total = totalOf(parts);
  const peak = peakOf(engine, 1);
  const atPeak = (flops: number) => (peak === undefined ? "" : (flops / peak / 1e6).toFixed(2));
  const line = ({ name, milliseconds, flops }: Part) => [
    name,
    milliseconds.toFixed(2),
    ((100 * milliseconds) / total).toFixed(1),
    ...(flops > 0 ? [(flops / milliseconds / 1e6).toFixed(0), atPeak(flops)] : ["", ""]),
  ];
  const sorted = parts.toSorted((a, b) => b.milliseconds - a.milliseconds);
  const flops = parts.reduce((sum, part) => sum + part.flops, 0);
  const rows = [
    [`${nameOf(size)}, ${engine}, one thread`, "ms", "%", "GFLOP/s", "ms at the peak"],
    ...sorted.map(line),
    line({ name: "a chunk", milliseconds: total, flops }),
  ];
  console.log(`\n${table(rows, { right: [1, 2, 3, 4] }).join("\n")}`);
}

const profiles: { model: string; engine: EngineName; parts: Part[] }[] = [];
const rows: Row[] = [];
if (flags.profile) {
  for (const size of sizes) {
    for (const engine of engines) {
      const parts = await profile(size, engine);
      profiles.push({ model: nameOf(size), engine, parts });
      if (!flags.json) printProfile(size, engine, parts);
    }
  }
} else {
  const contenders = [
    ...engines.flatMap((engine) => flags.threads.map((threads) => ours(engine, threads))),
    ...findPeers(flags.threads),
  ];
  for (const size of sizes) {
    report(`${nameOf(size)}: ${contenders.length} contenders, ${flags.rounds} rounds`);
    rows.push(...(await compare(size, contenders)));
  }
  if (!flags.json) printRows(rows);
}

const machine = {
  cpu: cpus()[0]?.model.trim(),
  cores: availableParallelism(),
  node: process.version,
  peakGflops: peaks && Object.fromEntries(peaks),
};
if (flags.json) console.log(JSON.stringify({ ...machine, rows, profiles }));
else console.log(`\n${JSON.stringify(machine)}`);
