import { loadTask, type TaskName } from "../tasks/index.ts";
import type { EndEvent, StartEvent, TrainingEvent } from "../training/events.ts";
import { type Task } from "../tasks/task.ts";
import type { PhaseProgress } from "../training/prepare.ts";
import {
  describeCheckpoint,
  describeEnd,
  describeEvaluation,
  describeSample,
  describeStart,
  describeStep,
} from "./describe.ts";
import { TrainingProgress, trainingPieces } from "./progress.ts";
import { colourOf } from "./terminal/colour.ts";
import { openStatusLine } from "./terminal/status-line.ts";
import { write } from "./terminal/terminal.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Where a training run is told as it goes. */
export interface TrainingReport {
  readonly event: (event: TrainingEvent) => Promise<void>;
  /** A line for the eye. */
  readonly note: (line: string) => void;
  readonly progress: (phase: PhaseProgress) => void;
  /** Takes the status line away; may be called more than once. */
  readonly close: () => void;
}

/**
 * The report of a run: its events as JSON lines on standard output, or told on standard error, in full or, if
 * quiet, only at the end.
 */
export function openReport(terminal: Terminal, shape: { json: boolean; quiet: boolean }): TrainingReport {
  const note = (line: string) => {
    if (!shape.quiet) terminal.stderr.write(`${line}\n`);
  };
  const silent = { progress: () => undefined, close: () => undefined };
  if (shape.json) {
    return { ...silent, note, event: (event) => write(terminal.stdout, `${JSON.stringify(event)}\n`) };
  }
  return shape.quiet ? { ...silent, note, ...endAlone(terminal) } : forTheEye(terminal);
}

function endAlone(terminal: Terminal): Pick<TrainingReport, "event"> {
  const progress = new TrainingProgress();
  return {
    event: async (event) => {
      if (event.event === "start") progress.task = await taskOf(event);
      progress.take(event, 0);
      if (event.event === "end") await write(terminal.stderr, summaryOf(event, progress));
    },
  };
}

function forTheEye(terminal: Terminal): TrainingReport {
  const { stderr, env } = terminal;
  const line = openStatusLine(stderr, env);
  const colour = colourOf(stderr, env);
  const progress = new TrainingProgress();

  const show = (event: TrainingEvent) => {
    const { task, start } = progress;
    if (task === undefined || start === undefined) return;
    if (event.event === "start") {
      line.print(describeStart(event, task).join("\n"));
    } else if (event.event === "step") {
      if (!line.live) line.print(describeStep(event, start, task, progress.secondsLeft()));
    } else if (event.event === "eval") {
      line.print(describeEvaluation(event, task));
    } else if (event.event === "sample") {
      line.print(describeSample(event, colour));
    } else if (event.event === "checkpoint") {
      line.print(describeCheckpoint(event, colour));
    }
  };

  return {
    event: async (event) => {
      if (event.event === "start") progress.task = await taskOf(event);
      progress.take(event, terminal.now() / 1000);
      if (event.event === "end") {
        line.clear();
        await write(stderr, summaryOf(event, progress));
        return;
      }
      show(event);
      line.show(trainingPieces(progress));
    },
    note: (text) => {
      line.print(colour.yellow(text));
    },
    progress: (phase) => {
      line.show(trainingPieces(progress, phase));
    },
    close: () => {
      line.clear();
    },
  };
}

function summaryOf(end: EndEvent, { task, start, step }: TrainingProgress): string {
  return `${describeEnd(end, start, step, task?.metrics ?? []).join("\n")}\n`;
}

function taskOf({ options }: StartEvent): Promise<Task> {
  return loadTask(options.task as TaskName);
}
