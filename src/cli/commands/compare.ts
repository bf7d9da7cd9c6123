import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { runFolder } from "../../checkpoint/run-folder.ts";
import { CharrnnError, UsageError, messageOf } from "../../errors.ts";
import { compare } from "../../sweeps/compare.ts";
import { findRuns, type ComparedRun } from "../../sweeps/compared-runs.ts";
import { testRun } from "../../sweeps/test-score.ts";
import { basename, dirname } from "node:path";
import {
  comparisonCsv,
  comparisonJson,
  comparisonMarkdown,
  describeComparison,
} from "../display/comparison-table.ts";
import { phasePieces } from "../display/progress.ts";
import { readOutOption, runOption } from "../shared-options.ts";
import { attend } from "../terminal/interruption.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("compare")
    .argument("[runs...]", "runs, run folders or sweeps (default: all runs)")
    .option("--test", "first score the best checkpoint of each run on its test split, once")
    .option("--csv", "print comma-separated values, a line for each run")
    .option("--markdown", "print the table in Markdown")
    .option("--json", "print one JSON object")
    .addOption(readOutOption())
    .addOption(runOption("threads"))
    .addOption(runOption("engine"))
    .addHelpText("after", notes);
}

const notes = `
A line of the table is a setting: runs that differ only in their seed, with the mean and the
standard deviation of their best validations. p is that of Welch's test against the first line:
how likely such a difference is if the two settings are equally good.`;

/** The options of `charrnn compare` as the command line gives them. */
export type CompareFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function compareCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((names, flags) => compareRuns(names, flags, terminal));
}

/** `charrnn compare`: compares runs and prints their settings, the best first. */
export async function compareRuns(names: string[], flags: CompareFlags, terminal: Terminal): Promise<void> {
  const formats = (["csv", "markdown", "json"] as const).filter((format) => flags[format]);
  if (formats.length > 1) {
    throw new UsageError(`--${formats[0]} and --${formats[1]} are given both: leave out one of them`);
  }
  let runs = await findRuns(names, flags.out);
  if (runs.length === 0) {
    throw new CharrnnError(
      `there are no runs in ${flags.out}: \`charrnn train corpora/tales.txt\` makes one`,
    );
  }
  if (flags.test) {
    await testAll(runs, flags, terminal);
    runs = await findRuns(names, flags.out);
  }
  const comparison = await compare(runs);
  const text = {
    csv: () => comparisonCsv(comparison),
    markdown: () => comparisonMarkdown(comparison),
    json: () => `${JSON.stringify(comparisonJson(comparison))}\n`,
    table: () => describeComparison(comparison, columnsOf(terminal.stdout)),
  }[formats.at(0) ?? "table"]();
  await write(terminal.stdout, text);
}

/** Scores the runs that have no score of their test split yet. A run that cannot be scored gets a line. */
async function testAll(runs: readonly ComparedRun[], flags: CompareFlags, terminal: Terminal): Promise<void> {
  const line = openStatusLine(terminal.stderr, terminal.env);
  const untested = runs.filter(({ test }) => test === null);
  await attend(terminal, { close: line.clear }, async ({ signal }) => {
    for (const [index, { name, folder }] of untested.entries()) {
      line.show(phasePieces({ phase: "testing", done: index, total: untested.length }));
      try {
        const { threads, engine } = flags;
        const score = await testRun(runFolder(dirname(folder), basename(folder)), {
          threads,
          engine,
          signal,
        });
        if (score === null) line.print(`${name} has no best checkpoint to test`);
      } catch (thrown) {
        if (!(thrown instanceof CharrnnError)) throw thrown;
        line.print(`${name} is not tested: ${messageOf(thrown)}`);
      }
    }
  });
}
