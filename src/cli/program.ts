import { Command, Option } from "commander";
import { splitNames } from "../text/splits.ts";
import { unknownRules } from "../text/vocabulary.ts";
import { numberOf, optionGroups, readOutOption, runOption, sizeOf, wholeNumberOf } from "./options.ts";
import { packageVersion } from "./package.ts";
import type { CorpusFlags } from "./corpus.ts";
import type { DoctorFlags } from "./doctor.ts";
import type { EvalFlags } from "./eval.ts";
import type { RunsFlags } from "./runs.ts";
import type { SampleFlags } from "./sample.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { type TrainFlags } from "./train-flags.ts";

/**
 * The commands with their options. What a command does is imported when it runs, so that the help comes at once.
 * `finish` is told the exit code of a command that has one of its own.
 */
export function createProgram(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const program = new Command("charrnn")
    .description(
      "Train character-level recurrent language models, score texts with them and draw text from them.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", examples)
    .configureHelp({ optionDescription: describeOption })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getErrHelpWidth: () => terminal.stderr.columns ?? 100,
      // One place prints errors: run.ts.
      outputError: () => undefined,
    });

  addTrain(program, terminal, finish);
  for (const add of [addSample, addEval, addRuns, addDoctor, addCorpus]) add(program, terminal);
  for (const command of program.commands) command.option("--debug", "show where an error comes from");
  return program;
}

const examples = `
Examples:
  charrnn train corpora/tales.txt     train with what suits most texts
  charrnn train --resume              go on with the newest unfinished run
  charrnn sample --temp 0.8           draw text from the newest run
  charrnn eval                        score its validation split`;

function addTrain(program: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  const train = program
    .command("train")
    .description("train a model on text files, folders or standard input (-)")
    .argument("[corpus...]", "files, folders of *.txt files, or - for standard input")
    .action(async (corpus: string[], _flags: unknown, command: Command) => {
      const { train } = await import("./train.ts");
      finish(await train(corpus, givenFlags(command), terminal));
    });
  for (const [heading, names] of Object.entries(optionGroups)) {
    for (const name of names) train.addOption(runOption(name).helpGroup(heading));
  }
  train
    .optionsGroup("Run and output:")
    .option(
      "--resume [run]",
      "go on with a run, or the newest unfinished one (write it last or as --resume=)",
    )
    .option("--config <file>", "read options from a JSON file; those on the command line win")
    .option("--plan", "print size, memory and time of the run without training")
    .option("--json", "print events as JSON lines on standard output")
    .option("--quiet", "print nothing but errors and the end");
}

function addSample(program: Command, terminal: Terminal): void {
  program
    .command("sample")
    .description("draw text from a model, one character at a time")
    .argument("[checkpoint]", checkpointHelp)
    .option(
      "--temperature, --temp <t>",
      "under 1 bolder, over 1 wilder, 0 greedy (default: 1)",
      numberOf("--temp"),
    )
    .option("--length <n>", "characters to draw", wholeNumberOf("--length", 1), 2000)
    .option("--prime <text>", "text to go on from")
    .addOption(new Option("--prime-file <file>", "file with the text to go on from").conflicts("prime"))
    .option("--seed <n>", "seed (default: a random one, said on standard error)", wholeNumberOf("--seed", 0))
    .option("--num <n>", "samples to draw", wholeNumberOf("--num", 1), 1)
    .option("--top-k <n>", "draw from the n likeliest characters", wholeNumberOf("--top-k", 1))
    .option("--top-p <p>", "draw from the likeliest characters of total probability p", numberOf("--top-p"))
    .option(
      "--min-p <p>",
      "draw from characters at least p times as likely as the likeliest",
      numberOf("--min-p"),
    )
    .option(
      "--repetition-penalty <f>",
      "over 1 makes the last 64 characters less likely",
      numberOf("--repetition-penalty"),
    )
    .option("--stop <text>", "end a sample after this text")
    .addOption(unknownOption())
    .addOption(readOutOption())
    .addOption(runOption("threads", "threads (default: as many as the model's size is worth)"))
    .addOption(runOption("engine"))
    .option("--json", "print one JSON object a sample")
    .action(async (checkpoint: string | undefined, flags: SampleFlags) => {
      const { sample } = await import("./sample.ts");
      await sample(checkpoint, flags, terminal);
    });
}

function addEval(program: Command, terminal: Terminal): void {
  program
    .command("eval")
    .description("score a text with a model: loss, bits per character, and baselines beside it")
    .argument("[checkpoint]", checkpointHelp)
    .argument("[text]", "file to score, or - for standard input (default: the validation split)")
    .addOption(
      new Option("--split <split>", "score a split of the text it was trained on").choices(splitNames),
    )
    .option("--exact", "one pass in order with the state carried over, instead of parallel segments")
    .addOption(unknownOption())
    .option("--per-char <file>", "write the loss of each character as JSON lines")
    .option("--no-baselines", "leave out the baselines")
    .addOption(readOutOption())
    .addOption(runOption("threads"))
    .addOption(runOption("engine"))
    .option("--json", "print the result as one JSON object")
    .action(async (first: string | undefined, second: string | undefined, flags: EvalFlags) => {
      const { evaluate } = await import("./eval.ts");
      await evaluate(first, second, flags, terminal);
    });
}

function addRuns(program: Command, terminal: Terminal): void {
  program
    .command("runs")
    .description("list the runs: options, step, best loss, size")
    .addOption(readOutOption())
    .option("--json", "print one JSON array")
    .action(async (flags: RunsFlags) => {
      const { runs } = await import("./runs.ts");
      await runs(flags, terminal);
    });
}

function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command("doctor")
    .description("show what this machine has and which engine would run")
    .option("--json", "print one JSON object")
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import("./doctor.ts");
      await doctor(flags, terminal);
    });
}

function addCorpus(program: Command, terminal: Terminal): void {
  program
    .command("corpus")
    .description("generate text of known entropy from a grammar")
    .argument("<grammar>", "tales or code")
    .addOption(new Option("--size <size>", "characters").argParser(sizeOf("--size")).default(1e6, "1MB"))
    .option("--seed <n>", "seed", wholeNumberOf("--seed", 0), 1)
    .option("--floor <file>", "print the bits per character of such a text (or -) under its grammar instead")
    .option("--json", "print the floors as one JSON object")
    .action(async (grammar: string, flags: CorpusFlags) => {
      const { corpus } = await import("./corpus.ts");
      await corpus(grammar, flags, terminal);
    });
}

/** An option's line in the help: what it is, what there is to choose from, and its default. */
function describeOption({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.join(", ")}`;
  const shown = defaultValueDescription ?? (defaultValue === undefined ? "" : String(defaultValue));
  return `${description}${choices}${shown === "" || defaultValue === true ? "" : ` (default: ${shown})`}`;
}

const checkpointHelp = "file, run folder or name of a run (default: the best of the newest run)";

function unknownOption(): Option {
  return new Option("--unknown <rule>", "what to do with a character that the model does not know")
    .choices(unknownRules)
    .default("error");
}

/** The options that the command line gave to `train`, without the defaults that are there for the help. */
function givenFlags(command: Command): TrainFlags {
  const given = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === "cli",
  );
  return Object.fromEntries(given);
}
