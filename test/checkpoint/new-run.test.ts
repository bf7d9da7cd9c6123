import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockRun } from "../../src/checkpoint/lock.ts";
import { appendMetrics, type MetricsEvent } from "../../src/checkpoint/metrics.ts";
import { createRun } from "../../src/checkpoint/new-run.ts";
import { runFolder } from "../../src/checkpoint/run-folder.ts";
import { UsageError } from "../../src/errors.ts";
import { messageFrom, temporaryFolder } from "./fixture.ts";
import { base } from "./run-of.ts";

describe("createRun", () => {
  it("makes the folder of a named run, and the one above it", () => {
    const out = join(temporaryFolder(), "deep", "checkpoints");
    const run = createRun(out, "first", base);
    expect(run).toEqual(runFolder(out, "first"));
    expect(run.metrics).toBe(join(out, "first", "metrics.jsonl"));
    expect(existsSync(run.folder)).toBe(true);
  });

  it("offers to resume a run whose name is taken, or to delete what is left of one, and nothing else", async () => {
    const out = temporaryFolder();
    const { folder, latest, options, best, metrics } = createRun(out, "first", base);
    const message = () => messageFrom(() => createRun(out, "first", base));
    const taken = `a run named first exists in ${out}`;
    const unlock = await lockRun(folder);
    expect(message()).toBe(`${taken}; a process is training it: choose another --name`);
    unlock();
    expect(message()).toBe(`${taken}; choose another --name`);
    writeFileSync(options, "{}");
    expect(message()).toBe(`${taken}; delete ${folder}, which was never saved, or choose another --name`);
    writeFileSync(best, "{}");
    expect(message()).toBe(`${taken}; choose another --name`);
    writeFileSync(latest, "{}");
    expect(message()).toBe(`${taken}; continue it with --resume ${folder}, or choose another --name`);
    appendMetrics(metrics, { event: "end", reason: "diverged", step: 1 } as MetricsEvent);
    expect(message()).toBe(`${taken}; choose another --name`);
    writeFileSync(join(out, "file"), "");
    expect(messageFrom(() => createRun(out, "file", base))).toBe(
      `a run named file exists in ${out}; choose another --name`,
    );
  });

  it("makes a free name from corpus, cell and size", () => {
    const out = temporaryFolder();
    const names = [1, 2, 3].map(() => createRun(out, undefined, base).name);
    expect(names).toEqual(["tales-lstm-2x128", "tales-lstm-2x128-2", "tales-lstm-2x128-3"]);
  });

  it.each([
    ["-", "stdin"],
    ["books/", "books"],
    ["../My Texts (old).txt", "My-Texts-old"],
    [".hidden", "hidden"],
    ["сказки.txt", "сказки"],
    ["...", "run"],
    ["a".repeat(300), "a".repeat(30)],
  ])("makes of the corpus %j a name that starts with %s", (corpus, stem) => {
    expect(createRun(temporaryFolder(), undefined, { ...base, corpus }).name).toBe(`${stem}-lstm-2x128`);
  });

  it.each([
    "",
    ".",
    "..",
    "a/b",
    "a\\b",
    ".hidden",
    "-x",
    "a b",
    "a\n",
    "end.",
    "best.json",
    "best.JSON",
    "x".repeat(61),
  ])("refuses the name %j", (name) => {
    const out = join(temporaryFolder(), "checkpoints");
    expect(() => createRun(out, name, base)).toThrow(UsageError);
    expect(messageFrom(() => createRun(out, name, base))).toMatch(
      /cannot name a run or a sweep; use at most 60 letters/,
    );
    expect(existsSync(out)).toBe(false);
  });

  it("says in one line that it cannot make a folder", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(messageFrom(() => createRun(file, "run", base))).toMatch(/^cannot make the folder .*file/);
  });

  it("makes the folders above it", () => {
    const nested = join(temporaryFolder(), "a", "b", "c");
    expect(existsSync(createRun(nested, "run", base).folder)).toBe(true);
  });

  it.skipIf(!existsSync("/proc"))("is refused where no folder can be made (needs /proc)", () => {
    expect(messageFrom(() => createRun("/proc/runs/mine", "run", base))).toMatch(
      /^cannot make the folder \/proc\/runs: /,
    );
  });
});
