import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findCompiler } from "../../../src/engine/node/compiler.ts";
import { findNativeKernels } from "../../../src/engine/node/native-kernels.ts";
import { chooseEngine, engineReport } from "../../../src/engine/engines.ts";
import { testsAll } from "../../scope.ts";

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "charrnn-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const native = await findNativeKernels({ mayCompile: true });
const compilable = "addon" in native;
if (!compilable) console.warn("building the native engine is not tested: it cannot be built here");

async function kernels(): Promise<{ addon: string; vectorBits: number; tiles: boolean }> {
  const found = await findNativeKernels({ mayCompile: true });
  if (!("addon" in found)) throw new Error(found.unavailable);
  return found;
}

/** Takes a shell script for the C compiler; it is asked for its version first. */
function compileBy(script: string): void {
  const compiler = join(cache, "cc");
  const answer = '[ "$1" = --version ] && echo broken 1.0 && exit 0';
  writeFileSync(compiler, `#!/bin/sh\n${answer}\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("CC", compiler);
}

/** Whether there is such a process, and not only its zombie. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

async function reason(): Promise<string> {
  const found = await findNativeKernels({ mayCompile: true });
  return "unavailable" in found ? found.unavailable : "";
}

describe.skipIf(!compilable)("the native kernels", () => {
  it("do not collide in concurrent first runs, lie in a closed folder, and are built again where damaged", async () => {
    // A compiler that takes its time, and then gives what was compiled already.
    compileBy(`for last; do :; done; sleep 0.2; cp "${"addon" in native ? native.addon : ""}" "$last"`);
    const [one, other] = await Promise.all([kernels(), kernels()]);
    const first = one.addon;
    expect(other.addon).toBe(first);
    expect(one.vectorBits).toBeOneOf([128, 256, 512]);
    expect(readdirSync(join(cache, "charrnn"))).toHaveLength(2);
    expect(statSync(join(cache, "charrnn")).mode & 0o777).toBe(0o700);

    const { mtimeMs } = statSync(first);
    expect(await kernels()).toEqual(one);
    expect(statSync(first).mtimeMs).toBe(mtimeMs);

    const original = readFileSync(first);
    const damaged = Buffer.from(original);
    damaged[damaged.length >> 1] ^= 1;
    rmSync(first);
    writeFileSync(first, damaged);
    expect(await findNativeKernels({ mayCompile: false })).toEqual({
      unavailable: "its kernels are not compiled yet (`charrnn doctor` compiles them)",
      isFault: false,
    });
    await kernels();
    expect(readFileSync(first).equals(damaged)).toBe(false);
  });

  it.each(["", "relative"])("would lie in ~/.cache where XDG_CACHE_HOME is %j", async (given) => {
    vi.stubEnv("XDG_CACHE_HOME", given);
    vi.stubEnv("HOME", cache);
    await findNativeKernels({ mayCompile: false });
    expect(readdirSync(join(cache, ".cache"))).toEqual(["charrnn"]);
  });

  it("are refused where the folder is open to others or a link, with what to do", async () => {
    const folder = join(cache, "charrnn");
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    expect(await reason()).toMatch(/charrnn is open to other users: make it yours alone \(chmod 700\)/);
    rmSync(folder, { recursive: true });
    symlinkSync(tmpdir(), folder);
    expect(await reason()).toMatch(/charrnn is a file or a link, not a folder: remove it$/);
    rmSync(folder);
    writeFileSync(folder, "");
    expect(await reason()).toMatch(/charrnn is a file or a link, not a folder: remove it$/);
  });
});

it.runIf(compilable && testsAll)(
  "the native kernels use tiles where the compiler has them for this CPU",
  async () => {
    const [program, ...given] = (await findCompiler())?.command ?? ["cc"];
    const asked = ["-march=native", "-dM", "-E", "-x", "c", "/dev/null"];
    const macros = String(spawnSync(program, [...given, ...asked]).stdout);
    const has =
      process.platform === "linux" && /__AMX_?INT8__/.test(macros) && macros.includes("__AVX512F__");
    expect((await kernels()).tiles).toBe(has);
  },
);

/** Linux's calls as programs make them by libc, but that nobody is given tiles. */
const WITHHOLDING = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/syscall.h>
long syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_arch_prctl) return -1;
  return ((long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"))(number, a, b, c, d, e, f);
}`;

it.skipIf(!("tiles" in native && native.tiles))(
  "the native kernels say what to do where Linux withholds the CPU's tiles",
  async () => {
    const { addon } = await kernels();
    const compiler = await findCompiler();
    const [source, library] = ["calls.c", "calls.so"].map((name) => join(cache, name));
    writeFileSync(source, WITHHOLDING);
    const [program, ...given] = compiler?.command ?? ["cc"];
    expect(spawnSync(program, [...given, "-shared", "-fPIC", source, "-o", library, "-ldl"]).status).toBe(0);
    const load = ["-e", `require(${JSON.stringify(addon)})`];
    const { status, stderr } = spawnSync(process.execPath, load, { env: { LD_PRELOAD: library } });
    expect(status).toBe(1);
    expect(String(stderr)).toContain(
      'Error: Linux refuses this process the CPU\'s matrix tiles: set CC="cc -mno-amx-int8"',
    );
  },
);

describe("without native kernels", () => {
  it("it is told which compiler does not run", async () => {
    vi.stubEnv("CC", "no-such-compiler -O2");
    expect(await reason()).toBe("the C compiler that $CC names (no-such-compiler -O2) does not run");
    vi.stubEnv("CC", "");
    vi.stubEnv("PATH", cache);
    expect(await reason()).toBe("there is no C compiler (cc, gcc or clang)");
  });

  it("the compiler's own error is told, and nothing is left behind", async () => {
    compileBy("echo 'In file included from x:' >&2; echo 'x.h:1: fatal error: no room' >&2; exit 1");
    expect(await reason()).toMatch(/cc cannot compile the kernels: x\.h:1: fatal error: no room$/);
    expect(readdirSync(join(cache, "charrnn"))).toEqual([]);
  });

  it("the compiler of a process that exits is ended, and its file goes", async () => {
    compileBy('for last; do :; done; echo > "$last"; echo $$ > "$0.pid"; exec sleep 30');
    const open = new URL("../../../dist/engine/engines.js", import.meta.url).href;
    const script = `import { existsSync } from "node:fs";
      import { chooseEngine } from "${open}";
      chooseEngine("auto", { mayCompile: true });
      setInterval(() => existsSync("${join(cache, "cc.pid")}") && process.exit(7), 10);`;
    const spawning = { stdio: "ignore", timeout: 20_000, killSignal: "SIGKILL" } as const;
    expect(spawnSync(process.execPath, ["--input-type=module", "-e", script], spawning).status).toBe(7);
    expect(readdirSync(join(cache, "charrnn"))).toEqual([]);
    const compiler = Number(readFileSync(join(cache, "cc.pid"), "utf8"));
    await vi.waitFor(() => {
      expect(isRunning(compiler)).toBe(false);
    });
  });

  it("the compiler is given what $CC says besides its name", async () => {
    vi.stubEnv("CC", `sh ${join(cache, "cc")} -m32`);
    const answer = '[ "$2" = --version ] && echo broken 1.0 && exit 0';
    writeFileSync(join(cache, "cc"), `${answer}\necho "given $1" >&2; exit 1\n`);
    expect(await reason()).toMatch(/^sh .*cc -m32 cannot compile the kernels: given -m32$/);
  });

  it("what does not load is not taken: `auto` is WebAssembly then", async () => {
    compileBy('for last; do :; done; echo "no program" > "$last"');
    expect(await reason()).toMatch(/file too short|invalid|not a mach-o/i);
    expect((await chooseEngine("auto", { mayCompile: true })).name).toBe("wasm");
    await expect(chooseEngine("native", { mayCompile: true })).rejects.toThrow(
      /^the native engine cannot run here: .*; use --engine wasm$/,
    );
    expect((await engineReport()).map(({ name, available }) => [name, available])).toEqual([
      ["native", false],
      ["wasm", true],
      ["reference", true],
    ]);
  });

  it("a machine without a compiler goes on without a word, and one whose compiler fails with a note", async () => {
    const notes: string[] = [];
    const note = (line: string) => notes.push(line);
    vi.stubEnv("CC", "");
    vi.stubEnv("PATH", cache);
    await chooseEngine("auto", { mayCompile: true, note });
    expect(notes).toEqual([]);
    compileBy("echo 'x.h:1: fatal error: no room' >&2; exit 1");
    await chooseEngine("auto", { mayCompile: true, note });
    expect(notes).toEqual([
      expect.stringMatching(/^the native engine cannot run here: .*no room; continuing with wasm/),
    ]);
  });

  it("a cache folder that cannot be made is told as such", async () => {
    vi.stubEnv("XDG_CACHE_HOME", "/proc/charrnn-cache");
    compileBy("exit 1");
    expect(await reason()).toMatch(/^cannot make the folder \/proc/);
  });

  it("nothing is compiled for whoever must not wait: `auto` is WebAssembly then", async () => {
    expect((await chooseEngine("auto", { mayCompile: false })).name).toBe("wasm");
    await expect(chooseEngine("native", { mayCompile: false })).rejects.toThrow(
      /cannot run here: (its kernels are not compiled yet \(`charrnn doctor` compiles them\)|there is no C compiler.*); use/,
    );
    expect(readdirSync(cache).flatMap((folder) => readdirSync(join(cache, folder)))).toEqual([]);
  });
});
