import { type Metric } from "../../tasks/task.ts";
import { type EvalEvent, type StepEvent } from "../../training/events.ts";
import { bestEvaluation, type RunHistory } from "../../training/run-history.ts";
import { formatCount, formatLoss } from "../terminal/format.ts";

/** A validation loss that ends this many times above its least value has risen: the rest is noise. */
const RISEN = 1.02;

/** The value of a metric with its unit: `1.7206 nats per character`. */
export function valueOf(event: EvalEvent, { name, decimals, unit }: Metric): string {
  return `${Number(event[name]).toFixed(decimals)} ${unit}`;
}

/** What one or several runs have found, in sentences, the most important one first. */
export function verdictOf(runs: readonly RunHistory[]): string[] {
  return runs.length === 1 ? verdictOfOne(runs[0]) : verdictOfSeveral(runs);
}

function verdictOfOne(run: RunHistory): string[] {
  const { deciding, metrics, evaluations, steps } = run;
  const best = bestEvaluation(evaluations, deciding);
  const last = steps.at(-1);
  if (best === undefined) {
    if (last === undefined) return [`The run has made no step yet. ${statusOf(run)}`];
    return [
      `The training loss is ${formatLoss(last.loss)} ${metrics[0].unit} at step ${formatCount(last.step)}. ${statusOf(run)}`,
      "Nothing was validated, so this number says nothing about new data.",
    ];
  }
  const others = metrics.filter((metric) => metric !== deciding).map((metric) => valueOf(best, metric));
  const also = others.length === 0 ? "" : ` (${others.join(", ")})`;
  const [first] = evaluations;
  const before =
    first.step === best.step
      ? ""
      : `, ${deciding.better === "lower" ? "down" : "up"} from ${Number(first[deciding.name]).toFixed(deciding.decimals)} at step ${formatCount(first.step)}`;
  const name = deciding.name === "loss" ? "loss is " : "score is ";
  return [
    `The best validation ${name}${valueOf(best, deciding)}${also} at step ${formatCount(best.step)}${before}.`,
    ...overfittingOf(run),
    `${heldOutOf(run)} ${statusOf(run)}`.trim(),
  ];
}

/** Runs that have validated, ordered by the metric that decides, the best first. */
function verdictOfSeveral(runs: readonly RunHistory[]): string[] {
  const [{ deciding, taskName }] = runs;
  const isComparable = runs.every((run) => run.taskName === taskName && run.deciding.name === deciding.name);
  if (!isComparable) {
    return [
      "The runs have different tasks or metrics, so no ranking is made.",
      ...runs.map((run) => `${run.name}: ${verdictOfOne(run)[0]}`),
    ];
  }
  const ranked = runs.flatMap((run) => {
    const best = bestEvaluation(run.evaluations, deciding);
    return best === undefined ? [] : [{ run, best }];
  });
  if (ranked.length === 0) return ["None of the runs has been validated yet."];
  const sign = deciding.better === "lower" ? 1 : -1;
  ranked.sort((a, b) => sign * (Number(a.best[deciding.name]) - Number(b.best[deciding.name])));
  const [winner, ...rest] = ranked;
  const others = rest.map(
    ({ run, best }) => `${run.name} has ${Number(best[deciding.name]).toFixed(deciding.decimals)}`,
  );
  const tail = others.length === 0 ? "." : `; ${listed(others)}.`;
  const winning = `${winner.run.name} validates best, with ${valueOf(winner.best, deciding)} at step ${formatCount(winner.best.step)}${tail}`;
  return [winning, ...caveatsOf(runs)];
}

/** Why the numbers of several runs may not compare. */
function caveatsOf(runs: readonly RunHistory[]): string[] {
  const dataOf = ({ record, start }: RunHistory) =>
    JSON.stringify([record.corpus, record.unit, record.valFrac, start?.symbols]);
  const caveats = [];
  if (new Set(runs.map(dataOf)).size > 1) {
    caveats.push("The runs were validated on different data, so compare their numbers with care.");
  }
  const running = runs.filter(({ status }) => status === "running").map(({ name }) => name);
  if (running.length > 0) {
    caveats.push(`${listed(running)} ${running.length === 1 ? "is" : "are"} still training.`);
  }
  return caveats;
}

/** Says so if the validation loss has risen again while the training loss went on falling. */
function overfittingOf({ evaluations, metrics, steps }: RunHistory): string[] {
  const best = bestEvaluation(evaluations, metrics[0]);
  const last = evaluations.at(-1);
  if (best === undefined || last === undefined || !(last.loss > best.loss * RISEN)) return [];
  const falls = trainingLossNear(steps, last.step) < trainingLossNear(steps, best.step);
  return [
    `From step ${formatCount(best.step)} on, the validation loss rises to ${formatLoss(last.loss)}` +
      (falls ? " while the training loss falls: the model overfits." : "."),
  ];
}

/** The mean training loss of a few reported steps up to a step. */
function trainingLossNear(steps: readonly StepEvent[], step: number): number {
  const few = steps.filter((event) => event.step <= step).slice(-10);
  return few.reduce((sum, { loss }) => sum + loss, 0) / few.length;
}

function heldOutOf({ start, record }: RunHistory): string {
  if (start === undefined) return "";
  const { examples, symbols } = start;
  const amount =
    examples === undefined
      ? `${formatCount(symbols.val)} ${record.unit === "byte" ? "bytes" : record.unit === "word" ? "tokens" : start.series === undefined ? "characters" : "rows"}`
      : `${formatCount(examples.val)} examples`;
  return `Validation reads ${amount} that the model does not train on.`;
}

/** How far a run is, as a sentence. */
export function statusOf({ status, steps, start }: RunHistory): string {
  const made = formatCount(steps.at(-1)?.step ?? start?.step ?? 0);
  const planned = start === undefined ? "" : ` of ${formatCount(start.steps)}`;
  return {
    running: `The run is at step ${made}${planned}.`,
    finished: `The run finished after ${made} steps.`,
    patience: `The run stopped early (--patience) after ${made}${planned} steps.`,
    interrupted: `The run was interrupted after ${made}${planned} steps.`,
    diverged: `The run diverged after ${made}${planned} steps.`,
    unfinished: `The run ended without a last save, after ${made}${planned} steps.`,
  }[status];
}

/** What the chart of the losses shows. */
export function lossTitle(runs: readonly RunHistory[]): string {
  if (runs.length > 1) return "Losses of the runs: validation in full colour, training behind it";
  const [{ evaluations, metrics, steps, deciding }] = runs;
  const best = bestEvaluation(evaluations, metrics[0]);
  const last = evaluations.at(-1);
  if (best === undefined || last === undefined) {
    const [first, end] = [steps[0], steps.at(-1)];
    if (end === undefined) return "No loss has been reported yet";
    return `The training loss goes from ${formatLoss(first.loss)} to ${formatLoss(end.loss)}`;
  }
  const rises = last.loss > best.loss * RISEN ? `, then rises to ${formatLoss(last.loss)}` : "";
  const unit = deciding.name === "loss" ? ` ${metrics[0].unit}` : "";
  return `The validation loss falls to ${formatLoss(best.loss)}${unit} at step ${formatCount(best.step)}${rises}`;
}

/** What the chart of another metric shows. */
export function metricTitle(runs: readonly RunHistory[], metric: Metric): string {
  const bests = runs.flatMap((run) => {
    const best = bestEvaluation(run.evaluations, metric);
    return best === undefined ? [] : [best];
  });
  const best = bestEvaluation(bests, metric);
  const name = capital(metric.unit);
  return best === undefined
    ? `${name} in validation`
    : `${name} in validation reaches ${Number(best[metric.name]).toFixed(metric.decimals)}`;
}

/** What the chart of the gradient norm shows: how often clipping has cut the gradient. */
export function normTitle(runs: readonly RunHistory[]): string {
  const clipped = runs.flatMap(({ steps, record }) => {
    const limit = Number(record.clipNorm);
    return limit > 0 ? steps.map(({ gradientNorm }) => gradientNorm > limit) : [];
  });
  if (clipped.length === 0) return "The norm of the gradient, which is not clipped by its norm";
  const count = clipped.filter(Boolean).length;
  if (count === 0) return "The norm of the gradient stays below the limit of clipping";
  return `The gradient is clipped at ${formatCount(count)} of ${formatCount(clipped.length)} reported steps`;
}

/** What the chart of the learning rate shows. */
export function rateTitle(runs: readonly RunHistory[]): string {
  const rates = runs.flatMap(({ steps }) => steps.map(({ learningRate }) => learningRate));
  const [least, most] = [Math.min(...rates), Math.max(...rates)].map((rate) => Number(rate.toPrecision(3)));
  if (rates.length === 0) return "No learning rate has been reported yet";
  return least === most
    ? `The learning rate stays at ${most}`
    : `The learning rate moves between ${least} and ${most}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `a, b and c` */
function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}
