import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findNativeKernels, loadNative } from "../../src/engine/native.ts";

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "charrnn-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const compilable = "library" in (await findNativeKernels({ mayCompile: true }));
if (!compilable) console.warn("building the native engine is not tested: it cannot be built here");

async function built(): Promise<string> {
  const kernels = await findNativeKernels({ mayCompile: true });
  if (!("library" in kernels)) throw new Error(kernels.unavailable);
  return kernels.library;
}

describe.skipIf(!compilable)("the native kernels", () => {
  it("are built once by concurrent first runs, in a closed folder, and again where they were tampered with", async () => {
    const [first, second] = await Promise.all([built(), built()]);
    expect(second).toBe(first);
    expect(readdirSync(join(cache, "charrnn"))).toHaveLength(2);
    expect(statSync(join(cache, "charrnn")).mode & 0o777).toBe(0o700);

    const { mtimeMs } = statSync(first);
    expect(await built()).toBe(first);
    expect(statSync(first).mtimeMs).toBe(mtimeMs);

    const original = readFileSync(first);
    const tampered = Buffer.from(original);
    tampered[tampered.length >> 1] ^= 1;
    writeFileSync(first, tampered);
    expect(await findNativeKernels({ mayCompile: false })).toEqual({
      unavailable: "not compiled yet: the next `charrnn train` does it",
    });
    await built();
    expect(readFileSync(first).equals(tampered)).toBe(false);
    expect(loadNative(first).vectorBits % 128).toBe(0);
  });
});

describe("without native kernels", () => {
  it("a folder open to others is refused, with what to do", async () => {
    mkdirSync(join(cache, "charrnn"));
    chmodSync(join(cache, "charrnn"), 0o777);
    const kernels = await findNativeKernels({ mayCompile: true });
    const reason = compilable ? /open to other users: make it yours alone \(chmod 700\)/ : /no C compiler/;
    expect("unavailable" in kernels ? kernels.unavailable : "").toMatch(reason);
  });

  it("a machine without a compiler is told so", async () => {
    vi.stubEnv("CC", join(cache, "no-such-compiler"));
    expect(await findNativeKernels({ mayCompile: true })).toEqual({
      unavailable: "there is no C compiler (cc, gcc or clang)",
    });
  });

  it("a compiler that fails is no error, and leaves nothing behind", async () => {
    const compiler = join(cache, "cc");
    writeFileSync(compiler, '#!/bin/sh\n[ "$1" = --version ] && echo broken 1.0 && exit 0\nexit 1\n', {
      mode: 0o755,
    });
    vi.stubEnv("CC", compiler);
    expect(await findNativeKernels({ mayCompile: true })).toHaveProperty("unavailable");
    expect(readdirSync(join(cache, "charrnn"))).toEqual([]);
  });
});
