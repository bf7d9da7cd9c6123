import { CommanderError } from "commander";
import { CharrnnError, messageOf } from "../errors.ts";
import { refuseHabits } from "./habits.ts";
import { createProgram } from "./program.ts";
import { Interrupted } from "./terminal/interruption.ts";
import { isClosedPipe, type Terminal } from "./terminal/terminal.ts";

/**
 * Runs a command line (the arguments after `charrnn`) and returns the exit code. All errors end here: each becomes one
 * line on standard error, and --debug adds the stack trace. If the reader of a pipe closes the pipe early, this is no
 * error.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = await createProgram(argv, terminal);
  const [name, ...args] = argv;
  const command = program.commands.find((candidate) => candidate.name() === name);
  try {
    if (command !== undefined) refuseHabits(args, command);
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (thrown) {
    if (thrown instanceof Interrupted) return thrown.exitCode;
    if (isClosedPipe(thrown)) return 0;
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0; // --help and --version
    // If commander has just printed the help, its error message adds nothing.
    if (!(thrown instanceof CommanderError && thrown.code === "commander.help")) {
      terminal.stderr.write(`charrnn: ${errorLine(thrown, command?.name())}\n`);
    }
    if (argv.includes("--debug") && thrown instanceof Error) terminal.stderr.write(`${thrown.stack ?? ""}\n`);
    return exitCodeOf(thrown);
  }
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return 2;
  return thrown instanceof CharrnnError ? thrown.exitCode : 1;
}

/** An error as one line. Errors that do not come from commander, charrnn or the system are bugs to report. */
function errorLine(thrown: unknown, command: string | undefined): string {
  const line = messageOf(thrown).replace(/\s*\n\s*/g, " ");
  if (thrown instanceof CommanderError) {
    const help = ["charrnn", command, "--help"].filter((word) => word !== undefined).join(" ");
    return `${line.replace(/^error: |\.$/g, "")}: see \`${help}\``;
  }
  const foreseen = thrown instanceof CharrnnError || (thrown instanceof Error && "syscall" in thrown);
  return foreseen ? line : `internal error, please report it (--debug shows where): ${line}`;
}
