import { createHash, randomUUID } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CharrnnError, messageOf } from "../../errors.ts";
import { makeFolders } from "../../folders.ts";
import { type Compiling, type Unavailable } from "../engine.ts";
import { compileAddon, compilerIdentity, findCompiler, type Compiler } from "./compiler.ts";
import { loadNative, type NativeProperties } from "./native-addon.ts";
import { processorFeatures } from "./processor.ts";

/** The folder of the C source. This path is right from src/ and from dist/. */
const sources = fileURLToPath(new URL("../../../src/engine/kernels/", import.meta.url));

/**
 * The cache folder of compiled kernels. The folder must belong to this user and be closed to other users, because its
 * files are executed.
 * @throws CharrnnError if the folder belongs to another user, or is open to other users
 */
function cacheFolder(): string {
  // The XDG specification says that a path that is not absolute is ignored.
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

/** The name of a cache entry. The name is different for another source, compiler or processor. */
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

/** Whether a cache entry exists and is undamaged. A damaged add-on is never loaded. */
function isIntact({ addon, digest: digestFile }: Entry): boolean {
  try {
    return digest(readFileSync(addon)) === readFileSync(digestFile, "utf8");
  } catch {
    return false;
  }
}

/**
 * Compiles to files with temporary names, then renames the files. So the entry is complete even if several processes
 * build it at the same time. If the process exits meanwhile, its compiler is ended and its files are deleted.
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

/** Native kernels for this machine: the path of the add-on, and its properties. */
export interface NativeKernels extends NativeProperties {
  readonly addon: string;
}

/** Finds the kernels compiled for this processor. If the kernels are missing, compiles them if this is allowed. */
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
      if (!mayCompile) return without("its kernels are not compiled yet (`charrnn doctor` compiles them)");
      onCompile?.();
      await build(compiler, entry);
      if (!isIntact(entry)) throw new CharrnnError("the compiled kernels cannot be read back");
    }
    // Loads the add-on now to test it: programs may not be allowed in the folder, or the compiler may compile for
    // another machine.
    const { vectorBits, tiles } = loadNative(entry.addon);
    return { addon: entry.addon, vectorBits, tiles };
  } catch (error) {
    return { unavailable: messageOf(error).split("\n")[0], isFault: true };
  }
}
