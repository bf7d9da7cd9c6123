import { type RunResult, isFailure } from "../../sweeps/results.ts";
import { type Watcher } from "../../sweeps/scheduler.ts";
import { type SweepRun } from "../../sweeps/sweep-folder.ts";
import { type Task } from "../../tasks/task.ts";
import { type PhaseProgress } from "../../training/prepare.ts";
import { colourOf } from "../terminal/colour.ts";
import { formatCount, formatDuration, formatLoss } from "../terminal/format.ts";
import { type Piece } from "../terminal/status-line.ts";
import { openStatusLines } from "../terminal/status-lines.ts";
import { wrap } from "../terminal/table.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";
import { phasePieces, TrainingProgress, trainingPieces } from "./progress.ts";

/** What a display knows about a sweep. */
export interface ShownSweep {
  readonly name: string;
  readonly folder: string;
  readonly jobs: number;
  readonly tasks: ReadonlyMap<string, Task>;
  /** Called with the error if the output cannot be written. */
  readonly leave: (error: Error) => void;
}

/** Shows the progress of a sweep: a line for each run that is trained, and a line for each result. */
export interface SweepDisplay {
  readonly note: (line: string) => void;
  readonly progress: (phase: PhaseProgress<string>) => void;
  readonly watch: (sweep: ShownSweep) => Watcher & { readonly open: (runs: readonly SweepRun[]) => void };
  /** Removes the status lines; may be called more than once. */
  readonly close: () => void;
}

/** Opens the display of a sweep: text for people on standard error; with `json`, results also on standard output. */
export function openSweepDisplay(
  terminal: Terminal,
  { json, quiet }: { json: boolean; quiet: boolean },
): SweepDisplay {
  const { stderr, stdout, env } = terminal;
  const lines = openStatusLines(stderr, terminal);
  const colour = colourOf(stderr, env);
  const say = (text: string) => {
    if (!quiet) lines.print(wrap(text, columnsOf(stderr)));
  };

  const watch = ({ name, folder, jobs, tasks, leave }: ShownSweep) => {
    const under = new Map<string, TrainingProgress>();
    let [all, done, failed] = [0, 0, 0];
    const show = () => {
      if (quiet) return;
      const parts = [`${formatCount(done)} of ${formatCount(all)} runs ended`];
      if (failed > 0) parts.push(`${formatCount(failed)} failed`);
      const running = [...under].map(([run, progress]): Piece[] => [
        { rank: 0, text: run },
        ...trainingPieces(progress),
      ]);
      lines.show([...running, [{ rank: 0, text: parts.join(", ") }]]);
    };
    return {
      open: (runs: readonly SweepRun[]) => {
        all = runs.length;
        const many = jobs === 1 ? "one at a time" : `${jobs} at a time`;
        say(`sweep ${name} in ${folder}: ${formatCount(all)} runs, ${many}`);
      },
      start: (run: string) => {
        const progress = new TrainingProgress();
        progress.task = tasks.get(run);
        under.set(run, progress);
        show();
      },
      event: (run: string, event: Parameters<TrainingProgress["take"]>[0]) => {
        under.get(run)?.take(event, terminal.now() / 1000);
        show();
      },
      end: (run: string, result: RunResult | undefined) => {
        under.delete(run);
        if (result !== undefined) {
          if (result.status !== "paused") done += 1;
          if (isFailure(result)) failed += 1;
          say(isFailure(result) ? colour.yellow(describeResult(result)) : describeResult(result));
          if (json) write(stdout, `${JSON.stringify(result)}\n`).catch(leave);
        }
        show();
      },
    };
  };

  return {
    note: (line) => {
      say(colour.yellow(line));
    },
    progress: (phase) => {
      if (!quiet) lines.show([phasePieces(phase)]);
    },
    watch,
    close: lines.clear,
  };
}

/** A result in one line. */
export function describeResult({ run, status, reason, rung, step, best, seconds }: RunResult): string {
  if (status === "failed" || status === "diverged")
    return `${run} ${status}: ${reason ?? "no reason is known"}`;
  const value =
    best === null
      ? `${formatCount(step)} steps`
      : `${best.metric === "loss" ? "" : `${best.metric} ${formatLoss(best.value)}, `}loss ${formatLoss(best.loss)} at step ${formatCount(best.step)}`;
  const ends = {
    finished: "",
    patience: ", stopped early",
    paused: `, waits at rung ${(rung ?? 0) + 1}`,
    stopped: `, left behind at rung ${(rung ?? 0) + 1}`,
  }[status];
  return `${run}: ${value}, ${formatDuration(seconds)}${ends}`;
}
