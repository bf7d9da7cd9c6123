import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import type { Kernels } from "../../src/engine/kernels.ts";
import { findNativeKernels, loadNative } from "../../src/engine/native.ts";
import { canFuse, loadWasm } from "../../src/engine/wasm.ts";

export interface CompiledKernels {
  /** For the names of tests: "wasm, 128 bits". */
  readonly label: string;
  readonly kernels: Kernels;
}

function native(library: string): CompiledKernels {
  const label = `native, ${loadNative(library).vectorBits} bits`;
  return { label, kernels: { name: "native", library } };
}

async function wasm(fused: boolean): Promise<CompiledKernels> {
  const label = `wasm, 128 bits${fused ? ", fused" : ""}`;
  return { label, kernels: { name: "wasm", ...(await loadWasm(fused)) } };
}

/** The kernels that run here: WASM, and native where there is a compiler; it says what is not there. */
export async function compiledKernels(): Promise<CompiledKernels[]> {
  const kernels = [await wasm(false)];
  if (await canFuse()) kernels.push(await wasm(true));
  else
    console.warn("the fused WASM kernels are not tested: this CPU or this Node does not fuse multiply-adds");
  const found = await findNativeKernels({ mayCompile: true });
  if ("library" in found) kernels.push(native(found.library));
  else console.warn(`the native engine is not tested: ${found.unavailable}`);
  return kernels;
}

/** Kernels as they are compiled for x86 processors of narrower vectors than this one's, by flags of the compiler. */
export async function narrowerKernels(): Promise<CompiledKernels[]> {
  const found = await findNativeKernels({ mayCompile: true });
  if (arch() !== "x64" || !("library" in found)) return [];
  const { vectorBits } = loadNative(found.library);
  const narrower = [
    { bits: 256, flag: "-mno-avx512f" },
    { bits: 128, flag: "-mno-avx" },
  ].filter(({ bits }) => bits < vectorBits);

  const folder = mkdtempSync(join(tmpdir(), "charrnn-narrower-"));
  const { CC, XDG_CACHE_HOME } = process.env;
  try {
    process.env.XDG_CACHE_HOME = folder;
    const built: CompiledKernels[] = [];
    for (const { bits, flag } of narrower) {
      process.env.CC = join(folder, `cc-${bits}`);
      writeFileSync(process.env.CC, `#!/bin/sh\nexec ${CC ?? "cc"} "$@" ${flag}\n`, { mode: 0o755 });
      const kernels = await findNativeKernels({ mayCompile: true });
      if ("library" in kernels) built.push(native(kernels.library));
      else console.warn(`native kernels of ${bits} bits are not tested: ${kernels.unavailable}`);
    }
    return built;
  } finally {
    restore("CC", CC);
    restore("XDG_CACHE_HOME", XDG_CACHE_HOME);
    process.on("exit", () => {
      rmSync(folder, { recursive: true, force: true });
    });
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}
