import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { CharrnnError, messageOf } from "../../errors.ts";
import { type AvailableEngine, type EngineKind } from "../engine.ts";
import { compiledEngine } from "./compiled-engine.ts";

/** The folder of the built kernels. This path is right from src/ and from dist/. */
const folder = new URL("../../../dist/engine/", import.meta.url);

function read(file: string): Promise<Uint8Array> {
  return readFile(new URL(file, folder)).catch(() => {
    throw new CharrnnError("the kernels are not built: run `npm run build`");
  });
}

/** Kernels compiled to WebAssembly. */
export interface WasmKernels {
  readonly module: WebAssembly.Module;
  /** Whether a multiply-add is rounded only once. Two runs agree to the bit only if both or neither are fused. */
  readonly fused: boolean;
  /** Identifies this build of the kernels. */
  readonly build: string;
}

/**
 * Loads the kernels for this machine. `fused` chooses the kernels with fused multiply-adds (default: what `canFuse`
 * returns).
 * @throws CharrnnError if the kernels have not been built
 */
export async function loadWasm(fused?: boolean): Promise<WasmKernels> {
  fused ??= await (probe ??= canFuse());
  const known = loaded.get(fused) ?? load(fused);
  loaded.set(fused, known);
  return known;
}

/**
 * The kernels that this process has loaded, and the result of `canFuse`. Without this cache, every engine would compile
 * the kernels again.
 */
const loaded = new Map<boolean, Promise<WasmKernels>>();
let probe: Promise<boolean> | undefined;

async function load(fused: boolean): Promise<WasmKernels> {
  const code = await read(fused ? "kernels-fused.wasm" : "kernels.wasm");
  const build = createHash("sha256").update(code).digest("hex").slice(0, 32);
  return { module: compile(code), fused, build };
}

/**
 * Whether V8 accepts WebAssembly's relaxed SIMD and compiles its multiply-add to an instruction that rounds only once.
 * CPUs have had such an instruction since about 2013.
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

/** Node 20's V8 accepts relaxed SIMD only with a flag. The flag is set only while this code is compiled. */
function compile(code: Uint8Array): WebAssembly.Module {
  if (WebAssembly.validate(code)) return new WebAssembly.Module(code);
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  try {
    return new WebAssembly.Module(code);
  } finally {
    setFlagsFromString("--no-experimental-wasm-relaxed-simd");
  }
}

/**
 * The engine on this machine.
 * @throws CharrnnError if the kernels have not been built
 */
async function here(): Promise<AvailableEngine> {
  const { module, fused, build } = await loadWasm();
  const multiplyAdds = fused ? "fused" : "separate";
  return compiledEngine(
    { name: "wasm", module },
    build,
    `WebAssembly SIMD, 128-bit vectors, ${multiplyAdds} multiply-adds`,
  );
}

/** The engine of kernels compiled to WebAssembly with SIMD. The engine runs on every machine. */
export const wasm: EngineKind = {
  isFast: true,
  find: () => here().catch((error: unknown) => ({ unavailable: messageOf(error), isFault: true })),
};
