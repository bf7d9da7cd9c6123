import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin/charrnn.js", import.meta.url));

/** The program and arguments that run `charrnn`, as it was built, with these arguments. */
export function commandOf(argv: readonly string[]): [string, ...string[]] {
  return [process.execPath, bin, ...argv];
}

/** Starts `charrnn` with these arguments as a process of its own in a folder. */
export function start(argv: readonly string[], cwd: string): ChildProcessWithoutNullStreams {
  const env = { ...process.env, NO_COLOR: "1" };
  const [program, ...rest] = commandOf(argv);
  return spawn(program, rest, { cwd, env });
}

/** The exit code of a process once it has ended. */
export function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve, reject) => child.on("exit", resolve).on("error", reject));
}

export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `charrnn` to its end, with these bytes on standard input. */
export async function charrnn(
  argv: readonly string[],
  cwd: string,
  stdin: string | Uint8Array = "",
): Promise<Outcome> {
  const child = start(argv, cwd);
  child.stdin.end(stdin);
  const [exitCode, stdout, stderr] = await Promise.all([
    exitOf(child),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode, stdout, stderr };
}
