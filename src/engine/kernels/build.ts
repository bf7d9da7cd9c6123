/**
 * Compiles the C kernels to dist/engine/kernels.wasm, and once more with fused multiply-adds, unless both files are up
 * to date. clang and wasm-ld are WebAssembly programs themselves (@yowasp/clang), so this needs only Node.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { commands, runLLVM, type Tree } from "@yowasp/clang";
import { KERNEL_FLAGS } from "../kernel-flags.ts";

const sources: Tree = {};
for (const name of readdirSync(import.meta.dirname)) {
  if (/\.[ch]$/.test(name)) sources[name] = readFileSync(new URL(name, import.meta.url), "utf8");
}

// Tests whether V8's relaxed multiply-add rounds only once on this CPU. With x = 1 + 2^-12, the last bit of x^2 is
// 2^-24. If x^2 is rounded before the sum, this bit is lost.
sources["fuses.c"] = `#include "vector.h"
int fuses(float x) { return fused(splat(x), splat(x), splat(-(x * x)))[0] != 0; }`;

const compile = [
  "--target=wasm32",
  ...KERNEL_FLAGS,
  "-Wall",
  "-Wextra",
  "-Werror",
  "-ffreestanding",
  // Loop strength reduction would compute every address in the loop. WebAssembly's loads add a constant offset for
  // free.
  "-mllvm",
  "-disable-lsr",
  // SIMD; atomics and bulk memory, which shared memory requires; an exported stack pointer that can be set.
  "-msimd128",
  "-matomics",
  "-mbulk-memory",
  "-mmutable-globals",
  "-mno-reference-types",
];
// The kernels' constants and their first stack must fit into the arena's first page. Otherwise linking fails.
const memory = ["--import-memory", "--shared-memory", "--initial-memory=65536", "--max-memory=4294967296"];
const link = [
  ...memory,
  "--stack-first",
  "-z",
  "stack-size=16384",
  "--export=run",
  "--export=__stack_pointer",
];

const fused = [...compile, "-mrelaxed-simd"];
const builds = [
  { source: "program.c", compile, link, target: "kernels.wasm" },
  { source: "program.c", compile: fused, link, target: "kernels-fused.wasm" },
  { source: "fuses.c", compile: fused, link: ["--export=fuses"], target: "fuses.wasm" },
];

const folder = new URL("../../../dist/engine/", import.meta.url);
const toolchain = readFileSync(new URL("../../../node_modules/@yowasp/clang/package.json", import.meta.url));
const made = createHash("sha256")
  .update(JSON.stringify([toolchain.toString(), sources, builds]))
  .digest("hex");

/**
 * Whether the built kernels are up to date. The check saves time, because `npx` in a checkout runs this file each time.
 */
function isMade(): boolean {
  const files = builds.map(({ target }) => new URL(target, folder));
  const stamp = new URL("kernels.sha256", folder);
  return [stamp, ...files].every((file) => existsSync(file)) && readFileSync(stamp, "utf8") === made;
}

async function execute(tool: "clang" | "wasm-ld", args: string[], files: Tree): Promise<Uint8Array> {
  // The compiler has already printed its errors. The thrown value is ignored, because it contains all the files.
  const output = await Promise.resolve(commands[tool]([...args, "-o", "made"], files)).catch(() => undefined);
  if (!(output?.made instanceof Uint8Array)) throw new Error(`${tool} ${args.join(" ")} failed`);
  return output.made;
}

if (!isMade()) {
  mkdirSync(folder, { recursive: true });
  // Without arguments, this only loads the toolchain. `fetchProgress` keeps the toolchain from printing to standard
  // output.
  await runLLVM(undefined, {}, { fetchProgress: () => undefined });
  for (const { source, compile, link, target } of builds) {
    const object = await execute("clang", [...compile, "-c", source], sources);
    const linked = await execute("wasm-ld", ["--no-entry", ...link, "object.o"], { "object.o": object });
    writeFileSync(new URL(target, folder), linked);
  }
  writeFileSync(new URL("kernels.sha256", folder), made);
}
