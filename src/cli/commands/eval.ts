import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { Command, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { splitNames } from "../../text/splits.ts";
import { checkpointHelp, readOutOption, runOption, unknownOption } from "../options.ts";
import { attend } from "../terminal/interruption.ts";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { isRun, resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { runFolder } from "../../checkpoint/run-folder.ts";
import { CharrnnError } from "../../errors.ts";
import { evaluateText } from "../../evaluation/evaluate.ts";
import { describeEvaluation } from "../display/evaluation-table.ts";
import { isSameFile, openLosses } from "../loss-file.ts";
import { packageFolder, shippedCheckpoint } from "../package.ts";
import { phasePieces } from "../display/progress.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("eval")
    .argument("[checkpoint]", checkpointHelp)
    .argument("[text]", "file to score, or - for standard input (default: the validation split)")
    .addOption(
      new Option("--split <split>", "score a split of the text it was trained on").choices(splitNames),
    )
    .option("--exact", "one pass in order with the state carried over, instead of parallel segments")
    .addOption(unknownOption())
    .addOption(
      runOption(
        "encoding",
        "encoding of a text that is named, as TextDecoder names it; bytes are counted in UTF-8 all the same",
      ),
    )
    .option("--per-char <file>", "write the loss of each character as JSON lines")
    .option("--no-baselines", "leave out the baselines")
    .addOption(readOutOption())
    .addOption(runOption("threads"))
    .addOption(runOption("engine"))
    .option("--json", "print the result as one JSON object");
}

/** The options of `charrnn eval` as the command line gives them. */
export type EvalFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function evalCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((first, second, flags) => evaluate(first, second, flags, terminal));
}

/** The library's function that scores. */
export type EvaluateText = typeof evaluateText;

/** `charrnn eval`: scores a text, or a split of the text that a model was trained on. A signal leaves at once. */
export async function evaluate(
  first: string | undefined,
  second: string | undefined,
  flags: EvalFlags,
  terminal: Terminal,
): Promise<void> {
  const { checkpoint: reference, text } = positionals(first, second, flags.out);
  if (reference === undefined && text !== undefined && text !== "-" && !existsSync(text)) {
    throw new CharrnnError(
      `there is no text, checkpoint or run called ${text}: check the path; \`charrnn runs\` lists the runs`,
    );
  }
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  await printEvaluation(evaluateText, { path, checkpoint: readCheckpoint(path) }, text, flags, terminal);
}

/**
 * Says which argument is the checkpoint and which is the text. A single argument is the checkpoint if it is a .json
 * file, a run folder or a run's name, and the text otherwise.
 */
export function positionals(
  first: string | undefined,
  second: string | undefined,
  out: string,
): { checkpoint: string | undefined; text: string | undefined } {
  if (first === undefined || second !== undefined || first.endsWith(".json") || isRun(first, out)) {
    return { checkpoint: first, text: second };
  }
  return { checkpoint: undefined, text: first };
}

/** Scores a text and prints the result. Tests pass another `evaluateText`. */
export async function printEvaluation(
  evaluateText: EvaluateText,
  model: { path: string; checkpoint: Checkpoint },
  text: string | undefined,
  flags: EvalFlags,
  terminal: Terminal,
): Promise<void> {
  const split = flags.split ?? (text === undefined ? "val" : undefined);
  // The text that the bundled model was trained on is bundled too.
  const corpusFolder = isSameFile(model.path, shippedCheckpoint) ? packageFolder : undefined;
  const files = [...filesOf(model, corpusFolder), ...(text === undefined ? [] : [text])];
  const losses = openLosses(flags.perChar, files);
  const line = openStatusLine(terminal.stderr, terminal.env);
  const evaluation = await attend(
    terminal,
    { close: line.clear, onLeave: () => losses?.removeUnused() },
    async ({ signal }) => {
      try {
        const evaluation = await evaluateText(
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
    flags.json ? `${JSON.stringify(result)}\n` : describeEvaluation(result, columnsOf(terminal.stdout)),
  );
}

/** The files that belong to a model: its own, those of its run, and the texts that it was trained on. */
function filesOf(
  { path, checkpoint }: { path: string; checkpoint: Checkpoint },
  corpusFolder = "",
): string[] {
  const folder = dirname(resolve(path));
  const { options, metrics, latest, best } = runFolder(dirname(folder), basename(folder));
  const texts = checkpoint.training?.corpus?.files ?? [];
  return [path, options, metrics, latest, best, ...texts.map((text) => resolve(corpusFolder, text))];
}
