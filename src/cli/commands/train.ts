import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UsageError } from "../../errors.ts";
import { unescape } from "../../text/escapes.ts";
import { optionGroups } from "../../training/option-definition.ts";
import { type StartEvent, type StepEvent } from "../../training/events.ts";
import { withChanges } from "../../training/option-checks.ts";
import { optionDefinitions, optionNames, type TrainOptions } from "../../training/options.ts";
import { plan } from "../../training/plan.ts";
import { resume } from "../../training/resume.ts";
import { train } from "../../training/train.ts";
import { readConfig } from "../config.ts";
import { describePlan } from "../display/plan-table.ts";
import { summaryLines } from "../display/summary.ts";
import { openTrainingDisplay } from "../display/training-display.ts";
import { givenFlags, runOption, runOptionsOf } from "../shared-options.ts";
import { attend } from "../terminal/interruption.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  const command = new Command("train").argument(
    "[corpus...]",
    "files, folders of *.txt files, or - for standard input",
  );
  for (const group of optionGroups) {
    for (const name of optionNames.filter((name) => optionDefinitions[name].group === group)) {
      command.addOption(runOption(name).helpGroup(`${group}:`));
    }
  }
  return command
    .optionsGroup(`${optionGroups[optionGroups.length - 1]}:`)
    .option(
      "--resume [run]",
      "continue this run or, without a name, the newest unfinished run (then write --resume last, or --resume=)",
    )
    .option("--config <file>", "read options from a JSON file; options on the command line override them")
    .option("--escapes", "read \\n, \\r, \\t, \\\\, \\xNN and \\u{...} in --separator")
    .option("--plan", "print size, memory and time of the run without training")
    .option("--json", "print events as JSON lines on standard output")
    .option("--quiet", "print only errors and how the run ended")
    .option("--summary", "at the end, print `key: value` lines for scripts on standard output");
}

/** The options on the command line: those of the run, and those of the command itself. */
export type TrainFlags = Partial<TrainOptions> & ReturnType<ReturnType<typeof declare>["opts"]>;

/** The options of the command itself, which a configuration file cannot set. */
const COMMAND_FLAGS = declare()
  .options.map((option) => option.attributeName())
  .filter((name) => !Object.hasOwn(optionDefinitions, name));

export function trainCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((corpus, _flags, command) =>
    trainWith({ train, resume, plan }, corpus, givenFlags(command), terminal),
  );
}

/** The library functions that `charrnn train` calls. Tests pass other functions, which need not train. */
export interface Training {
  readonly train: typeof train;
  readonly resume: typeof resume;
  readonly plan: typeof plan;
}

/**
 * `charrnn train`: starts, resumes or plans a training run and shows its progress.
 * @throws Interrupted if a signal ended the run; its checkpoint has then been saved
 */
export async function trainWith(
  { train, resume, plan }: Training,
  paths: string[],
  flags: TrainFlags,
  terminal: Terminal,
): Promise<void> {
  const { json = false, quiet = false, summary = false } = flags;
  const config =
    flags.config === undefined ? { corpus: [], options: {} } : readConfig(flags.config, COMMAND_FLAGS);
  const options = withChanges(config.options, runOptionsOf(withEscapes(flags)));
  const corpus = paths.length > 0 ? paths : config.corpus;
  if (flags.resume === undefined && corpus.length === 0) {
    const hint =
      flags.val === undefined && flags.test === undefined
        ? "for example `charrnn train corpora/tales.txt`"
        : "name it before --val and --test, which take all files that follow them";
    throw new UsageError(`train needs a text: ${hint}`);
  }
  if (flags.resume !== undefined && flags.plan) {
    throw new UsageError("--plan is for a new run: leave out --resume");
  }
  if (summary && json) {
    throw new UsageError("--summary and --json both print on standard output: leave out one of them");
  }

  const display = openTrainingDisplay(terminal, { json, quiet });
  const { note, progress, close } = display;
  const onFinish = () => {
    note("finishing the steps under way and saving; interrupt again to quit at once");
  };
  await attend(terminal, { onFinish, close }, async ({ signal, finishOnSignal, leave }) => {
    const control = { signal, stdin: terminal.stdin, note, progress };
    try {
      if (flags.plan) {
        const planned = await plan(corpus, options, control);
        close();
        await write(
          terminal.stdout,
          json ? `${JSON.stringify(planned)}\n` : describePlan(planned, columnsOf(terminal.stdout)),
        );
        return;
      }
      const events =
        flags.resume === undefined
          ? train(corpus, options, control)
          : resume(nameOf(flags.resume), corpus, options, control);
      let start: StartEvent | undefined;
      let step: StepEvent | undefined;
      for await (const event of events) {
        finishOnSignal();
        await display.event(event).catch(leave);
        if (event.event === "start") start = event;
        else if (event.event === "step") step = event;
        else if (event.event === "end" && summary) {
          await write(terminal.stdout, summaryLines({ start, step, end: event }));
        }
      }
    } catch (thrown) {
      close();
      for (const line of linesWith(thrown)) terminal.stderr.write(`${line}\n`);
      throw thrown;
    }
  });
}

/** The run that --resume names; undefined if the option has no value. */
function nameOf(resume: string | true): string | undefined {
  return resume === true || resume === "" ? undefined : resume;
}

/** The flags with the escapes of --separator read, if --escapes asks for it. */
function withEscapes(flags: TrainFlags): TrainFlags {
  const { escapes = false, separator } = flags;
  if (!escapes || separator === undefined) return flags;
  return { ...flags, separator: unescape(separator, { source: "--separator" }) };
}

/** The lines of an error's report, if the error has one: for example, where a loss first became NaN. */
function linesWith(thrown: unknown): string[] {
  if (!(thrown instanceof Error) || !("report" in thrown) || !Array.isArray(thrown.report)) return [];
  return thrown.report.filter((line) => typeof line === "string");
}
