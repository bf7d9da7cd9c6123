import { Command, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import { commands } from "./commands/index.ts";
import { packageVersion } from "./package.ts";
import { type Terminal } from "./terminal/terminal.ts";

/**
 * Makes the program with all its commands. Only a command that the command line names is loaded, so that the help
 * appears at once.
 */
export async function createProgram(
  argv: readonly string[],
  terminal: Terminal,
): Promise<CommandUnknownOpts> {
  const program = new Command("charrnn")
    .description(
      "Train character-level recurrent networks, score them, and draw texts or predictions from them.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", examples)
    .configureHelp({ optionDescription: describeOption, subcommandTerm: (command) => command.name() })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getErrHelpWidth: () => terminal.stderr.columns ?? 100,
      // command-line.ts prints all errors.
      outputError: () => undefined,
    });
  for (const [name, { summary, load }] of Object.entries(commands)) {
    // The name is the first word (`charrnn sample`) or the second (`charrnn help sample`).
    const isNamed = argv.slice(0, 2).includes(name);
    const command: CommandUnknownOpts = isNamed ? (await load())(terminal) : new Command(name);
    command.copyInheritedSettings(program).description(summary);
    command.option("--debug", "print the stack trace of an error");
    program.addCommand(command);
  }
  return program;
}

const examples = `
Examples:
  charrnn train corpora/tales.txt     train with the default options
  charrnn train --resume              continue the newest unfinished run
  charrnn sample --temp 0.8           draw text from the newest run
  charrnn eval                        score the newest run on its validation split`;

/** An option's line in the help: its description, its choices and its default. */
function describeOption({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.join(", ")}`;
  const shown = defaultValueDescription ?? (defaultValue === undefined ? "" : String(defaultValue));
  return `${description}${choices}${shown === "" || defaultValue === true ? "" : ` (default: ${shown})`}`;
}
