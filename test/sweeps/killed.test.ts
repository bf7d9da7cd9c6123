import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { Random } from "../../src/random.ts";
import { readResults } from "../../src/sweeps/results.ts";
import { readSweep, sweepFolder } from "../../src/sweeps/sweep-folder.ts";
import { charrnn, exitOf, start } from "../cli/process.ts";
import { testsAll } from "../scope.ts";
import { bitsOf, standingOf, wordsOf } from "../training/fixture.ts";

/** 3 cells, 2 sizes and 2 seeds; saved often, so that something is lost and something is resumed. */
const spec = `
name: cells
corpus: tales.txt
options:
  layers: 1
  steps: 300
  seqLength: 20
  batchSize: 8
  dropout: 0.2
  logEvery: 1
  sampleEvery: 100
  checkpointEvery: 40
grid:
  cell: [rnn, lstm, gru]
  hidden: [16, 40]
seeds: 2
`;

function folderWithSpec(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
  writeFileSync(join(folder, "tales.txt"), text);
  writeFileSync(join(folder, "spec.yaml"), spec);
  return folder;
}

/** Everything in a sweep's runs that must not depend on interruptions: weights, states, losses, the best checkpoints. */
function standing(folder: string) {
  const sweep = sweepFolder(join(folder, "checkpoints"), "cells");
  return readSweep(sweep).runs.map(({ name }) => {
    const own = join(sweep.folder, name);
    const [latest, best] = ["latest.json", "best.json"].map((file) => readCheckpoint(join(own, file)));
    const losses = readFileSync(join(own, "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event === "step" || event === "eval" || event === "sample")
      .map((event) => ({ ...event, charactersPerSecond: 0 }));
    return {
      name,
      losses,
      latest: [bitsOf(latest), standingOf(latest)],
      best: [bitsOf(best), best.training?.step],
    };
  });
}

/** The process ids of the children of a process. */
function childrenOf(pid: number): number[] {
  return spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" })
    .stdout.split("\n")
    .map(Number)
    .filter((child) => child > 0);
}

describe.runIf(testsAll)("a sweep that is killed and started again", () => {
  it("ends with the same bits as one that was never killed", async () => {
    const text = readFileSync(new URL("../../corpora/tales.txt", import.meta.url), "utf8").slice(0, 30_000);
    const whole = folderWithSpec(text);
    expect(await charrnn(["sweep", "spec.yaml"], whole)).toMatchObject({ exitCode: 0 });

    const killed = folderWithSpec(text);
    const random = Random.of(Date.now() % 1e6);
    const kills = ["sweep", "child", "sweep", "sweep"] as const;
    for (const victim of kills) {
      const process_ = start(["sweep", "spec.yaml", "--retry", "failed"], killed);
      const exit = exitOf(process_);
      await sleep(700 + 2500 * random.next());
      if (victim === "sweep") process_.kill("SIGKILL");
      else for (const child of childrenOf(process_.pid ?? 0).slice(0, 1)) process.kill(child, "SIGKILL");
      if (victim === "child") {
        await sleep(500);
        process_.kill("SIGKILL");
      }
      await exit;
    }
    const last = await charrnn(["sweep", "spec.yaml", "--retry", "failed"], killed);
    expect(last.exitCode).toBe(0);
    const results = readResults(join(killed, "checkpoints", "cells", "results.jsonl"));
    expect([...results.values()].map(({ status }) => status)).toEqual(Array(12).fill("finished"));
    expect(standing(killed)).toEqual(standing(whole));
  });
});

describe.runIf(testsAll)("a sweep", () => {
  it("marks a run whose process dies, goes on with the others, and tries it again if asked to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
    writeFileSync(join(folder, "words.txt"), wordsOf(20_000));
    const argv = [
      "sweep",
      "words.txt",
      "--layers",
      "1",
      "--hidden",
      "8",
      "--steps",
      "4000",
      "--sample-every",
      "0",
    ];
    const flags = ["--seeds", "2", "--jobs", "1", "--name", "seeds", "--json", "--log-every", "1000"];
    const child = start([...argv, ...flags], folder);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (!text.includes("2 runs")) return;
      const timer = setInterval(() => {
        const [first] = childrenOf(child.pid ?? 0);
        if (!(first > 0)) return;
        clearInterval(timer);
        process.kill(first, "SIGKILL");
      }, 10);
    });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    expect(await exitOf(child)).toBe(1);
    const results = printed
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(results).toMatchObject([
      { run: "s1", status: "failed", reason: "the process of the run ended: SIGKILL" },
      { run: "s2", status: "finished", step: 4000 },
    ]);
    const again = await charrnn(["sweep", "seeds", "--retry", "failed", "--json"], folder);
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ run: "s1", status: "finished", step: 4000 });
  });
});
