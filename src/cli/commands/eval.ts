import { existsSync } from "node:fs";
import { Command, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UTF_8 } from "../../text/encoding.ts";
import { splitNames } from "../../text/splits.ts";
import {
  checkpointHelp,
  clampOption,
  readOutOption,
  runOption,
  unknownOption,
  wholeNumberOf,
} from "../shared-options.ts";
import { attend } from "../terminal/interruption.ts";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { CharrnnError, UsageError } from "../../errors.ts";
import { evaluateText, type EvaluateOptions, type Evaluation } from "../../evaluation/evaluate.ts";
import { evaluateExamples, type ExampleEvaluation } from "../../evaluation/evaluate-examples.ts";
import { evaluateSequences, type SequenceEvaluation } from "../../evaluation/evaluate-sequences.ts";
import { evaluateSeries, type SeriesEvaluation } from "../../evaluation/evaluate-series.ts";
import { evaluateTexts, type TextsEvaluation } from "../../evaluation/evaluate-texts.ts";
import { type EvaluationSource } from "../../evaluation/source.ts";
import { isOfTask, LANGUAGE_MODEL } from "../../tasks/index.ts";
import { describeEvaluation } from "../display/evaluation-table.ts";
import { describeExamples } from "../display/example-table.ts";
import { describeSequences } from "../display/sequence-table.ts";
import { describeSeries } from "../display/series-table.ts";
import { describeTexts } from "../display/texts-table.ts";
import { openLosses } from "../loss-file.ts";
import { corpusFolderOf, filesOf } from "../model-files.ts";
import { positionals } from "../positionals.ts";
import { shippedCheckpoint } from "../package.ts";
import { phasePieces } from "../display/progress.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("eval")
    .argument("[checkpoint]", checkpointHelp)
    .argument("[text]", "text or table to score, or - for standard input (default: the validation split)")
    .addOption(
      new Option("--split <split>", "score a split of the data that the model was trained on").choices(
        splitNames,
      ),
    )
    .option("--exact", "score the text in one pass that carries the hidden state, not in parallel segments")
    .addOption(unknownOption())
    .addOption(
      runOption(
        "encoding",
        "encoding of the text file, by its name in TextDecoder; bytes are still counted in UTF-8",
      ),
    )
    .option("--per-char <file>", "write the loss of each character to this file, as JSON lines")
    .option("--no-baselines", "do not compute baselines")
    .option(
      "--beam <n>",
      "for sequence-to-sequence: the width of the beam search (default: 1, greedy)",
      wholeNumberOf("--beam", 1),
    )
    .option(
      "--max-output <symbols>",
      "stop an output after this many symbols",
      wholeNumberOf("--max-output", 1),
    )
    .addOption(clampOption())
    .addOption(readOutOption())
    .addOption(runOption("threads"))
    .addOption(runOption("engine"))
    .option("--json", "print the result as one JSON object")
    .addHelpText("after", notes);
}

const notes = `
A model of --min-count predicts one unknown symbol for all characters outside its vocabulary.
They count as wrong. In bits per byte each one adds log2 of the number of these characters to
the bits of the symbol: of 1,112,064 in Unicode (code points without surrogates), or of 256
bytes, less those in the vocabulary. The unigram and the 5-gram pay the same. Brotli does not:
in bits per byte, it compresses the text as it is.

A model of --lines or --documents is scored on each line or file from its start. The end of a
document is predicted and costs bits, but counts as no character: --per-char writes it with an
empty symbol. A line ends with its line feed, which counts as a character.`;

/** The options of `charrnn eval` as the command line gives them. */
export type EvalFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function evalCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((first, second, flags) => evaluate(first, second, flags, terminal));
}

/**
 * `charrnn eval`: scores a text, or a split of the text that a model was trained on. Ctrl-C or SIGTERM ends the command
 * at once.
 */
export async function evaluate(
  first: string | undefined,
  second: string | undefined,
  flags: EvalFlags,
  terminal: Terminal,
): Promise<void> {
  const { checkpoint: reference, data: text } = positionals(first, second, flags.out);
  if (reference === undefined && text !== undefined && text !== "-" && !existsSync(text)) {
    throw new CharrnnError(
      `there is no text, checkpoint or run called ${text}: check the path; \`charrnn runs\` lists the runs`,
    );
  }
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  const checkpoint = readCheckpoint(path);
  const model = { path, checkpoint };
  if (isOfTask(checkpoint, LANGUAGE_MODEL)) {
    requireNoWriting(flags);
    await printEvaluation(texts, model, text, flags, terminal);
    return;
  }
  for (const [flag, given] of [
    ["--exact", flags.exact],
    ["--per-char", flags.perChar],
    ["--encoding", flags.encoding === UTF_8 ? undefined : flags.encoding],
  ] as const) {
    if (given !== undefined) throw new UsageError(`${flag} is for language models: leave out ${flag}`);
  }
  if (
    flags.clamp !== undefined &&
    !isOfTask(checkpoint, "many-to-one") &&
    !isOfTask(checkpoint, "many-to-many")
  ) {
    throw new UsageError("--clamp is for language models, many-to-one and many-to-many: leave out --clamp");
  }
  if (isOfTask(checkpoint, "sequence-to-sequence")) {
    await printEvaluation(sequences, model, text, flags, terminal);
    return;
  }
  requireNoWriting(flags);
  if (isOfTask(checkpoint, "series")) await printEvaluation(seriesRows, model, text, flags, terminal);
  else if (isOfTask(checkpoint, "one-to-many"))
    await printEvaluation(writtenTexts, model, text, flags, terminal);
  else await printEvaluation(examples, model, text, flags, terminal);
}

/** @throws UsageError if an option for sequence-to-sequence is given */
function requireNoWriting({ beam, maxOutput }: EvalFlags): void {
  for (const [flag, given] of [
    ["--beam", beam],
    ["--max-output", maxOutput],
  ] as const) {
    if (given === undefined) continue;
    throw new UsageError(`${flag} is for models of the task sequence-to-sequence: leave out ${flag}`);
  }
}

/** How a kind of data is scored, and how the result is shown. */
export interface Evaluator<Result extends object> {
  readonly evaluate: (
    checkpoint: Checkpoint,
    source: EvaluationSource,
    options: EvaluateOptions,
  ) => Promise<Result>;
  readonly describe: (result: Result & { checkpoint: string }, columns?: number) => string;
}

const texts: Evaluator<Evaluation> = { evaluate: evaluateText, describe: describeEvaluation };
const examples: Evaluator<ExampleEvaluation> = { evaluate: evaluateExamples, describe: describeExamples };
const writtenTexts: Evaluator<TextsEvaluation> = { evaluate: evaluateTexts, describe: describeTexts };
const sequences: Evaluator<SequenceEvaluation> = {
  evaluate: evaluateSequences,
  describe: describeSequences,
};
const seriesRows: Evaluator<SeriesEvaluation> = { evaluate: evaluateSeries, describe: describeSeries };

/** Scores data and prints the result. Tests pass another evaluator. */
export async function printEvaluation<Result extends object>(
  { evaluate, describe }: Evaluator<Result>,
  model: { path: string; checkpoint: Checkpoint },
  text: string | undefined,
  flags: EvalFlags,
  terminal: Terminal,
): Promise<void> {
  const split = flags.split ?? (text === undefined ? "val" : undefined);
  const corpusFolder = corpusFolderOf(model.path);
  const files = [...filesOf(model, corpusFolder), ...(text === undefined ? [] : [text])];
  const losses = openLosses(flags.perChar, files);
  const line = openStatusLine(terminal.stderr, terminal.env);
  const evaluation = await attend(
    terminal,
    { close: line.clear, onLeave: () => losses?.removeUnused() },
    async ({ signal }) => {
      try {
        const evaluation = await evaluate(
          model.checkpoint,
          { split, text, stdin: terminal.stdin },
          {
            exact: flags.exact ?? false,
            baselines: flags.baselines,
            unknown: flags.unknown,
            encoding: flags.encoding,
            corpusFolder,
            threads: flags.threads,
            engine: flags.engine,
            perCharacter: losses?.add,
            beam: flags.beam,
            maxOutput: flags.maxOutput,
            clamps: flags.clamp,
            signal,
            note: (note) => {
              terminal.stderr.write(`${note}\n`);
            },
            progress: (done, total) => {
              line.show(phasePieces({ phase: "scoring", done, total }));
            },
          },
        );
        losses?.flush();
        return evaluation;
      } finally {
        losses?.close();
      }
    },
  );
  const result = { checkpoint: model.path, ...evaluation };
  await write(
    terminal.stdout,
    flags.json ? `${JSON.stringify(result)}\n` : describe(result, columnsOf(terminal.stdout)),
  );
}
