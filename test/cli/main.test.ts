import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { charrnn, exitOf, start } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));

describe("the process", () => {
  it("writes data to standard output alone and exits with 0", async () => {
    const { exitCode, stdout, stderr } = await charrnn(["corpus", "tales", "--size", "3000"], folder);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toHaveLength(3000);
  });

  it("exits with 2 after wrong usage, with a line on standard error alone", async () => {
    const { exitCode, stdout, stderr } = await charrnn(["sample", "--tmep", "1"], folder);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(
      "charrnn: unknown option '--tmep' (Did you mean --temp?): see `charrnn sample --help`\n",
    );
  });

  it.each([
    ["sample", "--length", "20"],
    ["eval", "corpus.txt", "--no-baselines"],
  ])("does not wait for a compiler in %s", async (...argv) => {
    const cache = mkdtempSync(join(tmpdir(), "charrnn-cache-"));
    vi.stubEnv("XDG_CACHE_HOME", cache);
    writeFileSync(join(folder, "corpus.txt"), "The fox went home.\n");
    const { exitCode, stdout } = await charrnn(argv, folder);
    vi.unstubAllEnvs();
    expect(exitCode).toBe(0);
    expect(stdout).not.toBe("");
    const built = readdirSync(cache, { recursive: true, encoding: "utf8" });
    expect(built.filter((name) => name.endsWith(".node"))).toEqual([]);
  });

  it("ends quietly with 0 when the reader of its output leaves", async () => {
    const child = start(["corpus", "tales", "--size", "100MB"], folder);
    child.stdout.once("data", () => child.stdout.destroy());
    const [exitCode, stderr] = await Promise.all([exitOf(child), text(child.stderr)]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

describe("bin/charrnn.js", () => {
  it("says what to do where charrnn is not built", () => {
    cpSync(fileURLToPath(new URL("../../bin", import.meta.url)), join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"type": "module"}');
    const { status, stderr } = spawnSync(process.execPath, [join(folder, "bin", "charrnn.js")]);
    expect(status).toBe(1);
    expect(stderr.toString()).toBe("charrnn: it is not built yet: run `npm run build` in its folder\n");
  });
});
