import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reportCharts } from "../../../src/cli/display/report-charts.ts";
import { normTitle, verdictOf } from "../../../src/cli/display/report-findings.ts";
import { reportPage, trainingCommand } from "../../../src/cli/display/report-page.ts";
import { findRun, readHistory, type RunHistory } from "../../../src/training/run-history.ts";
import { runOnDisk } from "../../training/run-on-disk.ts";
import { endEvent, evalEvent, startEvent, stepEvent } from "../events.ts";

const out = mkdtempSync(join(tmpdir(), "charrnn-"));

async function history(
  name: string,
  events: readonly object[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<RunHistory> {
  runOnDisk(out, name, events, options);
  return readHistory(findRun(name, out));
}

const falling = await history("falling", [
  startEvent(),
  stepEvent(1, 4),
  evalEvent(100, 2),
  stepEvent(200, 1.4),
  evalEvent(200, 1.5),
  endEvent(),
]);

const rising = await history("rising", [
  startEvent(),
  stepEvent(50, 2),
  evalEvent(50, 1.6),
  stepEvent(200, 1),
  evalEvent(200, 1.8),
]);

describe("the verdict", () => {
  it("begins with the best validation, and says what it was measured on", () => {
    expect(verdictOf([falling])).toEqual([
      // 1.5 / ln 2 = 2.164
      "The best validation loss is 1.5000 nats per character (2.164 bits per character) at step 200, down from 2.0000 at step 100.",
      "Validation reads 14,000 characters that the model does not train on. The run finished after 200 steps.",
    ]);
  });

  it("says so if the model overfits", () => {
    expect(verdictOf([rising])[1]).toBe(
      "From step 50 on, the validation loss rises to 1.8000 while the training loss falls: the model overfits.",
    );
  });

  it("ranks several runs, and warns if they were validated on different data", async () => {
    expect(verdictOf([rising, falling])).toEqual([
      "falling validates best, with 1.5000 nats per character at step 200; rising has 1.6000.",
    ]);
    const other = await history("other", [startEvent(), evalEvent(9, 1)], { corpus: ["moby-dick.txt"] });
    expect(verdictOf([falling, other])[1]).toMatch(/^The runs were validated on different data/);
    const classes = await history("classes", [startEvent({ options: { task: "many-to-one" } })]);
    expect(verdictOf([falling, classes])[0]).toMatch(/different tasks/);
  });

  it("has something to say of a run without validation, and of one without a step", async () => {
    const bare = await history("bare", [startEvent(), stepEvent(10, 3)]);
    expect(verdictOf([bare])[1]).toMatch(/^Nothing was validated/);
    const empty = await history("empty", []);
    expect(verdictOf([empty])[0]).toMatch(/^The run has made no step yet/);
    expect(reportCharts([empty])).toEqual([]);
  });
});

describe("the charts", () => {
  it("count how often the gradient was clipped", async () => {
    const norms = [6, 4, 5, 7].map((gradientNorm, index) => stepEvent(index + 1, 1, { gradientNorm }));
    const run = await history("clipped", [startEvent(), ...norms], { clipNorm: 5 });
    expect(normTitle([run])).toBe("The gradient is clipped at 2 of 4 reported steps");
  });

  it("show other metrics of a task, and not the loss in another unit", async () => {
    const start = startEvent({ options: { task: "many-to-one" } });
    const evaluation = { event: "eval", step: 5, split: "val", loss: 1, accuracy: 0.5, macroF1: 0.4 };
    const run = await history("metrics", [start, stepEvent(5, 1), evaluation]);
    const units = reportCharts([run]).map(({ y }) => y.label);
    expect(units.slice(0, 3)).toEqual(["nats per example", "accuracy", "macro F1"]);
    expect(reportCharts([falling]).map(({ y }) => y.label)).not.toContain("bits per character");
  });
});

describe("the command that trains a run again", () => {
  it("names the corpus and what differs from the defaults, in the shell's quotes", async () => {
    const run = await history("again", [], {
      corpus: ["my tales.txt", "b.txt"],
      hidden: 64,
      layers: 2,
      beginnings: false,
      bidirectional: true,
      name: "again",
      out: "elsewhere",
    });
    expect(trainingCommand(run)).toBe(
      "charrnn train 'my tales.txt' b.txt --hidden 64 --bidirectional --no-beginnings",
    );
  });
});

describe("the data of a page", () => {
  it("tells options from defaults", () => {
    const { data } = reportPage([falling], { command: "c", reload: null, made: new Date(0) });
    expect(data.runs[0].facts).toContainEqual(["model", "lstm 2x128, 234,561 parameters"]);
    expect(data.made).toBe("1970-01-01T00:00:00.000Z");
  });
});
