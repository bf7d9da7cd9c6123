import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { platform } from "node:os";
import { promisify } from "node:util";
import { CharrnnError } from "../../errors.ts";
import { KERNEL_FLAGS } from "../kernel-flags.ts";
import { firstCacheWays } from "./processor.ts";

const execute = promisify(execFile);

/** On macOS an add-on finds Node's functions when it is loaded. */
const PLATFORM_FLAGS = platform() === "darwin" ? ["-undefined", "dynamic_lookup"] : [];

function nativeFlags(): string[] {
  const ways = firstCacheWays();
  const cache = ways === undefined ? [] : [`-DFIRST_CACHE_WAYS=${ways}`];
  return [...KERNEL_FLAGS, ...cache, "-march=native", "-w", "-shared", "-fPIC", ...PLATFORM_FLAGS];
}

export interface Compiler {
  /** The program and its first arguments: `ccache gcc`, `clang --target=x86_64-linux-gnu`. */
  readonly command: readonly [program: string, ...given: string[]];
  /** The first line that the compiler prints for --version. */
  readonly version: string;
}

/**
 * The C compiler that $CC names, or else the first of cc, gcc and clang that runs; undefined if none of these runs.
 * @throws CharrnnError if the compiler that $CC names does not run
 */
export async function findCompiler(): Promise<Compiler | undefined> {
  const { CC = "" } = process.env;
  const [program, ...given] = CC.trim().split(/\s+/);
  const candidates: Compiler["command"][] = program ? [[program, ...given]] : [["cc"], ["gcc"], ["clang"]];
  for (const command of candidates) {
    const output = await run(command, ["--version"]).catch(() => undefined);
    if (output !== undefined) return { command, version: output.split("\n")[0] };
  }
  if (program) throw new CharrnnError(`the C compiler that $CC names (${CC}) does not run`);
  return undefined;
}

/**
 * Compiles the kernels (the C file `source`) for this CPU as a Node add-on. If the signal aborts, the compiler is
 * ended.
 * @throws CharrnnError with the compiler's first error, or if the compiler writes no file
 */
export async function compileAddon(
  { command }: Compiler,
  { source, headers, output }: { source: string; headers: string; output: string },
  signal?: AbortSignal,
): Promise<void> {
  try {
    await run(command, [...nativeFlags(), "-I", headers, source, "-o", output], signal);
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const lines = stderr.split("\n").filter((line) => line.trim() !== "");
    const reason =
      lines.find((line) => /\berror:/.test(line)) ?? lines.at(-1) ?? "the compiler gives no reason";
    throw new CharrnnError(`${command.join(" ")} cannot compile the kernels: ${reason.trim()}`);
  }
  if (!existsSync(output)) throw new CharrnnError(`${command.join(" ")} ran, but wrote no kernels`);
}

/** The compiler, its version and its flags as one text. Builds with different texts are different builds. */
export function compilerIdentity({ command, version }: Compiler): string {
  return [...command, version, ...nativeFlags()].join(" ");
}

async function run(
  [program, ...given]: Compiler["command"],
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  return (await execute(program, [...given, ...args], { signal })).stdout;
}
