import { join } from "node:path";
import type { ChalkInstance } from "chalk";
import { type Metric, type Task } from "../../tasks/task.ts";
import type { EndEvent, EvalEvent, SampleEvent, StartEvent, StepEvent } from "../../training/events.ts";
import { optionDefinitions } from "../../training/options.ts";
import { epochsOf } from "./progress.ts";
import { formatCount, formatDuration, formatLoss, formatShort } from "../terminal/format.ts";
import { printable, shellWord } from "../terminal/format.ts";

/** What a run is: its folder, model, data, and how long it will go. */
export function describeStart(start: StartEvent, task: Task): string[] {
  const { cell, layers, hidden } = start.options;
  const from = start.step > 0 ? `, going on from step ${formatCount(start.step)}` : "";
  return [
    `run ${start.run} in ${start.folder}${from}`,
    `model: ${String(cell)} ${String(layers)}x${String(hidden)}, ${formatCount(start.parameters)} parameters`,
    task.describeData(start, start.options, formatCount),
    `training: ${formatCount(start.steps)} steps, ${formatCount(start.stepsPerEpoch)} an epoch, ` +
      `with the ${start.engine} engine on ${start.threads === 1 ? "1 thread" : `${start.threads} threads`}`,
  ];
}

/** A step in one line, if no status line is redrawn. */
export function describeStep(
  step: StepEvent,
  start: StartEvent,
  task: Task,
  secondsLeft: number | undefined,
): string {
  const parts = [
    `step ${formatCount(step.step)}/${formatCount(start.steps)}`,
    `epoch ${step.epoch}/${epochsOf(start)}`,
    `loss ${formatLoss(step.loss)}`,
    `norm ${step.gradientNorm.toPrecision(3)}`,
    `rate ${Number(step.learningRate.toPrecision(3))}`,
    `${formatShort(step.charactersPerSecond)} ${task.symbolUnit}/s`,
  ];
  if (secondsLeft !== undefined) parts.push(`${formatDuration(secondsLeft)} left`);
  return parts.join("  ");
}

/** A validation in one line: its loss, the task's other metrics, and whether no validation was better before. */
export function describeEvaluation(
  event: EvalEvent,
  { metrics }: Task,
  isBest: boolean,
  colour: ChalkInstance,
): string {
  const values = metrics
    .filter(({ name }) => name !== "loss")
    .map(({ name, unit, decimals }) => `${Number(event[name]).toFixed(decimals)} ${unit}`);
  const mark = isBest ? colour.green(", the best so far") : "";
  return `step ${formatCount(event.step)}: validation loss ${formatLoss(event.loss)} (${values.join(", ")})${mark}`;
}

/** A sample, with a heading unless it stands below the evaluation of the same step. */
export function describeSample(
  { step, text }: SampleEvent,
  colour: ChalkInstance,
  hasHeading: boolean,
): string {
  const heading = hasHeading ? `step ${formatCount(step)}: the model writes\n` : "";
  return `${heading}${colour.dim(printable(text).replace(/\n$/, ""))}`;
}

/**
 * How a run ended: why, the best loss and where it lies, how long it took, and the command to type next. Of a run that
 * had ended before, whose end has no start, the first line.
 */
export function describeEnd(
  end: EndEvent,
  start: StartEvent | undefined,
  last: StepEvent | undefined,
  metrics: readonly Metric[],
): string[] {
  const time = formatDuration(end.seconds);
  const lines = [`${reasons[end.reason]} step ${formatCount(end.step)} after ${time}`];
  if (start === undefined) return lines;
  const run = nameOf(start);
  if (end.best !== null) {
    const { loss, step, path } = end.best;
    lines.push(
      `best: ${describeLoss(loss, metrics)} in validation, at step ${formatCount(step)}, in ${path}`,
    );
  } else if (last !== undefined && end.reason !== "diverged") {
    lines.push(
      `in training: ${describeLoss(last.loss, metrics)} at step ${formatCount(last.step)}, in ${start.folder}`,
    );
  }
  if (end.reason === "interrupted") lines.push(`go on: charrnn train --resume ${run}`);
  else if (end.reason !== "diverged") lines.push(`next: charrnn sample ${run}`);
  return lines;
}

const reasons: Record<EndEvent["reason"], string> = {
  finished: "finished at",
  patience: "stopped for want of a better validation loss at",
  interrupted: "interrupted at",
  // The step that diverged was not made.
  diverged: "diverged past",
};

/** A loss, also in the other units that the task has for it. */
function describeLoss(loss: number, metrics: readonly Metric[]): string {
  const others = metrics.flatMap(({ ofLoss, decimals, unit }) =>
    ofLoss === undefined ? [] : [` (${ofLoss(loss).toFixed(decimals)} ${unit})`],
  );
  return `loss ${formatLoss(loss)}${others.join("")}`;
}

/** What a command calls a run by: its name under the default folder, else the path of its folder. */
function nameOf({ run, folder }: StartEvent): string {
  return shellWord(folder === join(optionDefinitions.out.default, run) ? run : folder);
}
