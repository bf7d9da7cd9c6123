import { join } from "node:path";
import { type ChalkInstance } from "chalk";
import { type Metric, type Task } from "../../tasks/task.ts";
import {
  type Best,
  type EndEvent,
  type EvalEvent,
  type SampleEvent,
  type StartEvent,
  type StepEvent,
} from "../../training/events.ts";
import { describeSplitFiles } from "./split-files.ts";
import { optionDefinitions } from "../../training/options.ts";
import { type TrainingProgress } from "./progress.ts";
import {
  formatCount,
  formatDuration,
  formatLoss,
  formatShort,
  printable,
  shellWord,
} from "../terminal/format.ts";

/** Describes a run: its folder, model and data, and how many steps it will make. */
export function describeStart(start: StartEvent, task: Task): string[] {
  const { cell, layers, hidden, bidirectional, batchSize } = start.options;
  const steps = `${formatCount(start.steps)} steps`;
  const length =
    start.secondsLeft === undefined
      ? steps
      : `${formatDuration(start.secondsLeft)}, or ${steps} if they end first`;
  const from = start.step > 0 ? `, continuing from step ${formatCount(start.step)}` : "";
  return [
    `run ${start.run} in ${start.folder}${from}`,
    `model: ${String(cell)} ${String(layers)}x${String(hidden)}${bidirectional === true ? " in both directions" : ""}, ${formatCount(start.parameters)} parameters`,
    task.describeData(start, start.options, formatCount),
    ...describeSplitFiles(start).map(([what, files]) => `${what} ${files}`),
    `training: ${length}, ${formatCount(start.stepsPerEpoch)} an epoch, in batches of ${String(batchSize)}, ` +
      `with the ${start.engine} engine on ${start.threads === 1 ? "1 thread" : `${start.threads} threads`}`,
  ];
}

/** A step in one line. The line is printed if there is no status line. */
export function describeStep(step: StepEvent, task: Task, progress: TrainingProgress): string {
  const secondsLeft = progress.secondsLeft();
  const parts = [
    `step ${formatCount(step.step)}/${formatCount(progress.steps)}`,
    `epoch ${step.epoch}/${progress.epochs}`,
    `loss ${formatLoss(step.loss)}`,
    `norm ${step.gradientNorm.toPrecision(3)}`,
    `rate ${Number(step.learningRate.toPrecision(3))}`,
    `${formatShort(step.charactersPerSecond)} ${task.symbolUnit}/s`,
  ];
  if (secondsLeft !== undefined) parts.push(`${formatDuration(secondsLeft)} left`);
  return parts.join("  ");
}

/** A validation in one line: its loss, the task's other metrics, and a mark if it is the best so far. */
export function describeEvaluation(
  event: EvalEvent,
  metrics: readonly Metric[],
  isBest: boolean,
  colour: ChalkInstance,
): string {
  const values = metrics
    .filter(({ name }) => name !== "loss")
    .map(({ name, unit, decimals }) => `${Number(event[name]).toFixed(decimals)} ${unit}`);
  const mark = isBest ? colour.green(", the best so far") : "";
  return `step ${formatCount(event.step)}: validation loss ${formatLoss(event.loss)} (${values.join(", ")})${mark}`;
}

/** A sample or another preview of the task (predictions, for example), below its heading. */
export function describeSample({ text }: SampleEvent, colour: ChalkInstance, heading: string): string {
  return `${heading}${colour.dim(printable(text).replace(/\n$/, ""))}`;
}

/**
 * Says how a run ended: why, the best loss and its file, how long it took, and the command to type next. If a resumed
 * run had ended already, there is no start event, and the result is only the first line.
 */
export function describeEnd(
  end: EndEvent,
  start: StartEvent | undefined,
  last: StepEvent | undefined,
  { metrics, task }: Pick<TrainingProgress, "metrics" | "task">,
): string[] {
  const time = formatDuration(end.seconds);
  const lines = [`${reasons[end.reason]} step ${formatCount(end.step)} after ${time}`];
  if (start === undefined) return lines;
  const run = nameOf(start);
  if (end.best !== null) {
    const { loss, step, path } = end.best;
    const deciding = describeDeciding(end.best, metrics);
    lines.push(
      `best: ${deciding}${describeLoss(loss, metrics)} in validation, at step ${formatCount(step)}, in ${path}`,
    );
  } else if (last !== undefined && end.reason !== "diverged") {
    lines.push(
      `in training: ${describeLoss(last.loss, metrics)} at step ${formatCount(last.step)}, in ${start.folder}`,
    );
  }
  if (end.reason === "interrupted") lines.push(`continue: charrnn train --resume ${run}`);
  else if (end.reason !== "diverged")
    lines.push(`next: charrnn ${task?.sample ? "sample" : "predict"} ${run}`);
  return lines;
}

const reasons: Record<EndEvent["reason"], string> = {
  finished: "finished at",
  patience: "stopped early (--patience) at",
  interrupted: "interrupted at",
  // The update that diverged was not applied, so the end event has the step before it.
  diverged: "diverged after",
};

/**
 * The value of the metric that made a checkpoint the best. Empty if the loss decided, because the loss is shown anyway.
 */
function describeDeciding({ metric, value }: Best, metrics: readonly Metric[]): string {
  const { unit, decimals } = metrics.find(({ name }) => name === metric) ?? { unit: metric, decimals: 4 };
  return metric === "loss" ? "" : `${value.toFixed(decimals)} ${unit}, `;
}

/** A loss in nats, and in the other units that the task has for a loss. */
function describeLoss(loss: number, metrics: readonly Metric[]): string {
  const others = metrics.flatMap(({ ofLoss, decimals, unit }) =>
    ofLoss === undefined ? [] : [` (${ofLoss(loss).toFixed(decimals)} ${unit})`],
  );
  return `loss ${formatLoss(loss)}${others.join("")}`;
}

/** How a shell command names a run: by its name if the run is in the default folder, or else by its folder's path. */
function nameOf({ run, folder }: StartEvent): string {
  return shellWord(folder === join(optionDefinitions.out.default, run) ? run : folder);
}
