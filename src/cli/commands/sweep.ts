import { Command, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { CharrnnError, UsageError } from "../../errors.ts";
import { compare } from "../../sweeps/compare.ts";
import { estimate } from "../../sweeps/estimate.ts";
import { usualJobs } from "../../sweeps/jobs.ts";
import { planSweep } from "../../sweeps/plan.ts";
import { parseValues } from "../../sweeps/ranges.ts";
import { isFailure } from "../../sweeps/results.ts";
import { runsOfSweep } from "../../sweeps/compared-runs.ts";
import { isSpecFile, specDocument, withParts, type GivenParts } from "../../sweeps/spec-source.ts";
import { isSweep, sweepFolder } from "../../sweeps/sweep-folder.ts";
import { sweep, usualName } from "../../sweeps/sweep.ts";
import { optionNames, optionNameOf, type TrainOptions } from "../../training/options.ts";
import { CONFIG_HELP } from "../command-config.ts";
import { readConfig } from "../config.ts";
import { describeComparison } from "../display/comparison-table.ts";
import { describeEstimate } from "../display/estimate-table.ts";
import { openSweepDisplay } from "../display/sweep-display.ts";
import { givenFlags, numberOf, runOption, runOptionsOf, wholeNumberOf } from "../shared-options.ts";
import { attend } from "../terminal/interruption.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

/** The options of all runs. The name of a run is a template, which has a flag of its own. */
const ownOfRuns = optionNames.filter((name) => !["name", "out", "seed"].includes(name));

function declare() {
  const command = new Command("sweep").argument(
    "[spec...]",
    "YAML or JSON file of the sweep, or the name of a sweep to go on with; then texts, which may also come alone",
  );
  for (const name of ownOfRuns) command.addOption(runOption(name).hideHelp());
  return command
    .option(
      "--grid <option=values>",
      "values of an option to combine with all others: cell=rnn,gru or hidden=64..256:*2 or lr=0.001..0.005:+0.001",
      (text: string, before: string[] | undefined) => [...(before ?? []), text],
    )
    .option("--seeds <n>", "repeat each setting with the seeds 1 to n, or with these: 1,5,9", parseSeeds)
    .option(
      "--match-parameters <n>",
      "size the hidden layers so that each model has about n parameters",
      numberOf("--match-parameters"),
    )
    .option(
      "--halving [factor]",
      "after each rung, train only one of so many settings further (default: 3)",
      numberOf("--halving"),
    )
    .option("--name <sweep>", "name of the sweep (default: that of the spec)")
    .option("--run-name <template>", "names of the runs, such as {cell}-{hidden}-s{seed}")
    .addOption(runOption("out", "folder that holds the sweep's folder"))
    .option("--jobs <n>", "runs to train at a time (default: one for each core)", wholeNumberOf("--jobs", 1))
    .addOption(new Option("--retry <runs>", "try runs that failed or diverged again").choices(["failed"]))
    .option("--config <file>", CONFIG_HELP)
    .option("--plan", "print the number of runs, their memory and time without training")
    .option("--json", "print results as JSON lines on standard output")
    .option("--quiet", "print only errors and the final table")
    .addHelpText("after", notes);
}

const notes = `
All options of \`charrnn train\`, such as --epochs 5, apply to all runs. src/sweeps/README.md
describes the spec. A sweep that was stopped goes on when the same command is given again.`;

/** The options of `charrnn sweep` as the command line gives them. */
export type SweepFlags = Partial<TrainOptions> &
  ReturnType<ReturnType<typeof declare>["opts"]> & { name?: string };

/** The options of the command itself, which a configuration file cannot set. */
const COMMAND_FLAGS = declare()
  .options.map((option) => option.attributeName())
  .filter((name) => !(ownOfRuns as readonly string[]).includes(name));

export function sweepCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((sources, flags, command) =>
    sweepWith(sources, { ...givenFlags(command), out: flags.out }, terminal),
  );
}

/**
 * `charrnn sweep`: plans a sweep, trains its runs in a pool of processes, and compares them.
 * @throws CharrnnError if a run failed; Interrupted if a signal ended the sweep, whose runs have then been saved
 */
export async function sweepWith(sources: string[], flags: SweepFlags, terminal: Terminal): Promise<void> {
  const { json = false, quiet = false, out } = flags;
  const [first, ...rest] = sources;
  const hasSpec = sources.length > 0 && (isSpecFile(first) || isSweep(out, first));
  const source = hasSpec ? first : undefined;
  const document = withParts(specDocument(source, out), givenParts(hasSpec ? rest : sources, flags));
  const display = openSweepDisplay(terminal, { json, quiet });
  const { note, progress, close } = display;
  const onFinish = () => {
    note("saving the runs under way; interrupt again to quit at once");
  };
  await attend(terminal, { onFinish, close }, async ({ signal, finishOnSignal, leave }) => {
    const planned = await planSweep(document, out, { note, progress, signal });
    const jobs = { jobs: flags.jobs ?? usualJobs(planned.runs.length), threads: flags.threads };
    if (flags.plan) {
      const estimated = await estimate(planned, jobs, (done, total) => {
        progress({ phase: "measuring", done, total });
      });
      close();
      const text = json
        ? `${JSON.stringify(estimated)}\n`
        : describeEstimate(estimated, columnsOf(terminal.stdout));
      await write(terminal.stdout, text);
      return;
    }
    const name =
      planned.name ??
      (source !== undefined && !isSpecFile(source) ? source : usualName(source, planned.corpus));
    const tasks = new Map(planned.runs.map(({ name, prepared }) => [name, prepared.task]));
    const watcher = display.watch({ tasks, name, folder: sweepFolder(out, name).folder, ...jobs, leave });
    finishOnSignal();
    const { runs, results } = await sweep(
      planned,
      { ...jobs, name, out, spec: document.value, retryFailed: flags.retry === "failed", signal },
      watcher,
    );
    close();
    if (signal.aborted) {
      note(`stopped: the same command, or \`charrnn sweep ${name}\`, goes on`);
      return;
    }
    if (!json) await write(terminal.stdout, await tableOf(name, out, terminal));
    const failed = runs.filter(({ name }) => {
      const result = results.get(name);
      return result !== undefined && isFailure(result);
    });
    if (failed.length > 0) throw failure(failed.length, runs.length, name);
  });
}

/** The table of all runs that have started. */
async function tableOf(name: string, out: string, terminal: Terminal): Promise<string> {
  const compared = await compare(await runsOfSweep(sweepFolder(out, name)));
  return describeComparison(compared, columnsOf(terminal.stdout));
}

function failure(failed: number, all: number, name: string): CharrnnError {
  const what = failed === 1 ? "1 of the runs" : `${failed} of the runs`;
  return new CharrnnError(
    `${what} failed (of ${all}): \`charrnn sweep ${name} --retry failed\` tries again after the reasons are gone`,
  );
}

/** The parts of a spec that the command line and the configuration file give. */
function givenParts(corpus: readonly string[], flags: SweepFlags): GivenParts {
  const config = flags.config === undefined ? undefined : readConfig(flags.config, COMMAND_FLAGS);
  const options = {
    ...config?.options,
    ...runOptionsOf(flags),
    // These are for the sweep, and not options of its runs.
    out: undefined,
    threads: undefined,
    name: undefined,
    ...(flags.runName !== undefined && { name: flags.runName }),
    ...(flags.matchParameters !== undefined && { parameters: flags.matchParameters }),
  };
  const texts = corpus.length > 0 ? corpus : config?.corpus;
  return {
    name: flags.name,
    corpus: texts?.length ? texts : undefined,
    options: withoutUndefined(options),
    grid: flags.grid && parseGrid(flags.grid),
    seeds: flags.seeds,
    halving: flags.halving,
  };
}

function parseGrid(axes: readonly string[]): Record<string, unknown> {
  const grid: Record<string, unknown> = {};
  for (const axis of axes) {
    const match = /^([^=]+)=(.*)$/s.exec(axis);
    if (match === null) {
      throw new UsageError(
        `--grid takes an option and its values, as in cell=rnn,gru, not ${JSON.stringify(axis)}`,
      );
    }
    const [, key, values] = match;
    const name = optionNameOf(key.trim());
    if (Object.hasOwn(grid, name))
      throw new UsageError(`--grid ${key} is given twice: write all values in one`);
    grid[name] = parseValues(values);
  }
  return grid;
}

/** `3` is the number of seeds; `1,5,9` or `4..6` are seeds. */
function parseSeeds(text: string): number | number[] {
  const values = parseValues(text).map(numberOf("--seeds") as (value: unknown) => number);
  return values.length === 1 ? values[0] : values;
}

function withoutUndefined(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
