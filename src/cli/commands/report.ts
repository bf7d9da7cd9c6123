import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { writeAtomically } from "../../checkpoint/atomic.ts";
import { resolveCheckpoint, type RecordedRun } from "../../checkpoint/find-run.ts";
import { isLocked } from "../../checkpoint/lock.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { answerValidation } from "../../evaluation/answered-split.ts";
import { type EvaluationData } from "../../pages/report-data.ts";
import { evaluationData } from "../display/report-evaluation.ts";
import { shippedCheckpoint } from "../package.ts";
import { UsageError } from "../../errors.ts";
import { htmlPage } from "../../pages/page.ts";
import { findRun, readHistory, type RunHistory } from "../../training/run-history.ts";
import { reportPage } from "../display/report-page.ts";
import { statusOf } from "../display/report-findings.ts";
import { describeReport } from "../display/report-text.ts";
import { isSameFile } from "../same-file.ts";
import { readOutOption } from "../shared-options.ts";
import { colourOf } from "../terminal/colour.ts";
import { formatBytes, shellWord } from "../terminal/format.ts";
import { attend, isAbortion } from "../terminal/interruption.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("report")
    .argument("[runs...]", "run names or run folders (default: the newest run)")
    .option("--html <file>", "write one page to this file, for a browser")
    .option(
      "--watch",
      "write the page again while a run trains; an open page reloads itself every 10 seconds",
    )
    .option(
      "--evaluate",
      "let the models answer for their validation examples: adds what they mix up, right and wrong answers, and attention",
    )
    .addOption(readOutOption());
}

/** The options of `charrnn report` as the command line gives them. */
export type ReportFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function reportCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((names, flags) => report(names, flags, terminal));
}

/** An open page loads itself again after so many seconds. */
const RELOAD_SECONDS = 10;

/** `charrnn report`: how runs went, as text on standard output or as a page in a file. */
export async function report(
  names: readonly string[],
  flags: ReportFlags,
  terminal: Terminal,
): Promise<void> {
  const { html, watch = false } = flags;
  if (watch && html === undefined) {
    throw new UsageError("--watch writes a page again and again: add --html FILE");
  }
  if (flags.evaluate && html === undefined) {
    throw new UsageError("--evaluate shows tables on a page: add --html FILE, or use `charrnn eval`");
  }
  const runs = uniqueRuns(names.length === 0 ? [undefined] : names, flags.out);
  if (html === undefined) {
    const { stdout, env } = terminal;
    await write(stdout, describeReport(await readAll(runs), colourOf(stdout, env), columnsOf(stdout)));
    return;
  }
  requireOwnFile(html, runs);
  const command = commandOf(names, html, flags);
  const writePage = async (reload: number | null, evaluations?: ReadonlyMap<string, EvaluationData>) => {
    const histories = await readAll(runs);
    const { title, data } = reportPage(histories, { command, reload, made: new Date(), evaluations });
    const page = htmlPage("report", title, data);
    await writeAtomically(html, [page]);
    return { histories, bytes: Buffer.byteLength(page) };
  };
  if (watch) await watchRuns(runs, writePage, terminal);
  const { bytes } = await writePage(
    null,
    flags.evaluate ? await evaluate(runs, flags.out, terminal) : undefined,
  );
  terminal.stderr.write(`page: ${html} (${formatBytes(bytes)}), to open in a browser\n`);
}

/** A run that is named twice is shown once. */
function uniqueRuns(names: readonly (string | undefined)[], out: string): RecordedRun[] {
  const byFolder = new Map(names.map((name) => findRun(name, out)).map((run) => [run.folder, run]));
  return [...byFolder.values()];
}

function readAll(runs: readonly RecordedRun[]): Promise<RunHistory[]> {
  return Promise.all(runs.map(readHistory));
}

/** @throws UsageError if the page would replace a file of a run */
function requireOwnFile(html: string, runs: readonly RecordedRun[]): void {
  const files = runs.flatMap(({ options, metrics, latest, best }) => [options, metrics, latest, best]);
  const lost = files.find((file) => isSameFile(file, html));
  if (lost !== undefined) throw new UsageError(`--html ${html} would overwrite ${lost}: name another file`);
}

function commandOf(
  names: readonly string[],
  html: string,
  { watch, evaluate }: Pick<ReportFlags, "watch" | "evaluate">,
): string {
  const words = ["charrnn", "report", ...names, "--html", html];
  if (watch) words.push("--watch");
  if (evaluate) words.push("--evaluate");
  return words.map(shellWord).join(" ");
}

/** The answers of the best checkpoints for their validation examples, by the folders of their runs. */
async function evaluate(
  runs: readonly RecordedRun[],
  out: string,
  { stderr }: Terminal,
): Promise<Map<string, EvaluationData>> {
  const evaluations = new Map<string, EvaluationData>();
  for (const { name, folder } of runs) {
    const checkpoint = readCheckpoint(resolveCheckpoint(resolve(folder), out, shippedCheckpoint));
    const answered = await answerValidation(checkpoint);
    if (answered !== undefined) evaluations.set(folder, evaluationData(answered));
    else
      stderr.write(
        `${name}: --evaluate adds nothing for this task; \`charrnn eval ${shellWord(name)}\` scores it\n`,
      );
  }
  return evaluations;
}

/** How often the files of the runs are looked at, and how often the page is written at most, in milliseconds. */
const [POLL_INTERVAL, WRITE_INTERVAL] = [500, 5000];

/** Writes the page each time that the runs have news, until no run is training any more. Ctrl-C ends the watch. */
async function watchRuns(
  runs: readonly RecordedRun[],
  writePage: (reload: number | null) => Promise<{ histories: RunHistory[] }>,
  terminal: Terminal,
): Promise<void> {
  const line = openStatusLine(terminal.stderr, terminal.env);
  await attend(terminal, { close: line.clear }, async ({ signal, finishOnSignal }) => {
    finishOnSignal();
    let shown = "";
    let writtenAt = -Infinity;
    while (!signal.aborted && runs.some(({ folder }) => isLocked(folder))) {
      const now = stateOf(runs);
      if (now !== shown && terminal.now() - writtenAt >= WRITE_INTERVAL) {
        const { histories } = await writePage(RELOAD_SECONDS);
        const text = histories.map((run) => `${run.name}: ${statusOf(run)}`).join("  ");
        if (shown === "") line.print("watching until the training ends; Ctrl-C ends the watch");
        line.show([{ rank: 1, text }]);
        [shown, writtenAt] = [now, terminal.now()];
      }
      await sleep(POLL_INTERVAL, undefined, { signal }).catch((thrown: unknown) => {
        if (!isAbortion(thrown)) throw thrown;
      });
    }
    // A page that nobody writes any more should not reload itself.
    if (signal.aborted) await writePage(null);
  });
}

/** What the files of runs look like: it changes when a run writes an event. */
function stateOf(runs: readonly RecordedRun[]): string {
  return JSON.stringify(
    runs.map(({ metrics }) => {
      const { size, mtimeMs } = existsSync(metrics) ? statSync(metrics) : { size: 0, mtimeMs: 0 };
      return [size, mtimeMs];
    }),
  );
}
