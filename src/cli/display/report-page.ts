import {
  type EvaluationData,
  type OptionData,
  type ReportData,
  type RunData,
} from "../../pages/report-data.ts";
import { optionNames, flagOf, optionDefinitions } from "../../training/options.ts";
import { type RunHistory } from "../../training/run-history.ts";
import { formatDuration, formatShort, shellWord } from "../terminal/format.ts";
import { describeStart } from "./describe.ts";
import { reportCharts } from "./report-charts.ts";
import { verdictOf } from "./report-findings.ts";

/** The page of a report has a title, and data. */
export interface ReportPage {
  readonly title: string;
  readonly data: ReportData;
}

/** What the page about these runs shows. `command` made the page. */
export function reportPage(
  runs: readonly RunHistory[],
  {
    command,
    reload,
    made,
    evaluations = new Map(),
  }: {
    command: string;
    reload: number | null;
    made: Date;
    /** By the folder of the run. */
    evaluations?: ReadonlyMap<string, EvaluationData>;
  },
): ReportPage {
  const heading = runs.map(({ name }) => name).join(", ");
  return {
    title: `${heading} · charrnn report`,
    data: {
      heading,
      verdict: verdictOf(runs),
      charts: reportCharts(runs),
      runs: runs.map((run) => runData(run, evaluations.get(run.folder))),
      command,
      made: made.toISOString(),
      reload,
    },
  };
}

function runData(run: RunHistory, evaluation: EvaluationData | undefined): RunData {
  return {
    name: run.name,
    status: run.status,
    writes: run.task.sample !== undefined,
    samples: run.samples.map(({ step, text }) => ({ step, text })),
    facts: factsOf(run),
    options: optionsOf(run),
    command: trainingCommand(run),
    ...(evaluation !== undefined && { evaluation }),
  };
}

/** The model, the data and the machine of a run. */
export function factsOf({ start, task, record, folder, seconds, steps }: RunHistory): [string, string][] {
  const facts: [string, string][] = [
    ["folder", folder],
    ["started", record.start],
  ];
  if (start !== undefined) {
    for (const line of describeStart(start, task).slice(1)) {
      const [, name, value] = /^([^:]+): (.*)$/s.exec(line) ?? ["", "run", line];
      facts.push([name, value]);
    }
    if (!start.exact) facts.push(["exact", "no: the run was resumed with another engine or build"]);
  }
  const last = steps.at(-1);
  if (last !== undefined) {
    facts.push(["speed", `${formatShort(last.charactersPerSecond)} ${task.symbolUnit}/s`]);
  }
  if (seconds !== undefined) facts.push(["time", formatDuration(seconds)]);
  return facts;
}

/** Where a run is kept. A run that is trained again needs another place. */
const places: readonly string[] = ["name", "out"];

/** The options of a run as the command line writes them, in the order of the help. */
function optionsOf({ record }: RunHistory): OptionData[] {
  return optionNames.flatMap((name) => {
    const value = record[name];
    if (value === undefined || value === null) return [];
    const usual: unknown = optionDefinitions[name].default;
    return [{ flag: flagOf(name), value: textOf(value), isDefault: value === usual }];
  });
}

/** The command that trains a run again, from the folder in which it was trained. */
export function trainingCommand({ record }: RunHistory): string {
  const corpus = Array.isArray(record.corpus) ? record.corpus.map(String) : [];
  const words = ["charrnn", "train", ...corpus];
  for (const name of optionNames) {
    const value = record[name];
    const usual: unknown = optionDefinitions[name].default;
    if (value === undefined || value === null || value === usual || places.includes(name)) continue;
    if (value === true) words.push(flagOf(name));
    else if (value === false) words.push(flagOf(`no-${name}`));
    else words.push(flagOf(name), textOf(value));
  }
  return words.map(shellWord).join(" ");
}

/** A value of options.json, which is a text, a number or a boolean if charrnn has written the file. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
