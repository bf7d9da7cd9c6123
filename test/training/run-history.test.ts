import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockRun } from "../../src/checkpoint/lock.ts";
import { bestEvaluation, findRun, readHistory } from "../../src/training/run-history.ts";
import { endEvent, evalEvent, startEvent, stepEvent } from "../cli/events.ts";
import { runOnDisk } from "./run-on-disk.ts";

const out = mkdtempSync(join(tmpdir(), "charrnn-"));
const sample = { event: "sample", step: 50, text: "so it was" };

describe("readHistory", () => {
  it("sorts the events of a run, and leaves out lines that are broken or lack a number", async () => {
    const folder = runOnDisk(out, "whole", [
      startEvent(),
      stepEvent(1, 4),
      { event: "step", step: 2, loss: "low" },
      { event: "eval", step: 50 },
      evalEvent(50, 2),
      sample,
    ]);
    appendFileSync(join(folder, "metrics.jsonl"), '{"event":"step","st');
    const history = await readHistory(findRun("whole", out));
    expect(history.start?.parameters).toBe(234_561);
    expect(history.steps.map(({ step }) => step)).toEqual([1]);
    expect(history.evaluations.map(({ loss }) => loss)).toEqual([2]);
    expect(history.samples).toEqual([sample]);
    expect(history).toMatchObject({ name: "whole", taskName: "language-model", status: "unfinished" });
    expect(history.deciding.name).toBe("loss");
  });

  it("knows a run that trains, and the reason why one ended", async () => {
    const folder = runOnDisk(out, "ended", [startEvent(), endEvent({ reason: "patience" })]);
    const run = findRun(folder, "elsewhere");
    expect(await readHistory(run)).toMatchObject({ status: "patience", seconds: 185 });
    const unlock = await lockRun(folder);
    expect(await readHistory(run)).toMatchObject({ status: "running" });
    unlock();
  });

  it("takes the metric that decides from the run's options", async () => {
    const start = startEvent({ options: { task: "many-to-one", metric: "macro-f1" } });
    runOnDisk(out, "classes", [start]);
    const { deciding } = await readHistory(findRun("classes", out));
    expect(deciding).toMatchObject({ name: "macroF1", better: "higher" });
    const evaluations = [0.5, 0.7, 0.7, 0.6].map((macroF1, index) => ({
      ...evalEvent(index, 1),
      macroF1,
    }));
    // The first of two that are equally good.
    expect(bestEvaluation(evaluations, deciding)?.step).toBe(1);
    expect(bestEvaluation([], deciding)).toBeUndefined();
  });

  it("refuses a task that it does not know", async () => {
    runOnDisk(out, "future", [], { task: "telepathy" });
    await expect(readHistory(findRun("future", out))).rejects.toThrow(/"telepathy".*update charrnn/);
  });
});

describe("findRun", () => {
  it("is the newest run without a name", () => {
    runOnDisk(out, "newest", [], { start: "2027-01-01T00:00:00.000Z" });
    expect(findRun(undefined, out).name).toBe("newest");
  });

  it("says what to do where there is no such run", () => {
    expect(() => findRun("nowhere", out)).toThrow(/no run called nowhere; `charrnn runs`/);
    expect(() => findRun(undefined, join(out, "empty"))).toThrow(/charrnn train/);
    writeFileSync(join(out, "file"), "");
    expect(() => findRun(join(out, "file"), out)).toThrow(/is no run folder/);
  });
});
