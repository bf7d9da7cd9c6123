/**
 * Compiles the C kernels to dist/engine/kernels.wasm with clang and wasm-ld, which are WebAssembly programs
 * themselves (@yowasp/clang): building needs Node alone.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { commands, runLLVM, type Tree } from "@yowasp/clang";

const sources: Tree = {};
for (const name of readdirSync(import.meta.dirname)) {
  if (/\.[ch]$/.test(name)) sources[name] = readFileSync(new URL(name, import.meta.url));
}

// Without arguments this only loads the toolchain, which otherwise tells of it on standard output.
await runLLVM(undefined, {}, { fetchProgress: () => undefined });

async function execute(
  tool: "clang" | "wasm-ld",
  args: string[],
  files: Tree,
  output: string,
): Promise<Uint8Array> {
  const made = (await commands[tool](args, files))?.[output];
  if (!(made instanceof Uint8Array)) throw new Error(`${tool} made no ${output}`);
  return made;
}

const compile = [
  "--target=wasm32",
  "-std=c11",
  "-O3",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-ffreestanding",
  // Loop strength reduction hides the constant offsets that WebAssembly's loads could hold.
  "-mllvm",
  "-disable-lsr",
  "-fno-math-errno",
  "-ffp-contract=off",
];
// SIMD; atomics and bulk memory, which a shared memory asks for; an exported stack pointer that can be set.
const features = ["-msimd128", "-matomics", "-mbulk-memory", "-mmutable-globals", "-mno-reference-types"];
const object = await execute(
  "clang",
  [...compile, ...features, "-c", "program.c", "-o", "program.o"],
  sources,
  "program.o",
);

const link = ["--no-entry", "--import-memory", "--shared-memory", "--max-memory=4294967296", "--stack-first"];
const exports = ["--export=run", "--export=__stack_pointer", "--export=__heap_base"];
const wasm = await execute(
  "wasm-ld",
  [...link, "-z", "stack-size=16384", ...exports, "program.o", "-o", "kernels.wasm"],
  { "program.o": object },
  "kernels.wasm",
);

// The arena leaves its first page to the kernels' constants and to the stack that they start with.
const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true });
const { exports: built } = new WebAssembly.Instance(await WebAssembly.compile(wasm), { env: { memory } });
const { value: end } = built.__heap_base as WebAssembly.Global;
if (end > 65_536) throw new Error(`the kernels' own data ends at ${end}, beyond the arena's first page`);

const folder = new URL("../../../dist/engine/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("kernels.wasm", folder), wasm);
