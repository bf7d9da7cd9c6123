import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendMetrics, cutMetrics, isFinished } from "../../src/checkpoint/metrics.ts";
import { messageFrom, temporaryFolder } from "./fixture.ts";

const metricsFile = () => join(temporaryFolder(), "metrics.jsonl");
const step = (number: number) => ({ event: "step", step: number, loss: 1 / number });
const linesOf = (path: string) => readFileSync(path, "utf8").split("\n");

describe("appendMetrics", () => {
  it("adds one compact line an event", () => {
    const path = metricsFile();
    appendMetrics(path, step(1));
    appendMetrics(path, { event: "sample", step: 2, text: "two\nlines" } as { event: string });
    expect(readFileSync(path, "utf8")).toBe(
      '{"event":"step","step":1,"loss":1}\n{"event":"sample","step":2,"text":"two\\nlines"}\n',
    );
  });

  it("says in one line where it cannot", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "metrics.jsonl"));
    expect(
      messageFrom(() => {
        appendMetrics(join(folder, "metrics.jsonl"), step(1));
      }),
    ).toMatch(/^cannot write .*: it is a folder/);
  });
});

describe("cutMetrics", () => {
  it("drops later steps and the end, and keeps the rest as it was written", async () => {
    const path = metricsFile();
    const kept = ['{"event":"start","step":0}', '{"event":"step","step":1}', '{"event":"eval", "step":10}'];
    const dropped = ['{"event":"step","step":11}', '{"event":"end","reason":"interrupted","step":10}'];
    writeFileSync(path, [...kept, ...dropped, ""].join("\n"));
    await cutMetrics(path, 10);
    expect(linesOf(path)).toEqual([...kept, ""]);
  });

  it("drops what a killed process left of a line, and ends a whole line that lacks its line end", async () => {
    const path = metricsFile();
    writeFileSync(path, '{"event":"step","step":1}\n{"event":"step","st');
    await cutMetrics(path, 5);
    expect(linesOf(path)).toEqual(['{"event":"step","step":1}', ""]);
    appendFileSync(path, '{"event":"step","step":2}');
    await cutMetrics(path, 5);
    expect(linesOf(path)).toEqual(['{"event":"step","step":1}', '{"event":"step","step":2}', ""]);
  });

  it("leaves everything where nothing is later", async () => {
    const path = metricsFile();
    for (let number = 1; number <= 1000; number++) appendMetrics(path, step(number));
    const before = readFileSync(path, "utf8");
    await cutMetrics(path, 1000);
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("takes no file for an empty one", async () => {
    await expect(cutMetrics(metricsFile(), 3)).resolves.toBeUndefined();
  });
});

describe("isFinished", () => {
  it.each([
    ["finished", true],
    ["patience", true],
    ["interrupted", false],
    ["diverged", false],
  ])("is, after an end for the reason %s, %s", (reason, finished) => {
    const path = metricsFile();
    appendMetrics(path, step(1));
    appendMetrics(path, { event: "end", reason, step: 1 } as { event: string });
    expect(isFinished(path)).toBe(finished);
  });

  it("is false while the run goes on, after a kill, and before it began", () => {
    const path = metricsFile();
    expect(isFinished(path)).toBe(false);
    appendMetrics(path, { event: "end", reason: "finished" } as { event: string });
    appendMetrics(path, step(2));
    expect(isFinished(path)).toBe(false);
    appendFileSync(path, '{"event":"end","reas');
    expect(isFinished(path)).toBe(false);
  });

  it("finds the last line behind a long sample", () => {
    const path = metricsFile();
    appendMetrics(path, { event: "sample", text: "x".repeat(200_000) } as { event: string });
    expect(isFinished(path)).toBe(false);
    appendMetrics(path, { event: "end", reason: "finished" } as { event: string });
    expect(isFinished(path)).toBe(true);
  });
});
