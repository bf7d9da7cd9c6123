import { existsSync } from "node:fs";
import { Command, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { CharrnnError, UsageError } from "../../errors.ts";
import { type Answered, type Candidate } from "../../tasks/task.ts";
import { sourceName } from "../../text/sources.ts";
import { tableFormats } from "../../text/tables/table.ts";
import { predict as predictions } from "../../training/predict.ts";
import {
  checkpointHelp,
  positiveNumberOf,
  probabilityOf,
  readOutOption,
  runOption,
  unknownOption,
  wholeNumberOf,
} from "../shared-options.ts";
import { openAlignments } from "../alignment-file.ts";
import { shippedCheckpoint } from "../package.ts";
import { positionals } from "../positionals.ts";
import { attend } from "../terminal/interruption.ts";
import { write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("predict")
    .argument("[checkpoint]", checkpointHelp)
    .argument(
      "[file]",
      "a table with the columns of the training table, or a text with one input on each line (default: standard input)",
    )
    .addOption(
      new Option("--format <name>", "format of the table (default: by the extension)").choices(tableFormats),
    )
    .option("--top <n>", "how many candidates to give", wholeNumberOf("--top", 1), 1)
    .option(
      "--threshold <p>",
      "with two classes, predict the second one if its probability is at least p",
      probabilityOf("--threshold"),
    )
    .option(
      "--beam <n>",
      "for sequence-to-sequence: the width of the beam search (default: 1, or 5 with --top)",
      wholeNumberOf("--beam", 1),
    )
    .option(
      "--max-output <symbols>",
      "stop an output after this many symbols",
      wholeNumberOf("--max-output", 1),
    )
    .option(
      "--alignments <file>",
      "write how much each output symbol attends to each input step to this file, as JSON lines",
    )
    .option(
      "--steps <n>",
      "for a series: print only the n rows predicted after its last row, each from the row before",
      wholeNumberOf("--steps", 1),
    )
    .option(
      "--update",
      "for a series: learn from each row after predicting it; the checkpoint stays unchanged",
    )
    .option("--lr <rate>", "learning rate of --update (default: that of the run)", positiveNumberOf("--lr"))
    .addOption(unknownOption())
    .addOption(readOutOption())
    .addOption(runOption("threads"))
    .addOption(runOption("engine"))
    .addOption(
      new Option(
        "--tsv",
        "print input, prediction, probability and further candidates between tabs",
      ).conflicts("json"),
    )
    .option("--json", "print one JSON object for each input");
}

/** The options of `charrnn predict` as the command line gives them. */
export type PredictFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function predictCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((first, second, flags) => predict(first, second, flags, terminal));
}

/**
 * `charrnn predict`: prints a model's answer for each input, in input order. Ctrl-C or SIGTERM ends the command at
 * once.
 */
export async function predict(
  first: string | undefined,
  second: string | undefined,
  flags: PredictFlags,
  terminal: Terminal,
): Promise<void> {
  const { checkpoint: reference, data: file } = positionals(first, second, flags.out);
  if (file === undefined && flags.steps !== undefined) {
    throw new UsageError("--steps continues a series: name its file, or - for standard input");
  }
  const data = file ?? "-";
  if (data !== "-" && !existsSync(data)) {
    throw new CharrnnError(`there is no file, checkpoint or run called ${data}: check the path`);
  }
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  const checkpoint = readCheckpoint(path);
  if (reference === undefined) terminal.stderr.write(`model ${path}\n`);
  const { format, top, beam, maxOutput, threshold, steps, update, lr, unknown, engine, threads } = flags;
  const answers = predictions(checkpoint, data, {
    format,
    top,
    alignments: flags.alignments !== undefined,
    beam,
    maxOutput,
    threshold,
    steps,
    update,
    learningRate: lr,
    unknown,
    stdin: terminal.stdin,
    engine,
    threads,
  });
  const alignments = openAlignments(flags.alignments, [path, data]);
  const close = () => alignments?.close();
  await attend(terminal, { close }, async ({ signal }) => {
    for await (const answer of answers) {
      signal.throwIfAborted();
      await write(terminal.stdout, `${lineOf(answer, flags)}\n`);
      alignments?.add(answer);
      if (answer.cut) {
        terminal.stderr.write(
          `${sourceName(answer.table)}, line ${answer.line}: the output was cut at the limit of symbols; raise --max-output\n`,
        );
      }
    }
  });
}

function lineOf(answered: Answered, { json, tsv, top }: PredictFlags): string {
  const { input, prediction, probability, candidates = [], cut } = answered;
  if (json) return JSON.stringify({ input, prediction, probability, candidates, cut });
  if (tsv) return [inputText(input), ...cellsOf(answered)].map(oneCell).join("\t");
  if (typeof prediction !== "string") return cellsOf(answered)[0];
  const shown = top > 1 ? (candidates as readonly Candidate[]) : [{ prediction, probability }];
  return shown.map((one) => `${one.prediction} ${Number(one.probability).toFixed(3)}`).join(", ");
}

/** The prediction. If there is one prediction for the input, its probability and further candidates follow. */
function cellsOf({ prediction, probability, candidates = [] }: Answered): string[] {
  if (typeof prediction === "number") return [shortNumber(prediction)];
  if (typeof prediction !== "string") return [listOf(prediction)];
  const others = (candidates as readonly Candidate[])
    .slice(1)
    .flatMap((other) => [other.prediction, shortNumber(other.probability)]);
  return [prediction, shortNumber(Number(probability)), ...others];
}

/** Numbers or tags as a text. Spaces separate the items, except tags of one character each. */
function listOf(predictions: readonly (string | number)[]): string {
  const areMarks = predictions.every((tag) => typeof tag === "string" && Array.from(tag).length === 1);
  const texts = predictions.map((one) => (typeof one === "number" ? shortNumber(one) : one));
  return texts.join(areMarks ? "" : " ");
}

/** A number with six significant digits. */
function shortNumber(number: number): string {
  return String(Number(number.toPrecision(6)));
}

function inputText(input: Answered["input"]): string {
  const parts: readonly unknown[] = typeof input === "string" ? [input] : input;
  return parts.map(String).join(" ");
}

/** A text in one cell: tabs and line ends become spaces. */
function oneCell(text: string): string {
  return text.replaceAll(/\s/g, " ");
}
