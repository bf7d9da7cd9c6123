import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { readOutOption } from "../shared-options.ts";
import stringWidth from "string-width";
import { listRuns } from "../../checkpoint/find-run.ts";
import { summarizeRun, type RunSummary } from "../../checkpoint/run-summary.ts";
import { colourOf } from "../terminal/colour.ts";
import { formatBytes, formatCount, formatLoss, formatShort } from "../terminal/format.ts";
import { table, truncate } from "../terminal/table.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("runs").addOption(readOutOption()).option("--json", "print one JSON array");
}

/** The options of `charrnn runs` as the command line gives them. */
export type RunsFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function runsCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((flags) => runs(flags, terminal));
}

const columns = ["run", "model", "parameters", "step", "best", "size", "status", "started"] as const;
type Column = (typeof columns)[number];

const numeric: ReadonlySet<Column> = new Set(["parameters", "step", "best", "size"]);

/** A run's name is never cut to fewer columns than this. */
const SHORTEST_NAME = 6;

/** Columns that are left out of a narrow terminal, in this order. */
const expendable: readonly Column[] = ["parameters", "size", "started", "model"];

/** `charrnn runs`: the runs under a folder as a table on standard output, the newest first. */
export async function runs(flags: RunsFlags, terminal: Terminal): Promise<void> {
  const summaries: RunSummary[] = [];
  for (const run of listRuns(flags.out)) summaries.push(await summarizeRun(run));
  if (flags.json) {
    await write(terminal.stdout, `${JSON.stringify(summaries)}\n`);
  } else if (summaries.length === 0) {
    terminal.stderr.write(`no runs in ${flags.out}: \`charrnn train corpora/tales.txt\` makes one\n`);
  } else {
    const { stdout, env } = terminal;
    const [first, ...rest] = tableWithin(columnsOf(stdout), summaries.map(rowOf));
    await write(stdout, `${[colourOf(stdout, env).bold(first), ...rest].join("\n")}\n`);
  }
}

/** The lines of the table. Columns are left out until the table fits. If the table is still too wide, names are cut. */
function tableWithin(width = Infinity, rows: readonly Record<Column, string>[]): string[] {
  const excessOf = (shown: readonly Column[]) => widest(tableOf(shown, rows)) - width;
  let shown: readonly Column[] = columns;
  for (const column of expendable) {
    if (excessOf(shown) <= 0) break;
    shown = shown.filter((other) => other !== column);
  }
  const room = Math.max(SHORTEST_NAME, widest(rows.map(({ run }) => run)) - Math.max(0, excessOf(shown)));
  const cut = rows.map((row) => ({ ...row, run: truncate(row.run, room) }));
  return tableOf(shown, cut, width);
}

function tableOf(
  shown: readonly Column[],
  rows: readonly Record<Column, string>[],
  width?: number,
): string[] {
  const right = shown.flatMap((column, index) => (numeric.has(column) ? [index] : []));
  return table([shown, ...rows.map((row) => shown.map((column) => row[column]))], { right, width });
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => stringWidth(text)));
}

function rowOf(run: RunSummary): Record<Column, string> {
  const steps = run.steps === null ? "" : `/${formatCount(run.steps)}`;
  return {
    run: run.name,
    model: run.cell === null ? "?" : `${run.cell} ${run.layers ?? "?"}x${run.hidden ?? "?"}`,
    parameters: run.parameters === null ? "?" : formatShort(run.parameters),
    step: `${formatCount(run.step)}${steps}`,
    best: bestOf(run),
    size: formatBytes(run.bytes),
    status: run.status,
    started: run.start.slice(0, 16).replace("T", " "),
  };
}

/** The best loss of a run, or its best value of the metric that --metric chose. */
function bestOf({ metric, bestLoss, bestValue }: RunSummary): string {
  if (metric === "loss") return bestLoss === null ? "-" : formatLoss(bestLoss);
  return bestValue === null ? "-" : `${metric} ${formatLoss(bestValue)}`;
}
