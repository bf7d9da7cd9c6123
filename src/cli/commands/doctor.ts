import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { attend } from "../terminal/interruption.ts";
import { engineReport, type EngineReport } from "../../engine/engines.ts";
import { processorFeatures } from "../../engine/node/processor.ts";
import { measureEngine } from "../../training/speed.ts";
import { packageVersion } from "../package.ts";
import { phasePieces } from "../display/progress.ts";
import { colourOf } from "../terminal/colour.ts";
import { formatBytes, formatShort } from "../terminal/format.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { facts } from "../terminal/table.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("doctor").option("--json", "print one JSON object");
}

/** The options of `charrnn doctor` as the command line gives them. */
export type DoctorFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function doctorCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((flags) => doctor(flags, terminal));
}

/**
 * An engine's report, with the speed at which the engine would train the default model. The speed is null if the engine
 * cannot run here or is not made for speed.
 */
interface MeasuredEngine extends Omit<EngineReport, "isFast"> {
  charactersPerSecond: number | null;
}

/** `charrnn doctor`: shows this machine's hardware, which engine would run here and why, and each engine's speed. */
export async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<void> {
  const engines = await measureEngines(terminal);
  const machine = {
    charrnn: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus().at(0)?.model.trim() ?? "unknown",
    cores: cpus().length,
    threads: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    simd: simdOf(processorFeatures()),
    engine: engines.find(({ available }) => available)?.name ?? "none",
    engines,
  };
  if (flags.json) {
    await write(terminal.stdout, `${JSON.stringify(machine)}\n`);
    return;
  }
  const colour = colourOf(terminal.stdout, terminal.env);
  const { memory, simd, engine } = machine;
  const rows: (readonly [string, string])[] = [
    ["charrnn", machine.charrnn],
    ["Node", `${machine.node} on ${machine.platform}`],
    ["CPU", `${machine.cpu}, ${machine.cores === 1 ? "1 core" : `${machine.cores} cores`}`],
    ["SIMD", simd.length === 0 ? "unknown" : simd.join(", ")],
    ["memory", `${formatBytes(memory.total)}, ${formatBytes(memory.free)} of it free`],
    ["threads", `${machine.threads} unless --threads says otherwise`],
    ...engines.map(({ name, available, why, charactersPerSecond: speed }): readonly [string, string] => [
      `engine ${name}`,
      `${available ? (name === engine ? colour.green("would run") : "could run") : colour.red("cannot run")}: ${why}` +
        (speed === null ? "" : `, ${formatShort(speed)} characters a second for an LSTM of 2x128`),
    ]),
  ];
  await write(terminal.stdout, `${facts(rows, columnsOf(terminal.stdout)).join("\n")}\n`);
}

/** Finds the engines that run here and measures their speeds, with a status line for the current phase. */
async function measureEngines(terminal: Terminal): Promise<MeasuredEngine[]> {
  const line = openStatusLine(terminal.stderr, terminal.env);
  const show = (phase: string) => {
    line.show(phasePieces({ phase }));
  };
  const engines: MeasuredEngine[] = [];
  await attend(terminal, { close: line.clear }, async () => {
    const reports = await engineReport(() => {
      show("compiling the kernels");
    });
    for (const { isFast, ...report } of reports) {
      const isMeasured = report.available && isFast;
      if (isMeasured) show(`measuring ${report.name}`);
      const speed = isMeasured ? Math.round(await measureEngine(report.name)) : null;
      engines.push({ ...report, charactersPerSecond: speed });
    }
  });
  return engines;
}

const SIMD_NAMES: Readonly<Record<string, string>> = {
  sse4_1: "SSE4.1",
  avx: "AVX",
  avx2: "AVX2",
  fma: "FMA",
  avx512f: "AVX-512",
  amx_int8: "AMX",
  asimd: "NEON",
  sve: "SVE",
};

/** The vector extensions among the features of a CPU. */
export function simdOf(features: readonly string[]): string[] {
  return Object.entries(SIMD_NAMES).flatMap(([feature, name]) => (features.includes(feature) ? [name] : []));
}
