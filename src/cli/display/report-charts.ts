import { type AxisData, type ChartData, type LineData } from "../../pages/chart-data.ts";
import { curveOf } from "../../pages/curve.ts";
import { type Metric } from "../../tasks/task.ts";
import { type StepEvent } from "../../training/events.ts";
import { type RunHistory } from "../../training/run-history.ts";
import { lossTitle, metricTitle, normTitle, rateTitle } from "./report-findings.ts";

const steps: AxisData = { label: "step", log: false };

/** The charts of one or several runs, that of the losses first. Lines without a point are left out. */
export function reportCharts(runs: readonly RunHistory[]): ChartData[] {
  const [loss] = runs[0].metrics;
  const charts: ChartData[] = [
    {
      title: lossTitle(runs),
      x: steps,
      y: { label: sameIn(runs, ({ metrics }) => metrics[0].unit) ?? "loss", log: false },
      lines: [
        ...runs.map((run) => stepLine(run, "training loss", loss.decimals, ({ loss }) => loss, true)),
        ...runs.map((run) => evaluationLine(run, run.metrics[0], "validation loss")),
      ],
    },
    ...otherMetrics(runs).map((metric): ChartData => ({
      title: metricTitle(runs, metric),
      x: steps,
      y: { label: metric.unit, log: false },
      lines: runs
        .filter(({ metrics }) => metrics.some(({ name }) => name === metric.name))
        .map((run) => evaluationLine(run, metric, metric.unit)),
    })),
    {
      title: normTitle(runs),
      x: steps,
      y: { label: "norm before clipping", log: true },
      lines: runs.map((run) => stepLine(run, "gradient norm", 3, ({ gradientNorm }) => gradientNorm, false)),
      references: [...new Set(runs.map(({ record }) => Number(record.clipNorm)))]
        .filter((limit) => limit > 0)
        .map((value) => ({ label: `--clip-norm ${value}`, value })),
    },
    {
      title: rateTitle(runs),
      x: steps,
      y: { label: "learning rate", log: false },
      lines: runs.map((run) => rateLine(run)),
    },
  ];
  return charts
    .map((chart) => ({ ...chart, lines: chart.lines.filter(({ curve }) => curve.steps.length > 0) }))
    .filter(({ lines }) => lines.length > 0);
}

/** The metrics that are not the loss, nor the loss in another unit. */
function otherMetrics(runs: readonly RunHistory[]): Metric[] {
  const byName = new Map(
    runs.flatMap(({ metrics }) => metrics.slice(1).map((metric) => [metric.name, metric])),
  );
  return [...byName.values()].filter(({ ofLoss }) => ofLoss === undefined);
}

function stepLine(
  { name, steps }: RunHistory,
  quantity: string,
  decimals: number,
  valueOf: (event: StepEvent) => number,
  faint: boolean,
): LineData {
  const curve = curveOf(
    steps.map(({ step }) => step),
    steps.map(valueOf),
  );
  return { series: name, quantity, faint, noisy: true, decimals, curve };
}

function rateLine(run: RunHistory): LineData {
  return { ...stepLine(run, "learning rate", 6, ({ learningRate }) => learningRate, false), noisy: false };
}

function evaluationLine({ name, evaluations }: RunHistory, metric: Metric, quantity: string): LineData {
  const curve = curveOf(
    evaluations.map(({ step }) => step),
    evaluations.map((event) => Number(event[metric.name])),
  );
  return { series: name, quantity, decimals: metric.decimals, curve };
}

/** What all runs have in common; undefined if they differ. */
function sameIn(runs: readonly RunHistory[], of: (run: RunHistory) => string): string | undefined {
  const all = new Set(runs.map(of));
  return all.size === 1 ? [...all][0] : undefined;
}
