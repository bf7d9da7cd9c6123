import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendResult, readResults, type RunResult } from "../../src/sweeps/results.ts";
import { openSweep, sweepFolder, type SweepRecord, type SweepRun } from "../../src/sweeps/sweep-folder.ts";

const out = () => mkdtempSync(join(tmpdir(), "charrnn-"));

function recordOf(runs: SweepRun[], corpus = "a.txt"): SweepRecord {
  return {
    format: "charrnn-sweep",
    version: 1,
    start: "2026-01-01T00:00:00Z",
    corpus: [corpus],
    spec: {},
    runs,
  };
}

const run = (name: string, hidden: number): SweepRun => ({ name, options: { hidden }, parameters: 1 });

describe("the folder of a sweep", () => {
  it("may grow: runs that are there keep their names, and new ones get free names", async () => {
    const folder = out();
    const sweep = sweepFolder(folder, "s");
    const { unlock } = await openSweep(sweep, folder, recordOf([run("run", 8)]));
    unlock();
    const more = await openSweep(sweep, folder, recordOf([run("hidden8", 8), run("run", 16)]));
    more.unlock();
    expect(more.record.runs).toEqual([run("run", 8), run("run-2", 16)]);
  });

  it("is refused to another sweep", async () => {
    const folder = out();
    const sweep = sweepFolder(folder, "s");
    const { unlock } = await openSweep(sweep, folder, recordOf([run("a", 8), run("b", 16)]));
    await expect(openSweep(sweep, folder, recordOf([run("a", 8)]))).rejects.toThrow(/is in use by process/);
    unlock();
    await expect(openSweep(sweep, folder, recordOf([run("a", 8)]))).rejects.toThrow(
      /has a run b that is not/,
    );
    await expect(openSweep(sweep, folder, recordOf([run("a", 8)], "b.txt"))).rejects.toThrow(
      /another corpus/,
    );
    await expect(openSweep(sweepFolder(folder, "a b"), folder, recordOf([]))).rejects.toThrow(/cannot name/);
  });
});

describe("results.jsonl", () => {
  it("keeps the last line of each run, and loses an incomplete last line", () => {
    const path = join(out(), "results.jsonl");
    const result = (name: string, step: number): RunResult => ({
      run: name,
      status: "finished",
      step,
      best: null,
      seconds: 1,
      charactersPerSecond: null,
    });
    appendResult(path, result("a", 1));
    appendResult(path, result("b", 2));
    appendResult(path, result("a", 3));
    writeFileSync(path, '{"run":"c","sta', { flag: "a" });
    expect([...readResults(path, true).values()]).toEqual([result("a", 3), result("b", 2)]);
    appendResult(path, result("d", 4));
    expect([...readResults(path).keys()]).toEqual(["a", "b", "d"]);
    expect(readResults(join(out(), "none")).size).toBe(0);
  });
});
