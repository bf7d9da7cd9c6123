import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockRun } from "../../src/checkpoint/lock.ts";
import { runFolder } from "../../src/checkpoint/run-folder.ts";
import { summarizeRun } from "../../src/checkpoint/run-summary.ts";
import { endEvent, evalEvent, startEvent, stepEvent } from "../cli/events.ts";

const time = "2026-05-01T12:00:00.000Z";

function runWith(metrics: string | undefined) {
  const run = runFolder(mkdtempSync(join(tmpdir(), "charrnn-")), "tales");
  mkdirSync(run.folder);
  if (metrics !== undefined) writeFileSync(run.metrics, metrics);
  return { ...run, record: { start: time, corpus: ["tales.txt"], lr: 0.002 } };
}

function linesOf(...events: object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

describe("the summary of a run", () => {
  it("tells model, step, best loss and how it ended from the metrics", async () => {
    const metrics = linesOf(
      startEvent(),
      evalEvent(100, 1.5),
      evalEvent(200, 1.6),
      endEvent({ reason: "patience" }),
    );
    expect(await summarizeRun(runWith(metrics))).toMatchObject({
      name: "tales",
      start: time,
      options: { corpus: ["tales.txt"], lr: 0.002 },
      cell: "lstm",
      layers: 2,
      hidden: 128,
      parameters: 234_561,
      step: 200,
      steps: 200,
      bestLoss: 1.5,
      bytes: metrics.length,
      status: "patience",
    });
  });

  it("has the value of --metric that best.json was saved with, whether more or less is better", async () => {
    const start = startEvent();
    const metrics = linesOf(
      { ...start, options: { ...start.options, metric: "macro-f1" } },
      { ...evalEvent(50, 1.5), macroF1: 0.25 },
      { event: "checkpoint", step: 50, path: "elsewhere/tales/best.json" },
      { ...evalEvent(100, 1.2), macroF1: 0.5 },
      { event: "checkpoint", step: 100, path: "elsewhere/tales/best.json" },
      { ...evalEvent(150, 1.1), macroF1: 0.375 },
    );
    expect(await summarizeRun(runWith(metrics))).toMatchObject({
      metric: "macro-f1",
      bestValue: 0.5,
      bestLoss: 1.1,
    });
  });

  it("is unfinished, with the steps that are saved, where a killed process left half a line", async () => {
    const metrics = linesOf(
      startEvent(),
      endEvent({ reason: "interrupted", step: 50 }),
      startEvent({ step: 50 }),
      { event: "checkpoint", step: 55, path: "elsewhere/tales/latest.json" },
      { event: "checkpoint", step: 57, path: "elsewhere/tales/best.json" },
    );
    const { status, step } = await summarizeRun(
      runWith(`${metrics}${linesOf(stepEvent(60, 2))}{"event":"st`),
    );
    expect({ status, step }).toEqual({ status: "unfinished", step: 55 });
  });

  it("is running while a process has it", async () => {
    const run = runWith(linesOf(startEvent(), stepEvent(60, 2)));
    const unlock = await lockRun(run.folder);
    expect(await summarizeRun(run)).toMatchObject({ status: "running", step: 60 });
    unlock();
    expect((await summarizeRun(run)).status).toBe("unfinished");
  });

  it("passes over lines and values that make no sense", async () => {
    const nonsense = ["null", "{}", '{"event":"eval","step":60}', '{"event":"end","step":60,"reason":null}'];
    const metrics = `${linesOf(startEvent(), evalEvent(50, 1.5))}${nonsense.join("\n")}\n{"event":"st`;
    expect(await summarizeRun(runWith(metrics))).toMatchObject({
      cell: "lstm",
      step: 0,
      steps: 200,
      bestLoss: 1.5,
      status: "unfinished",
    });
    const start = {
      event: "start",
      step: 0,
      steps: "many",
      parameters: null,
      options: { cell: 5, layers: "2" },
    };
    expect(await summarizeRun(runWith(linesOf(start, { ...start, options: null })))).toMatchObject({
      cell: null,
      layers: null,
      hidden: null,
      parameters: null,
      step: 0,
      steps: null,
    });
  });

  it("knows little of a run without metrics", async () => {
    expect(await summarizeRun(runWith(undefined))).toMatchObject({
      cell: null,
      step: 0,
      bestLoss: null,
    });
  });

  it("counts the bytes of all its files", async () => {
    const run = runWith(undefined);
    writeFileSync(run.latest, "12345");
    writeFileSync(run.best, "123");
    expect((await summarizeRun(run)).bytes).toBe(8);
  });
});
