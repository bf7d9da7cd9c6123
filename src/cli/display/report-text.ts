import { type ChalkInstance } from "chalk";
import { type Curve } from "../../pages/curve.ts";
import { type ChartData, type LineData } from "../../pages/chart-data.ts";
import { type RunHistory } from "../../training/run-history.ts";
import { formatCount, printable } from "../terminal/format.ts";
import { sparkline } from "../terminal/sparkline.ts";
import { facts, table, wrap } from "../terminal/table.ts";
import { reportCharts } from "./report-charts.ts";
import { verdictOf } from "./report-findings.ts";
import { factsOf, trainingCommand } from "./report-page.ts";

/** The report of one or several runs for a terminal: findings, curves, last samples, and commands. */
export function describeReport(runs: readonly RunHistory[], colour: ChalkInstance, columns?: number): string {
  const several = runs.length > 1;
  const heading = (text: string) => ["", colour.bold(wrap(text, columns))];
  const lines = [
    wrap(verdictOf(runs).join(" "), columns),
    ...reportCharts(runs).flatMap((chart) => [
      ...heading(chart.title),
      ...curveLines(chart, several, columns),
    ]),
  ];
  for (const run of runs) {
    const sample = run.samples.at(-1);
    const of = several ? `${run.name}: ` : "";
    if (sample !== undefined) {
      const verb = run.task.sample ? "writes" : "answers";
      lines.push(
        ...heading(`${of}at step ${formatCount(sample.step)} the model ${verb}`),
        printable(sample.text).replace(/\n$/, ""),
      );
    }
    lines.push(...heading(`${of}the run`), ...facts(factsOf(run), columns));
  }
  const again = several ? "commands that train these runs again" : "command that trains this run again";
  // A command stays on one line, so that it can be copied.
  lines.push(...heading(again), ...runs.map(trainingCommand));
  return `${lines.join("\n")}\n`;
}

/** The widest sparkline of a curve, and the narrowest. */
const [WIDEST, NARROWEST] = [60, 8];

/** Each line of a chart as a row: what it is, its first value, its course, and its last value. */
function curveLines({ lines }: ChartData, several: boolean, columns = 80): string[] {
  const cells = lines.map((line): [string, string, string] => {
    const { series, quantity, curve } = line;
    return [
      several ? `${series}: ${quantity}` : quantity,
      shown(line, curve.values[0]),
      shown(line, curve.values[curve.values.length - 1]),
    ];
  });
  const taken = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column].length)));
  const room = columns - taken.reduce((sum, width) => sum + width + 2, 0);
  const width = Math.min(WIDEST, Math.max(NARROWEST, room));
  const rows = cells.map(([name, first, last], index) => [
    name,
    first,
    sparkline(meansOf(lines[index].curve, width), width),
    last,
  ]);
  return table(rows, { right: [1, 3], width: columns });
}

/** The means of so many parts of a curve, or its values if it has no more. A sparkline would leave values out. */
function meansOf({ values }: Curve, parts: number): number[] {
  if (values.length <= parts) return [...values];
  return Array.from({ length: parts }, (_, part) => {
    const [first, end] = [part, part + 1].map((at) => Math.floor((at * values.length) / parts));
    const own = values.slice(first, end);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  });
}

function shown({ decimals }: LineData, value: number): string {
  return String(Number(value.toFixed(decimals)));
}
