import { arch } from "node:os";
import { vi } from "vitest";
import { findCompiler } from "../../src/engine/node/compiler.ts";
import { type Kernels } from "../../src/engine/node/kernels.ts";
import { findNativeKernels, type NativeKernels } from "../../src/engine/node/native-kernels.ts";
import { firstCacheWays } from "../../src/engine/node/processor.ts";
import { canFuse, loadWasm } from "../../src/engine/node/wasm.ts";
import { testsAll } from "../scope.ts";

export interface CompiledKernels {
  /** For the names of tests: "wasm, 128 bits". */
  readonly label: string;
  readonly kernels: Kernels;
}

type Found = NativeKernels;

function native({ addon, vectorBits, tiles }: Found, what = ""): CompiledKernels {
  return {
    label: `native, ${vectorBits} bits${tiles ? ", tiles" : ""}${what}`,
    kernels: { name: "native", addon },
  };
}

async function wasm(fused: boolean): Promise<CompiledKernels> {
  const label = `wasm, 128 bits${fused ? ", fused" : ""}`;
  return { label, kernels: { name: "wasm", ...(await loadWasm(fused)) } };
}

/** The kernels that `auto` may choose here; in `npm run test:all`, the others too. */
export async function usualKernels(): Promise<CompiledKernels[]> {
  const [plain, ...others] = await compiledKernels();
  const isFused = others.some(({ label }) => label.includes("fused"));
  return testsAll || !isFused ? [plain, ...others] : others;
}

/** The kernels that run here: WASM, and native where there is a compiler; it says what is not there. */
export async function compiledKernels(): Promise<CompiledKernels[]> {
  const kernels = [await wasm(false)];
  if (await canFuse()) kernels.push(await wasm(true));
  else
    console.warn("the fused WASM kernels are not tested: this CPU or this Node does not fuse multiply-adds");
  const found = await findNativeKernels({ mayCompile: true });
  if ("addon" in found) kernels.push(native(found));
  else console.warn(`the native engine is not tested: ${found.unavailable}`);
  return kernels;
}

/**
 * Kernels as they are compiled for other x86 processors than this one, in a folder that the caller removes: without
 * matrix tiles and for narrower vectors, by flags of the compiler, and for caches of so few ways that rows are packed,
 * by the caller's mock.
 */
export async function otherKernels(folder: string): Promise<CompiledKernels[]> {
  const found = await findNativeKernels({ mayCompile: true });
  const compiler = await findCompiler();
  if (arch() !== "x64" || !("addon" in found) || compiler === undefined) return [];
  const others = [
    { bits: 512, flag: found.tiles ? "-mno-amx-int8" : "-mavx512f", ways: 8 },
    { bits: 256, flag: "-mno-avx512f", ways: 4 },
    { bits: 128, flag: "-mno-avx", ways: 8 },
  ].filter(({ bits }) => bits <= found.vectorBits);

  const built: CompiledKernels[] = [];
  vi.stubEnv("XDG_CACHE_HOME", folder);
  try {
    for (const { bits, flag, ways } of others) {
      vi.stubEnv("CC", [...compiler.command, flag].join(" "));
      vi.mocked(firstCacheWays).mockReturnValue(ways);
      const kernels = await findNativeKernels({ mayCompile: true });
      if ("addon" in kernels && (kernels.vectorBits !== bits || kernels.tiles))
        throw new Error(`${flag} is not heeded`);
      if ("addon" in kernels) built.push(native(kernels, `, ${ways}-way cache`));
      else console.warn(`native kernels of ${bits} bits are not tested: ${kernels.unavailable}`);
    }
    return built;
  } finally {
    vi.unstubAllEnvs();
    vi.mocked(firstCacheWays).mockRestore();
  }
}
