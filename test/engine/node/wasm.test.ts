import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { canFuse, loadWasm } from "../../../src/engine/node/wasm.ts";
import { processorFeatures } from "../../../src/engine/node/processor.ts";
import { readCheckpoint } from "../../../src/index.ts";
import { temporaryFolder } from "../../checkpoint/fixture.ts";
import { testsAll } from "../../scope.ts";

const dist = new URL("../../../dist/", import.meta.url).href;

/** What a script prints under Node with these options. */
async function printed(script: string, ...options: string[]): Promise<string> {
  const argv = [...options, "--input-type=module", "-e", script];
  return (await promisify(execFile)(process.execPath, argv)).stdout.trim();
}

describe("the fused kernels", () => {
  it.skipIf(platform() !== "linux")("are taken where Linux says that the CPU fuses", async () => {
    const features = processorFeatures();
    expect((await loadWasm()).fused).toBe(features.includes("fma") || features.includes("asimd"));
  });

  it.skipIf(arch() !== "x64")("are left where V8 may not use the CPU's fused multiply-add", async () => {
    const script = `const { loadWasm } = await import("${dist}engine/node/wasm.js");
      console.log((await loadWasm()).build);`;
    expect(await printed(script, "--no-enable-fma3")).toBe((await loadWasm(false)).build);
  });

  it("ask nothing else of relaxed SIMD, whose other instructions differ from one CPU to the next", () => {
    const code = readFileSync(new URL("engine/kernels-fused.wasm", dist));
    // Relaxed instructions are 0xfd and then 0x100 to 0x113 in two bytes of seven bits; 0x105 is the multiply-add.
    const relaxed = Array.from(code.keys()).filter(
      (at) => code[at] === 0xfd && code[at + 1] >= 0x80 && code[at + 1] <= 0x93 && code[at + 2] === 2,
    );
    expect(new Set(relaxed.map((at) => code[at + 1]))).toEqual(new Set([0x85]));
  });

  it("leave what else is compiled in the process to V8's own rules", async () => {
    const code = readFileSync(new URL("engine/fuses.wasm", dist));
    const before = WebAssembly.validate(code);
    // It compiles each time that it is called, unlike `loadWasm`.
    expect(await canFuse()).toBe((await loadWasm()).fused);
    expect(WebAssembly.validate(code)).toBe(before);
  });

  it.runIf(testsAll)("make the same bits by V8's baseline compiler as by its optimizing one", async () => {
    const out = temporaryFolder();
    const parametersBy = async (compiler: string) => {
      const options = {
        out,
        name: compiler,
        engine: "wasm",
        steps: testsAll ? 20 : 3,
        hidden: 24,
        dropout: 0.2,
      };
      const script = `import { train } from "${dist}index.js";
        for await (const event of train(["corpora/code.txt"], ${JSON.stringify(options)}));`;
      await printed(script, `--${compiler}`);
      return readCheckpoint(join(out, compiler, "latest.json")).parameters;
    };
    expect(await parametersBy("liftoff-only")).toEqual(await parametersBy("no-liftoff"));
  });
});
