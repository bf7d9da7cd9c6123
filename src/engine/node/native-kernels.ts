import { createHash, randomUUID } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CharrnnError, messageOf } from "../../errors.ts";
import { makeFolders } from "../../folders.ts";
import { type Compiling, type Unavailable } from "../engine.ts";
import { type KernelEntry } from "../kernel-entry.ts";
import { compileAddon, compilerIdentity, findCompiler, type Compiler } from "./compiler.ts";
import { processorFeatures } from "./processor.ts";

/** The same folder from src/ and from dist/. */
const sources = fileURLToPath(new URL("../../../src/engine/kernels/", import.meta.url));

/**
 * The folder of built kernels. It must belong to this user and be closed to others, because its files are executed.
 * @throws CharrnnError if it does not, or is not
 */
function cacheFolder(): string {
  // By the XDG specification a path that is not absolute is ignored.
  const roots = [process.env.XDG_CACHE_HOME ?? "", join(homedir(), ".cache")];
  const root = roots.find((path) => isAbsolute(path));
  if (root === undefined) throw new CharrnnError("there is no home folder: name a folder in XDG_CACHE_HOME");
  const folder = join(root, "charrnn");
  makeFolders(folder, 0o700);
  const status = lstatSync(folder);
  if (!status.isDirectory()) throw new CharrnnError(`${folder} is a file or a link, not a folder: remove it`);
  if (process.getuid !== undefined && status.uid !== process.getuid()) {
    throw new CharrnnError(`${folder} is another user's: name a cache folder of your own in XDG_CACHE_HOME`);
  }
  if ((status.mode & 0o077) !== 0) {
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
function cacheKey(compiler: Compiler): string {
  const files = readdirSync(sources).filter((name) => /\.[ch]$/.test(name));
  const processor = [arch(), cpus().at(0)?.model, ...processorFeatures()].join(" ");
  const code = files.sort().flatMap((name) => [name, readFileSync(join(sources, name))]);
  return digest(compilerIdentity(compiler), processor, process.versions.modules, ...code).slice(0, 32);
}

interface Entry {
  readonly addon: string;
  readonly digest: string;
}

function entryOf(folder: string, key: string): Entry {
  return { addon: join(folder, `${key}.node`), digest: join(folder, `${key}.sha256`) };
}

/** Whether an entry is there and undamaged. A damaged file is not loaded. */
function isIntact({ addon, digest: digestFile }: Entry): boolean {
  try {
    return digest(readFileSync(addon)) === readFileSync(digestFile, "utf8");
  } catch {
    return false;
  }
}

/**
 * Builds under temporary names, then renames. So several first runs at the same time each leave a complete entry. If
 * the process exits meanwhile, its compiler is ended and its files are deleted.
 */
async function build(compiler: Compiler, { addon, digest: digestFile }: Entry): Promise<void> {
  const temporary = `${addon}.${randomUUID()}`;
  const { include_dir: headers } = createRequire(import.meta.url)("node-api-headers") as {
    include_dir: string;
  };
  const compilation = new AbortController();
  const clear = () => {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.sha256`, { force: true });
  };
  const abandon = () => {
    compilation.abort();
    clear();
  };
  process.once("exit", abandon);
  try {
    await compileAddon(
      compiler,
      { source: join(sources, "native.c"), headers, output: temporary },
      compilation.signal,
    );
    const built = digest(readFileSync(temporary));
    writeFileSync(`${temporary}.sha256`, built, { mode: 0o600 });
    renameSync(temporary, addon);
    renameSync(`${temporary}.sha256`, digestFile);
  } finally {
    process.off("exit", abandon);
    clear();
  }
}

interface NativeProperties {
  /** The width of their vectors. */
  readonly vectorBits: number;
  /** Whether they multiply matrices by the CPU's tile instructions (AMX). */
  readonly tiles: boolean;
}

/** Native kernels for this machine: the file of the add-on. */
export interface NativeKernels extends NativeProperties {
  readonly addon: string;
}

/** Finds the kernels compiled for this processor. */
export async function findNativeKernels({
  mayCompile,
  onCompile,
}: Compiling): Promise<NativeKernels | Unavailable> {
  const without = (unavailable: string) => ({ unavailable, isFault: false });
  try {
    const compiler = await findCompiler();
    if (compiler === undefined) return without("there is no C compiler (cc, gcc or clang)");
    const entry = entryOf(cacheFolder(), cacheKey(compiler));
    if (!isIntact(entry)) {
      if (!mayCompile) return without("it is not compiled yet, which `charrnn doctor` does");
      onCompile?.();
      await build(compiler, entry);
      if (!isIntact(entry)) throw new CharrnnError("what was compiled cannot be read back");
    }
    // Loads it now to see that it works: the folder may not allow programs, or the compiler may compile for another
    // machine.
    const { vectorBits, tiles } = loadNative(entry.addon);
    return { addon: entry.addon, vectorBits, tiles };
  } catch (error) {
    return { unavailable: messageOf(error).split("\n")[0], isFault: true };
  }
}

interface NativeExports extends NativeProperties {
  readonly run: KernelEntry<Uint8Array>;
}

/** Loads kernels into this thread. Every thread loads them for itself. */
export function loadNative(addon: string): NativeExports {
  return createRequire(import.meta.url)(addon) as NativeExports;
}
