import { listRuns } from "../checkpoint/run-folder.ts";
import { summarizeRun } from "./run-summary.ts";
import type { RunSummary } from "./run-summary.ts";
import { colourOf } from "./terminal/colour.ts";
import { formatBytes, formatCount, formatLoss, formatShort } from "./terminal/format.ts";
import { table } from "./terminal/table.ts";
import { write } from "./terminal/terminal.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** The options of `charrnn runs` as the command line gives them. */
export interface RunsFlags {
  out: string;
  json?: true;
}

const header = ["run", "model", "parameters", "step", "best loss", "size", "status", "started"];

/** `charrnn runs`: the runs under a folder as a table on standard output, the newest first. */
export async function runs(flags: RunsFlags, terminal: Terminal): Promise<void> {
  const summaries: RunSummary[] = [];
  for (const run of listRuns(flags.out)) summaries.push(await summarizeRun(run, run.record.start));
  if (flags.json) {
    await write(terminal.stdout, `${JSON.stringify(summaries)}\n`);
  } else if (summaries.length === 0) {
    terminal.stderr.write(`no runs in ${flags.out}: \`charrnn train corpora/tales.txt\` makes one\n`);
  } else {
    const { stdout, env } = terminal;
    const width = stdout.isTTY ? stdout.columns : undefined;
    const [first, ...rest] = table([header, ...summaries.map(rowOf)], { right: [2, 3, 4, 5], width });
    await write(stdout, `${[colourOf(stdout, env).bold(first), ...rest].join("\n")}\n`);
  }
}

function rowOf(run: RunSummary): string[] {
  const steps = run.steps === null ? "" : `/${formatCount(run.steps)}`;
  return [
    run.name,
    run.cell === null ? "?" : `${run.cell} ${run.layers ?? "?"}x${run.hidden ?? "?"}`,
    run.parameters === null ? "?" : formatShort(run.parameters),
    `${formatCount(run.step)}${steps}`,
    run.bestLoss === null ? "-" : formatLoss(run.bestLoss),
    formatBytes(run.bytes),
    run.status,
    run.start.slice(0, 16).replace("T", " "),
  ];
}
