import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CharrnnError } from "../errors.ts";

/** The same file from src/ and from dist/. */
const kernelsFile = new URL("../../dist/engine/kernels.wasm", import.meta.url);

function readKernels(): Promise<Uint8Array> {
  return readFile(kernelsFile).catch(() => {
    throw new CharrnnError("the kernels are not built: run `npm run build`");
  });
}

/**
 * The compiled kernels.
 * @throws CharrnnError where they have not been built
 */
export async function compileKernels(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readKernels());
}

/** By which one build of the kernels is told from another. */
export async function kernelsDigest(): Promise<string> {
  return createHash("sha256")
    .update(await readKernels())
    .digest("hex")
    .slice(0, 32);
}

interface KernelExports {
  run: (
    arena: number,
    program: number,
    team: number,
    scratch: number,
    thread: number,
    threads: number,
  ) => void;
  __stack_pointer: WebAssembly.Global;
}

/**
 * An instance of the kernels for one thread. Every instance of a module starts with the same stack pointer, so each
 * thread is given a stack of its own, lest they overwrite each other's.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  stackTop: number,
): KernelExports["run"] {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { run, __stack_pointer: stackPointer } = exports as unknown as KernelExports;
  stackPointer.value = stackTop;
  return run;
}
