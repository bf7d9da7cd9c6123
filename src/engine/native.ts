import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, homedir, platform } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CharrnnError, messageOf } from "../errors.ts";

const execute = promisify(execFile);

/** The same folder from src/ and from dist/. */
const sources = fileURLToPath(new URL("../../src/engine/kernels/", import.meta.url));

/** No compiler may reorder or fuse anything by itself, which would make two threads' arithmetic differ. */
const FLAGS = [
  "-std=gnu11",
  "-O3",
  "-march=native",
  "-fno-math-errno",
  "-ffp-contract=off",
  "-w",
  "-shared",
  "-fPIC",
];
/** On macOS an add-on finds Node's functions when it is loaded. */
const PLATFORM_FLAGS = platform() === "darwin" ? ["-undefined", "dynamic_lookup"] : [];

interface Compiler {
  readonly command: string;
  readonly version: string;
}

/** The C compiler that $CC names, or else the first of cc, gcc and clang that runs. */
async function findCompiler(): Promise<Compiler | undefined> {
  const candidates = process.env.CC ? [process.env.CC] : ["cc", "gcc", "clang"];
  for (const command of candidates) {
    const found = await execute(command, ["--version"]).catch(() => undefined);
    if (found) return { command, version: found.stdout.split("\n")[0] };
  }
  return undefined;
}

/**
 * The folder of built kernels: this user's own and closed to others, for what lies in it is run.
 * @throws CharrnnError where it is not
 */
function cacheFolder(): string {
  const root = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const folder = join(root, "charrnn");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const status = lstatSync(folder);
  const own = process.getuid === undefined || status.uid === process.getuid();
  if (!status.isDirectory() || !own || (status.mode & 0o077) !== 0) {
    throw new CharrnnError(`${folder} is open to other users: make it yours alone (chmod 700) or remove it`);
  }
  return folder;
}

function digest(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/** Kernels are built anew for another source, compiler or processor. */
function cacheKey({ command, version }: Compiler): string {
  const files = readdirSync(sources).filter((name) => /\.[ch]$/.test(name));
  const processor = `${arch()} ${cpus()[0]?.model ?? ""} ${processorFeatures()}`;
  const code = files.sort().flatMap((name) => [name, readFileSync(join(sources, name))]);
  return digest(command, version, processor, FLAGS.join(" "), process.versions.modules, ...code).slice(0, 32);
}

/** What -march=native looks at, where the system tells. */
function processorFeatures(): string {
  try {
    return /^(flags|Features)\s*:.*$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[0] ?? "";
  } catch {
    return "";
  }
}

interface Entry {
  readonly library: string;
  readonly digest: string;
}

function entryOf(folder: string, key: string): Entry {
  return { library: join(folder, `${key}.node`), digest: join(folder, `${key}.sha256`) };
}

/** Whether an entry is there and is what was built: nothing else is ever loaded. */
function isIntact({ library, digest: digestFile }: Entry): boolean {
  try {
    return digest(readFileSync(library)) === readFileSync(digestFile, "utf8");
  } catch {
    return false;
  }
}

/** Builds under names of its own, then renames: of several first runs each leaves a whole entry. */
async function build({ command }: Compiler, { library, digest: digestFile }: Entry): Promise<void> {
  const temporary = `${library}.${randomUUID()}`;
  const { include_dir: headers } = createRequire(import.meta.url)("node-api-headers") as {
    include_dir: string;
  };
  try {
    const files = ["-I", headers, join(sources, "native.c"), "-o", temporary];
    await execute(command, [...FLAGS, ...PLATFORM_FLAGS, ...files]);
    const built = digest(readFileSync(temporary));
    writeFileSync(`${temporary}.sha256`, built, { mode: 0o600 });
    renameSync(temporary, library);
    renameSync(`${temporary}.sha256`, digestFile);
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.sha256`, { force: true });
  }
}

/** The native kernels of this machine: the library's path, or why there are none. */
export type NativeKernels = { readonly library: string } | { readonly unavailable: string };

/**
 * Finds the kernels compiled for this processor. With `mayCompile` they are built where they are not there yet,
 * which takes some seconds, once; a caller that must not wait for a compiler leaves it out.
 */
export async function findNativeKernels({ mayCompile }: { mayCompile: boolean }): Promise<NativeKernels> {
  try {
    const compiler = await findCompiler();
    if (compiler === undefined) return { unavailable: "there is no C compiler (cc, gcc or clang)" };
    const entry = entryOf(cacheFolder(), cacheKey(compiler));
    if (isIntact(entry)) return entry;
    if (!mayCompile) return { unavailable: "not compiled yet: the next `charrnn train` does it" };
    await build(compiler, entry);
    return isIntact(entry) ? entry : { unavailable: "what was compiled cannot be read back" };
  } catch (error) {
    return { unavailable: messageOf(error).split("\n")[0] };
  }
}

interface NativeExports {
  readonly run: (
    arena: Uint8Array,
    program: number,
    team: number,
    scratch: number,
    thread: number,
    threads: number,
  ) => void;
  /** The width of its vectors. */
  readonly vectorBits: number;
}

/** Loads kernels into this thread. Any thread may; each has the functions for itself. */
export function loadNative(library: string): NativeExports {
  return createRequire(import.meta.url)(library) as NativeExports;
}
