import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  appendMetrics,
  cutMetrics,
  isFinished,
  readMetrics,
  type MetricsEvent,
} from "../../src/checkpoint/metrics.ts";
import { messageFrom, temporaryFolder } from "./fixture.ts";

const metricsFile = () => join(temporaryFolder(), "metrics.jsonl");
const step = (number: number) => ({ event: "step", step: number, loss: 1 / number });
const linesOf = (path: string) => readFileSync(path, "utf8").split("\n");

describe("appendMetrics", () => {
  it("adds one compact line an event", () => {
    const path = metricsFile();
    appendMetrics(path, step(1));
    appendMetrics(path, { event: "sample", step: 2, text: "two\nlines" } as MetricsEvent);
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

  it("drops of that very step what is due again", async () => {
    const path = metricsFile();
    const told = ["step", "eval", "checkpoint"].map((event) => JSON.stringify({ event, step: 10 }));
    const before = ["eval", "checkpoint"].map((event) => JSON.stringify({ event, step: 9 }));
    writeFileSync(path, [...before, ...told, ""].join("\n"));
    await cutMetrics(path, 10, ["eval", "checkpoint"]);
    expect(linesOf(path)).toEqual([...before, told[0], ""]);
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

  it("keeps a sample with the line and paragraph separators of Unicode", async () => {
    const path = metricsFile();
    const line = '{"event":"sample","step":3,"text":"a\u2028b\u2029c\u0085d"}\n';
    writeFileSync(path, line);
    await cutMetrics(path, 3);
    expect(readFileSync(path, "utf8")).toBe(line);
  });

  it("takes no file for an empty one", async () => {
    await expect(cutMetrics(metricsFile(), 3)).resolves.toBeUndefined();
  });
});

describe("readMetrics", () => {
  const eventsIn = async (path: string) => {
    const events: unknown[] = [];
    for await (const { event } of readMetrics(path)) events.push(event);
    return events;
  };

  it("passes over lines that are no events, and what was left of the last one", async () => {
    const path = metricsFile();
    const strange = ["null", "{}", "[1]", "7", "", "not JSON", '{"event":"step"}', '{"event":5,"step":5}'];
    const misnumbered = ['{"event":"step","step":"5"}', '{"event":"step","step":1.5}'];
    const torn = '{"event":"step","step":2,"lo';
    writeFileSync(path, [...strange, '{"event":"step","step":1}', ...misnumbered, torn].join("\n"));
    expect(await eventsIn(path)).toEqual([{ event: "step", step: 1 }]);
  });

  it("ends a line at a line feed alone, wherever the file is cut for reading", async () => {
    const path = metricsFile();
    // Three bytes each, so that some lie across the border of what is read at once.
    const sample = { event: "sample", step: 1, text: "\u2028\u2029\r".repeat(50_000) };
    appendMetrics(path, sample);
    appendMetrics(path, step(2));
    expect(await eventsIn(path)).toEqual([sample, step(2)]);
  });

  it("takes no file for an empty one, and names one that it cannot read", async () => {
    expect(await eventsIn(metricsFile())).toEqual([]);
    const folder = temporaryFolder();
    await expect(eventsIn(folder)).rejects.toThrow(`cannot read ${folder}: it is a folder`);
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
    appendMetrics(path, { event: "end", reason, step: 1 } as MetricsEvent);
    expect(isFinished(path, 1)).toBe(finished);
    // A run that has gone back to an earlier step is not at its end.
    expect(isFinished(path, 0)).toBe(false);
  });

  it("is false while the run goes on, after a kill, and before it began", () => {
    const path = metricsFile();
    expect(isFinished(path, 2)).toBe(false);
    appendMetrics(path, { event: "end", reason: "finished", step: 2 } as MetricsEvent);
    appendMetrics(path, step(2));
    expect(isFinished(path, 2)).toBe(false);
    appendFileSync(path, '{"event":"end","reas');
    expect(isFinished(path, 2)).toBe(false);
  });

  it("finds the last line behind a long sample", () => {
    const path = metricsFile();
    appendMetrics(path, { event: "sample", step: 1, text: "x".repeat(200_000) } as MetricsEvent);
    expect(isFinished(path, 2)).toBe(false);
    appendMetrics(path, { event: "end", reason: "finished", step: 2 } as MetricsEvent);
    expect(isFinished(path, 2)).toBe(true);
  });
});
