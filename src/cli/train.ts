import { UsageError } from "../errors.ts";
import { optionNames, withChanges } from "../training/options.ts";
import type { TrainOptions } from "../training/options.ts";
import type { TrainControl } from "../training/prepare.ts";
import { readConfig } from "./config.ts";
import { type TrainFlags } from "./train-flags.ts";
import { describePlan } from "./plan.ts";
import { openReport } from "./report.ts";
import type { TrainingReport } from "./report.ts";
import { isAbortion, listenForInterruption } from "./terminal/interruption.ts";
import { outputFailure, write } from "./terminal/terminal.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** What `train` asks of the library. */
export type Training = Pick<typeof import("../training/train.ts"), "train"> &
  Pick<typeof import("../training/resume.ts"), "resume"> &
  Pick<typeof import("../training/plan.ts"), "plan">;

/**
 * `charrnn train`: runs, resumes or plans a training run and shows how it goes. Returns the exit code: that of the
 * signal that ended it, after a checkpoint, or 0.
 */
export async function train(corpus: string[], flags: TrainFlags, terminal: Terminal): Promise<number> {
  const [{ train }, { resume }, { plan }] = await Promise.all([
    import("../training/train.ts"),
    import("../training/resume.ts"),
    import("../training/plan.ts"),
  ]);
  return trainWith({ train, resume, plan }, corpus, flags, terminal);
}

/** `train` on a given library, so that its tests need not train. */
export async function trainWith(
  training: Training,
  paths: string[],
  flags: TrainFlags,
  terminal: Terminal,
): Promise<number> {
  const { resume, plan, json = false, quiet = false } = flags;
  const config = flags.config === undefined ? { corpus: [], options: {} } : readConfig(flags.config);
  const options = withChanges(config.options, runOptionsOf(flags));
  const corpus = paths.length > 0 ? paths : config.corpus;
  if (resume === undefined && corpus.length === 0) {
    throw new UsageError("train needs a text: for example `charrnn train corpora/tales.txt`");
  }
  if (resume !== undefined && plan) throw new UsageError("--plan is for a new run: leave out --resume");

  const report = openReport(terminal, { json, quiet });
  let begun = false;
  return attend(
    terminal,
    report,
    () => begun,
    async (control, leave) => {
      if (plan) {
        const planned = await training.plan(corpus, options, control);
        report.close();
        await write(terminal.stdout, json ? `${JSON.stringify(planned)}\n` : describePlan(planned));
        return;
      }
      const events =
        resume === undefined
          ? training.train(corpus, options, control)
          : training.resume(resume === true || resume === "" ? undefined : resume, corpus, options, control);
      for await (const event of events) {
        begun = true;
        await report.event(event).catch(leave);
      }
    },
  );
}

/**
 * Does work that a signal, or an output that takes no more, brings to an early but orderly end: `control` carries
 * the abortion, and the work calls `leave` with what its own output reports. A signal before it has begun finds
 * nothing to save and leaves at once. Returns the exit code.
 */
async function attend(
  terminal: Terminal,
  report: TrainingReport,
  hasBegun: () => boolean,
  work: (control: TrainControl, leave: (error: Error) => void) => Promise<void>,
): Promise<number> {
  const interruption = listenForInterruption(terminal, {
    finish: () => {
      if (!hasBegun()) return false;
      report.note("finishing the steps under way and saving; interrupt again to leave at once");
      return true;
    },
    leave: report.close,
  });
  const leaving = new AbortController();
  let outputError: Error | undefined;
  const leave = (error: Error) => {
    outputError ??= outputFailure(error);
    leaving.abort();
  };
  const outputs = [terminal.stdout, terminal.stderr];
  for (const output of outputs) output.on("error", leave);
  try {
    const signal = AbortSignal.any([interruption.signal, leaving.signal]);
    await work({ signal, stdin: terminal.stdin, note: report.note, progress: report.progress }, leave);
  } catch (thrown) {
    if (!isAbortion(thrown)) {
      report.close();
      for (const line of linesWith(thrown)) terminal.stderr.write(`${line}\n`);
      throw thrown;
    }
  } finally {
    report.close();
    interruption.release();
    for (const output of outputs) output.off("error", leave);
  }
  if (outputError !== undefined) throw outputError;
  return interruption.exitCode() ?? 0;
}

/** The flags that are options of the run, not of the command. */
function runOptionsOf(flags: TrainFlags): Partial<TrainOptions> {
  return Object.fromEntries(optionNames.filter((name) => name in flags).map((name) => [name, flags[name]]));
}

/** The lines for the eye that go with an error, such as where a loss became NaN first. */
function linesWith(thrown: unknown): string[] {
  if (!(thrown instanceof Error) || !("report" in thrown) || !Array.isArray(thrown.report)) return [];
  return thrown.report.filter((line) => typeof line === "string");
}
