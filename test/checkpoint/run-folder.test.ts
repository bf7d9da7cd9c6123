import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockRun } from "../../src/checkpoint/lock.ts";
import { appendMetrics, type MetricsEvent } from "../../src/checkpoint/metrics.ts";
import {
  createRun,
  keepNumbered,
  lastKept,
  listRuns,
  newestUnfinishedRun,
  readOptions,
  resolveCheckpoint,
  runFolder,
  writeOptions,
  type RunFolder,
} from "../../src/checkpoint/run-folder.ts";
import { UsageError } from "../../src/errors.ts";
import { messageFrom, temporaryFolder } from "./fixture.ts";

const base = { corpus: "corpora/tales.txt", cell: "lstm", layers: 2, hidden: 128 };

/** A run that was started on a day of 2024 and has the named checkpoints. */
async function runOf(
  out: string,
  name: string,
  day: number,
  checkpoints: ("latest" | "best")[],
): Promise<RunFolder> {
  const run = createRun(out, name, base);
  await writeOptions(run, { start: new Date(Date.UTC(2024, 0, day)).toISOString(), hidden: 128 });
  for (const checkpoint of checkpoints) writeFileSync(run[checkpoint], "{}");
  return run;
}

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
    expect(message()).toBe(`${taken}; a process is at work on it: choose another --name`);
    unlock();
    expect(message()).toBe(`${taken}; choose another --name`);
    writeFileSync(options, "{}");
    expect(message()).toBe(`${taken}; delete ${folder}, which was never saved, or choose another --name`);
    writeFileSync(best, "{}");
    expect(message()).toBe(`${taken}; choose another --name`);
    writeFileSync(latest, "{}");
    expect(message()).toBe(`${taken}; go on with it by --resume ${folder}, or choose another --name`);
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
      /cannot name a run; use at most 60 letters/,
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

describe("options.json", () => {
  it("is read back as it was written", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    const options = { start: "2024-05-01T10:00:00.000Z", corpus: ["a.txt"], lr: 0.002 };
    await writeOptions(run, options);
    expect(readOptions(run)).toEqual(options);
  });

  it.each(["", "{", "null", "[]", '{"start":5}', '{"start":"soon"}'])("is none where it holds %j", (text) => {
    const run = createRun(temporaryFolder(), "run", base);
    writeFileSync(run.options, text);
    expect(readOptions(run)).toBeUndefined();
  });
});

describe("listRuns", () => {
  it("lists the newest first, and leaves out what is no run", async () => {
    const out = temporaryFolder();
    await runOf(out, "old", 1, []);
    await runOf(out, "new", 3, []);
    await runOf(out, "middle", 2, []);
    mkdirSync(join(out, "shipped"));
    mkdirSync(join(out, "unreadable/options.json"), { recursive: true });
    writeFileSync(join(out, "a-file"), "");
    expect(listRuns(out).map(({ name, record }) => [name, record.hidden])).toEqual([
      ["new", 128],
      ["middle", 128],
      ["old", 128],
    ]);
  });

  it("is empty where nothing was trained yet", () => {
    expect(listRuns(join(temporaryFolder(), "checkpoints"))).toEqual([]);
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(listRuns(file)).toEqual([]);
  });
});

describe("newestUnfinishedRun", () => {
  it("passes over runs that are finished, diverged or have nothing to go on from", async () => {
    const out = temporaryFolder();
    const interrupted = await runOf(out, "interrupted", 1, ["latest"]);
    const finished = await runOf(out, "finished", 2, ["latest"]);
    await runOf(out, "not-saved", 3, []);
    appendMetrics(interrupted.metrics, { event: "end", reason: "interrupted", step: 1 } as MetricsEvent);
    appendMetrics(finished.metrics, { event: "end", reason: "finished", step: 1 } as MetricsEvent);
    const diverged = await runOf(out, "diverged", 3, ["latest"]);
    appendMetrics(diverged.metrics, { event: "end", reason: "diverged", step: 1 } as MetricsEvent);
    expect(newestUnfinishedRun(out).name).toBe("interrupted");
    await runOf(out, "killed", 4, ["latest"]);
    expect(newestUnfinishedRun(out).name).toBe("killed");
  });

  it("says that there is none", () => {
    const out = temporaryFolder();
    expect(messageFrom(() => newestUnfinishedRun(out))).toContain(
      `there is no unfinished run in ${out}; name`,
    );
  });
});

describe("resolveCheckpoint", () => {
  it("takes a file, a run folder or the name of a run", async () => {
    const out = temporaryFolder();
    const both = await runOf(out, "both", 1, ["latest", "best"]);
    const latest = await runOf(out, "latest-only", 2, ["latest"]);
    expect(resolveCheckpoint(both.latest, out, "none")).toBe(both.latest);
    expect(resolveCheckpoint(both.folder, out, "none")).toBe(both.best);
    expect(resolveCheckpoint("both", out, "none")).toBe(both.best);
    expect(resolveCheckpoint("latest-only", out, "none")).toBe(latest.latest);
    expect(messageFrom(() => resolveCheckpoint("./both", out, "none"))).toContain("run called ./both");
  });

  it("takes the newest run where nothing is named, and the shipped model where there is no run", async () => {
    const out = temporaryFolder();
    const shipped = join(temporaryFolder(), "best.json");
    expect(messageFrom(() => resolveCheckpoint(undefined, out, shipped))).toContain(
      "no run with a checkpoint in",
    );
    writeFileSync(shipped, "{}");
    expect(resolveCheckpoint(undefined, out, shipped)).toBe(shipped);
    await runOf(out, "z-old", 1, ["best"]);
    const newer = await runOf(out, "a-new", 2, ["latest"]);
    expect(resolveCheckpoint(undefined, out, shipped)).toBe(newer.latest);
    await runOf(out, "just-begun", 3, []);
    expect(resolveCheckpoint(undefined, out, shipped)).toBe(newer.latest);
  });

  it("says what is missing", async () => {
    const out = temporaryFolder();
    const { folder } = await runOf(out, "begun", 1, []);
    const message = (argument: string) => messageFrom(() => resolveCheckpoint(argument, out, "none"));
    expect(message("begun")).toContain("the run begun has no checkpoint yet");
    expect(message(folder)).toContain("holds no best.json and no latest.json");
    expect(message("nothing")).toContain("there is no checkpoint file, run folder or run called nothing");
  });
});

it("a file that is called like a run is no checkpoint", async () => {
  const out = temporaryFolder();
  const { best } = await runOf(out, "tales", 1, ["best"]);
  const before = process.cwd();
  process.chdir(temporaryFolder());
  try {
    writeFileSync("tales", "");
    expect(resolveCheckpoint("tales", out, "shipped.json")).toBe(best);
    // Where there is no such run it is all there is.
    expect(resolveCheckpoint("tales", join(out, "none"), "shipped.json")).toBe("tales");
  } finally {
    process.chdir(before);
  }
});

describe("keepNumbered", () => {
  it("keeps copies of the last few, which what becomes of the latest does not touch", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    for (const step of [5, 20, 100]) {
      writeFileSync(run.latest, `at ${step}`);
      await keepNumbered(run, step, 2);
    }
    writeFileSync(run.latest, "damaged");
    expect(readdirSync(run.folder).sort()).toEqual(["latest.json", "step-100.json", "step-20.json"]);
    expect(readFileSync(join(run.folder, "step-20.json"), "utf8")).toBe("at 20");
    expect(readFileSync(join(run.folder, "step-100.json"), "utf8")).toBe("at 100");
    expect(lastKept(run.folder)).toBe(join(run.folder, "step-100.json"));
  });

  it("leaves nothing of later steps, from before the run went back", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    for (const name of ["latest", "step-4", "step-8", "step-9"]) {
      writeFileSync(join(run.folder, `${name}.json`), "{}");
    }
    await keepNumbered(run, 6, 3);
    expect(readdirSync(run.folder).sort()).toEqual(["latest.json", "step-4.json", "step-6.json"]);
  });

  it("may be asked twice for the same step", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    expect(lastKept(run.folder)).toBeUndefined();
    writeFileSync(run.latest, "{}");
    await keepNumbered(run, 7, 1);
    await keepNumbered(run, 7, 1);
    expect(readdirSync(run.folder).sort()).toEqual(["latest.json", "step-7.json"]);
  });
});
