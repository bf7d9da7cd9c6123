import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { CharrnnError, messageOf } from "../../errors.ts";
import { type AvailableEngine, type EngineKind } from "../engine.ts";
import { compiledEngine } from "./compiled-engine.ts";

/** The same folder from src/ and from dist/. */
const folder = new URL("../../../dist/engine/", import.meta.url);

function read(file: string): Promise<Uint8Array> {
  return readFile(new URL(file, folder)).catch(() => {
    throw new CharrnnError("the kernels are not built: run `npm run build`");
  });
}

/** Kernels compiled to WebAssembly. */
export interface WasmKernels {
  readonly module: WebAssembly.Module;
  /** Whether they round a multiply-add once. Two runs agree to the bit where both do or neither does. */
  readonly fused: boolean;
  /** By which one build of the kernels is told from another. */
  readonly build: string;
}

/**
 * The kernels for this machine: those with fused multiply-adds where `canFuse`, unless `fused` says which.
 * @throws CharrnnError where they have not been built
 */
export async function loadWasm(fused?: boolean): Promise<WasmKernels> {
  fused ??= await canFuse();
  const code = await read(fused ? "kernels-fused.wasm" : "kernels.wasm");
  const build = createHash("sha256").update(code).digest("hex").slice(0, 32);
  return { module: compile(code), fused, build };
}

/**
 * Whether V8 takes WebAssembly's relaxed SIMD, and makes of its multiply-add one that rounds once, as CPUs have had it
 * since 2013 or so.
 */
export async function canFuse(): Promise<boolean> {
  const code = await read("fuses.wasm");
  try {
    const { exports } = new WebAssembly.Instance(compile(code));
    const { fuses } = exports as { fuses: (x: number) => number };
    return fuses(1 + 2 ** -12) === 1;
  } catch {
    return false;
  }
}

/** Node 20's V8 takes relaxed SIMD only where it is told to, which it is for this code alone. */
function compile(code: Uint8Array): WebAssembly.Module {
  if (WebAssembly.validate(code)) return new WebAssembly.Module(code);
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  try {
    return new WebAssembly.Module(code);
  } finally {
    setFlagsFromString("--no-experimental-wasm-relaxed-simd");
  }
}

/** @throws CharrnnError if the kernels have not been built */
async function here(): Promise<AvailableEngine> {
  const { module, fused, build } = await loadWasm();
  const multiplyAdds = fused ? "fused" : "separate";
  return compiledEngine(
    { name: "wasm", module },
    build,
    `WebAssembly SIMD, 128-bit vectors, ${multiplyAdds} multiply-adds`,
  );
}

/** WebAssembly with SIMD: runs anywhere. */
export const wasm: EngineKind = {
  isFast: true,
  find: () => here().catch((error: unknown) => ({ unavailable: messageOf(error), isFault: true })),
};
