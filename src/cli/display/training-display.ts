import { basename } from "node:path";
import { loadTask, type TaskName } from "../../tasks/index.ts";
import { type EndEvent, type EvalEvent, type StartEvent, type TrainingEvent } from "../../training/events.ts";
import { type Task } from "../../tasks/task.ts";
import { type PhaseProgress } from "../../training/prepare.ts";
import { describeEnd, describeEvaluation, describeSample, describeStart, describeStep } from "./describe.ts";
import { TrainingProgress, trainingPieces } from "./progress.ts";
import { colourOf } from "../terminal/colour.ts";
import { formatCount, formatLoss } from "../terminal/format.ts";
import { sparkline } from "../terminal/sparkline.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { wrap } from "../terminal/table.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

/** Shows the progress of a training run. */
export interface TrainingDisplay {
  readonly event: (event: TrainingEvent) => Promise<void>;
  /** Prints a line for people. */
  readonly note: (line: string) => void;
  readonly progress: (phase: PhaseProgress) => void;
  /** Removes the status line; may be called more than once. */
  readonly close: () => void;
}

/**
 * Opens the display of a run's events: JSON lines on standard output, or text for people on standard error. With
 * `quiet`, only the end of the run is shown.
 */
export function openTrainingDisplay(
  terminal: Terminal,
  shape: { json: boolean; quiet: boolean },
): TrainingDisplay {
  const note = (line: string) => {
    if (!shape.quiet) terminal.stderr.write(`${line}\n`);
  };
  const silent = { progress: () => undefined, close: () => undefined };
  if (shape.json) {
    return { ...silent, note, event: (event) => write(terminal.stdout, `${JSON.stringify(event)}\n`) };
  }
  return shape.quiet ? { ...silent, note, ...endAlone(terminal) } : forTheEye(terminal);
}

function endAlone(terminal: Terminal): Pick<TrainingDisplay, "event"> {
  const progress = new TrainingProgress();
  return {
    event: async (event) => {
      if (event.event === "start") progress.task = await taskOf(event);
      progress.take(event, 0);
      if (event.event === "end") await write(terminal.stderr, summaryOf(event, progress));
    },
  };
}

function forTheEye(terminal: Terminal): TrainingDisplay {
  const { stderr, env } = terminal;
  const line = openStatusLine(stderr, env);
  const colour = colourOf(stderr, env);
  const progress = new TrainingProgress();

  const say = (text: string) => {
    line.print(wrap(text, columnsOf(stderr)));
  };

  /** A validation that is not shown yet, because the next event says whether it is the best so far. */
  let evaluation: EvalEvent | undefined;

  const show = (event: TrainingEvent, task: Task) => {
    if (evaluation !== undefined) {
      say(describeEvaluation(evaluation, progress.metrics, isOfBest(event), colour));
      evaluation = undefined;
    }
    if (event.event === "start") {
      say(describeStart(event, task).join("\n"));
    } else if (event.event === "step") {
      if (!line.live) say(describeStep(event, task, progress));
    } else if (event.event === "eval") {
      evaluation = event;
    } else if (event.event === "sample") {
      // Below the evaluation of the same step, a sample needs no heading.
      const verb = task.sample ? "writes" : "answers";
      const heading = `step ${formatCount(event.step)}: the model ${verb}\n`;
      line.print(describeSample(event, colour, progress.validation?.step === event.step ? "" : heading));
    }
  };

  return {
    event: async (event) => {
      if (event.event === "start") progress.task = await taskOf(event);
      progress.take(event, terminal.now() / 1000);
      if (progress.task !== undefined) show(event, progress.task);
      if (event.event === "end") {
        line.clear();
        await write(stderr, wrap(summaryOf(event, progress), columnsOf(stderr)));
        return;
      }
      line.show(trainingPieces(progress));
    },
    note: (text) => {
      say(colour.yellow(text));
    },
    progress: (phase) => {
      line.show(trainingPieces(progress, phase));
    },
    close: () => {
      line.clear();
    },
  };
}

/** A chart needs at least this many losses. */
const FEWEST_CHARTED = 3;

function summaryOf(end: EndEvent, progress: TrainingProgress): string {
  const { start, step, losses } = progress;
  const [reason, ...rest] = describeEnd(end, start, step, progress);
  const chart =
    losses.length < FEWEST_CHARTED
      ? []
      : [`losses: ${formatLoss(losses[0])} ${sparkline(losses)} ${formatLoss(losses[losses.length - 1])}`];
  return `${[reason, ...chart, ...rest].join("\n")}\n`;
}

/** Whether an event says that the best checkpoint was saved. */
function isOfBest(event: TrainingEvent): boolean {
  return event.event === "checkpoint" && basename(event.path) === "best.json";
}

function taskOf({ options }: StartEvent): Promise<Task> {
  return loadTask(options.task as TaskName);
}
