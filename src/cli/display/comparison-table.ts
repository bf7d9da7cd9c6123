import { type ComparedRun } from "../../sweeps/compared-runs.ts";
import { type Comparison, type RunGroup } from "../../sweeps/compare.ts";
import { type Moments } from "../../sweeps/statistics.ts";
import { type Metric } from "../../tasks/task.ts";
import { formatDuration, formatShort } from "../terminal/format.ts";
import { table } from "../terminal/table.ts";
import stringWidth from "string-width";

/** A column of the table: its heading, and its cell for each group. */
interface Column {
  readonly heading: string;
  readonly cellOf: (group: RunGroup) => string;
  /** Columns of lower rank are left out of a narrow terminal first. */
  readonly rank: number;
  readonly isText?: boolean;
}

const NONE = "-";

/** The settings of compared runs as a table for people, the best first. */
export function describeComparison(comparison: Comparison, width = Infinity): string {
  if (comparison.groups.length === 0) return "there are no runs to compare\n";
  let columns = columnsOf(comparison);
  let lines = linesOf(columns, comparison.groups);
  while (columns.length > 2 && Math.max(...lines.map((line) => stringWidth(line))) > width) {
    const lowest = Math.min(...columns.map(({ rank }) => rank));
    columns = columns.filter(({ rank }) => rank > lowest);
    lines = linesOf(columns, comparison.groups, width);
  }
  return `${lines.join("\n")}\n`;
}

/** The same table for Markdown. */
export function comparisonMarkdown(comparison: Comparison): string {
  const columns = columnsOf(comparison);
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const lines = [
    row(columns.map(({ heading }) => heading)),
    row(columns.map(({ isText }) => (isText ? "---" : "---:"))),
    ...comparison.groups.map((group) => row(columns.map(({ cellOf }) => cellOf(group)))),
  ];
  return `${lines.join("\n")}\n`;
}

/** All runs as comma-separated values: a line for each run, with numbers in full. */
export function comparisonCsv({ runs, differing }: Comparison): string {
  const heading = [
    "name",
    ...differing,
    "seed",
    "step",
    "best_step",
    "best_loss",
    "metric",
    "best_value",
    "test_loss",
    "parameters",
    "seconds",
    "characters_per_second",
  ];
  const rows = runs.map(({ name, options, best, test, ...run }) => [
    name,
    ...differing.map((option) => options[option]),
    options.seed,
    run.step,
    best?.step,
    best?.loss,
    best?.metric,
    best?.value,
    test?.loss,
    run.parameters,
    run.seconds,
    run.charactersPerSecond,
  ]);
  return [heading, ...rows].map((row) => `${row.map(csvCell).join(",")}\n`).join("");
}

/** The comparison as an object for programs. */
export function comparisonJson({ metric, differing, runs, groups }: Comparison): object {
  const ofRun = ({ name, folder, options, best, test, parameters, ...rest }: ComparedRun) => ({
    name,
    options,
    best,
    test,
    parameters,
    seconds: rest.seconds,
    step: rest.step,
    charactersPerSecond: rest.charactersPerSecond,
    folder,
  });
  return { metric: metric.name, differing, runs: runs.map(ofRun), groups };
}

function csvCell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function linesOf(columns: readonly Column[], groups: readonly RunGroup[], width?: number): string[] {
  const rows = [
    columns.map(({ heading }) => heading),
    ...groups.map((group) => columns.map(({ cellOf }) => cellOf(group))),
  ];
  const right = columns.flatMap(({ isText }, index) => (isText ? [] : [index]));
  return table(rows, { right, width });
}

function columnsOf({ metric, inBits, differing, groups }: Comparison): Column[] {
  const isLoss = metric.name === "loss";
  const some = (of: (group: RunGroup) => unknown) => groups.some((group) => of(group) !== null);
  const columns: (Column | null | undefined)[] = [
    ...(differing.length === 0
      ? [{ heading: "run", cellOf: ({ runs }: RunGroup) => runs[0], rank: 10, isText: true }]
      : differing.map((name) => ({
          heading: name,
          cellOf: ({ options }: RunGroup) => shown(options[name]),
          rank: 9,
          isText: groups.some(({ options }) => typeof options[name] === "string"),
        }))),
    groups.some(({ runs }) => runs.length > 1)
      ? { heading: "runs", cellOf: ({ runs }) => String(runs.length), rank: 3 }
      : undefined,
    {
      heading: isLoss ? "best loss" : `best ${metric.unit}`,
      cellOf: ({ best }) => spread(best, metric),
      rank: 10,
    },
    isLoss ? undefined : { heading: "loss", cellOf: ({ loss }) => spread(loss, { decimals: 4 }), rank: 6 },
    inBits && {
      heading: inBits.shortUnit,
      cellOf: ({ loss }: RunGroup) => (loss ? (inBits.ofLoss?.(loss.mean) ?? NaN).toFixed(3) : NONE),
      rank: 5,
    },
    some(({ test }) => test)
      ? {
          heading: isLoss ? "test loss" : `test ${metric.unit}`,
          cellOf: ({ test }) => spread(test, metric),
          rank: 8,
        }
      : undefined,
    some(({ versusBest }) => versusBest)
      ? { heading: "p", cellOf: ({ versusBest }) => (versusBest ? probability(versusBest.p) : NONE), rank: 7 }
      : undefined,
    {
      heading: "parameters",
      cellOf: ({ parameters }) => (parameters === null ? NONE : formatShort(parameters)),
      rank: 4,
    },
    { heading: "time", cellOf: ({ seconds }) => (seconds ? formatDuration(seconds.mean) : NONE), rank: 2 },
    {
      heading: "symbols/s",
      cellOf: ({ charactersPerSecond: speed }) => (speed ? formatShort(speed.mean) : NONE),
      rank: 1,
    },
  ];
  return columns.filter((column) => column !== undefined && column !== null);
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return NONE;
  return typeof value === "string" ? value : Array.isArray(value) ? value.join(" ") : JSON.stringify(value);
}

/** A mean and the standard deviation: `1.3620 ±0.0123`. */
function spread(moments: Moments | null, { decimals }: Pick<Metric, "decimals">): string {
  if (moments === null) return NONE;
  const mean = moments.mean.toFixed(decimals);
  return moments.deviation === null ? mean : `${mean} ±${moments.deviation.toFixed(decimals)}`;
}

function probability(p: number): string {
  return p < 0.001 ? "<.001" : p.toFixed(3);
}
