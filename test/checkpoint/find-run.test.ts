import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listRuns, newestUnfinishedRun, resolveCheckpoint } from "../../src/checkpoint/find-run.ts";
import { appendMetrics, type MetricsEvent } from "../../src/checkpoint/metrics.ts";
import { messageFrom, temporaryFolder } from "./fixture.ts";
import { runOf } from "./run-of.ts";

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

  it("lists the runs of a sweep under the names of both", async () => {
    const out = temporaryFolder();
    await runOf(out, "alone", 1, []);
    await runOf(join(out, "sweep"), "a", 2, []);
    expect(listRuns(out).map(({ name }) => name)).toEqual(["alone"]);
    writeFileSync(join(out, "sweep", "sweep.json"), "{}");
    const [first, ...rest] = listRuns(out);
    expect(first).toMatchObject({ name: "sweep/a", folder: join(out, "sweep", "a") });
    expect(rest.map(({ name }) => name)).toEqual(["alone"]);
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

  it("finds a shipped model by the name of its folder, unless a run has this name", () => {
    const [out, shipped] = [temporaryFolder(), temporaryFolder()];
    for (const name of ["tales", "code"]) {
      mkdirSync(join(shipped, name));
      writeFileSync(join(shipped, name, "best.json"), "{}");
    }
    const usual = join(shipped, "tales", "best.json");
    expect(resolveCheckpoint("code", out, usual)).toBe(join(shipped, "code", "best.json"));
    expect(messageFrom(() => resolveCheckpoint("../code", out, usual))).toContain(
      "there is no checkpoint file",
    );
    mkdirSync(join(out, "code"));
    writeFileSync(join(out, "code", "latest.json"), "{}");
    expect(resolveCheckpoint("code", out, usual)).toBe(join(out, "code", "latest.json"));
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
