import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { loadWasm } from "../../src/engine/wasm.ts";
import { simdOf } from "../../src/cli/doctor.ts";
import { readCheckpoint } from "../../src/index.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";

const dist = new URL("../../dist/", import.meta.url).href;

/** What a script prints under Node with these options. */
async function printed(script: string, ...options: string[]): Promise<string> {
  const argv = [...options, "--input-type=module", "-e", script];
  return (await promisify(execFile)(process.execPath, argv)).stdout.trim();
}

describe("the fused kernels", () => {
  it.skipIf(platform() !== "linux")("are taken where Linux says that the CPU fuses", async () => {
    const simd = simdOf(readFileSync("/proc/cpuinfo", "utf8"));
    expect((await loadWasm()).fused).toBe(simd.includes("FMA") || simd.includes("NEON"));
  });

  it.skipIf(arch() !== "x64")("are left where V8 may not use the CPU's fused multiply-add", async () => {
    const script = `const { loadWasm } = await import("${dist}engine/wasm.js");
      console.log((await loadWasm()).build);`;
    expect(await printed(script, "--no-enable-fma3")).toBe((await loadWasm(false)).build);
  });

  it("make the same bits by V8's baseline compiler as by its optimizing one", async () => {
    const out = temporaryFolder();
    const parametersBy = async (compiler: string) => {
      const options = { out, name: compiler, engine: "wasm", steps: 20, hidden: 24, dropout: 0.2 };
      const script = `import { train } from "${dist}index.js";
        for await (const event of train(["corpora/code.txt"], ${JSON.stringify(options)}));`;
      await printed(script, `--${compiler}`);
      return readCheckpoint(join(out, compiler, "latest.json")).parameters;
    };
    expect(await parametersBy("liftoff-only")).toEqual(await parametersBy("no-liftoff"));
  });
});
