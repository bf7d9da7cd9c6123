import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { temporaryPath } from "../../src/checkpoint/atomic.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { UsageError } from "../../src/errors.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { resume } from "../../src/training/resume.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import {
  bitsOf,
  corpusIn,
  eventsOf,
  interruptedAfter,
  metricsOf,
  setUp,
  tiny,
  tinyAtUsualIntervals,
  trainInStretches,
  wordsOf,
} from "./fixture.ts";

const END = 1_000_000;

describe("resume", () => {
  it("yields only the end of a finished run", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ steps: 3 }));
    const notes: string[] = [];
    const events = await eventsOf(resume("run", [], { out }, { note: (line) => notes.push(line) }));
    expect(events).toEqual([expect.objectContaining({ event: "end", reason: "finished", step: 3 })]);
    expect(notes).toEqual([expect.stringContaining("run is finished")]);
  });

  it("goes on longer with more epochs, as one run of so many would have", async () => {
    const { out, corpus } = setUp();
    const longer = await trainInStretches(corpus, join(out, "b"), { epochs: 3 }, [[1, END]]);
    await trainInStretches(corpus, join(out, "a"), { epochs: 2 }, [[1, END]]);
    const events = await eventsOf(resume("run", [], { out: join(out, "a"), epochs: 3 }));
    expect(events[0]).toMatchObject({ event: "start", step: 24, steps: 36 });
    expect(bitsOf(readCheckpoint(join(out, "a", "run", "latest.json")))).toEqual(bitsOf(longer));
  });

  it("lets new epochs rule out the old number of steps", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ steps: 3 }));
    const events = await eventsOf(resume("run", [], { out, epochs: 1 }));
    expect(events.at(-1)).toMatchObject({ reason: "finished", step: 12 });
  });

  it("lets a run that lost its patience find it anew when asked to go on longer", async () => {
    const { out, start } = setUp();
    // Nothing is learned at this rate, so that no evaluation is better than the first.
    const events = await eventsOf(start({ lr: 1e-30, patience: 2, evalEvery: 1 }));
    expect(events.at(-1)).toMatchObject({ reason: "patience", step: 3 });
    expect(await eventsOf(resume("run", [], { out }))).toEqual([
      expect.objectContaining({ event: "end", reason: "patience", step: 3 }),
    ]);
    const more = await eventsOf(resume("run", [], { out, epochs: 9 }));
    expect(more.at(-1)).toMatchObject({ reason: "patience", step: 5 });
  });

  it("ends at once where a kill came between the last evaluation and the end", async () => {
    const { out, start, latest } = setUp();
    await eventsOf(start({ lr: 1e-30, patience: 2, evalEvery: 1 }));
    const metrics = join(out, "run", "metrics.jsonl");
    const lines = readFileSync(metrics, "utf8").trimEnd().split("\n");
    writeFileSync(metrics, `${lines.slice(0, -1).join("\n")}\n`);
    const events = await eventsOf(resume("run", [], { out }));
    expect(events).toEqual([expect.objectContaining({ event: "end", reason: "patience", step: 3 })]);
    expect(metricsOf(out).at(-1)).toEqual(events[0]);
    expect(readCheckpoint(latest).training?.step).toBe(3);
  });

  it("writes the end of a run that was killed just before, so that an older one's turn comes", async () => {
    const { out, corpus, start } = setUp();
    await interruptedAfter(2, (control) => train([corpus], { ...tiny, out, name: "older" }, control));
    await eventsOf(start({ steps: 3 }));
    const metrics = join(out, "run", "metrics.jsonl");
    const whole = readFileSync(metrics, "utf8");
    // Of its last line a few bytes were written.
    writeFileSync(metrics, whole.slice(0, whole.lastIndexOf('{"event":"end"') + 9));
    const [end] = await eventsOf(resume(undefined, [], { out }));
    expect(end).toMatchObject({ event: "end", reason: "finished", step: 3, best: { step: 3 } });
    const lines = readFileSync(metrics, "utf8").trimEnd().split("\n");
    expect(lines.slice(0, -1)).toEqual(whole.trimEnd().split("\n").slice(0, -1));
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual(end);
    const [next] = await eventsOf(resume(undefined, [], { out }));
    expect(next).toMatchObject({ event: "start", run: "older" });
  });

  it("refuses to end a run after fewer steps than it has made, unless it is finished anyway", async () => {
    const { out, corpus } = setUp();
    await interruptedAfter(2, (control) => train([corpus], { ...tiny, out }, control));
    await expect(eventsOf(resume("run", [], { out, steps: 1 }))).rejects.toThrow(
      new UsageError("run has made 3 steps already, more than 1: give more --epochs or --steps"),
    );
    expect((await eventsOf(resume(undefined, [], { out }))).at(-1)).toMatchObject({ step: 36 });
    const finished = await eventsOf(resume("run", [], { out, steps: 1 }));
    expect(finished).toEqual([expect.objectContaining({ event: "end", reason: "finished", step: 36 })]);
  });

  it("takes another learning rate and schedule, says from which step on, and keeps the moments", async () => {
    const { out, corpus, latest } = setUp();
    await interruptedAfter(11, (control) => train([corpus], { ...tiny, out }, control));
    const before = readCheckpoint(latest);
    expect(before.training?.step).toBe(12);
    const notes: string[] = [];
    const control = { note: (line: string) => notes.push(line) };
    // At this rate nothing is learned. The moments of the gradients do not depend on the rate.
    await eventsOf(resume("run", [], { out, lr: 1e-30, steps: 13 }, control));
    expect(notes).toEqual(["from step 13 on --lr is 1e-30, no longer 0.01"]);
    const after = readCheckpoint(latest);
    expect([...after.parameters]).toEqual([...before.parameters]);

    const other = setUp();
    await eventsOf(train([other.corpus], { ...tiny, out: other.out, steps: 13 }));
    expect(after.training?.optimizer).toEqual(readCheckpoint(other.latest).training?.optimizer);

    const steps = (
      await eventsOf(
        resume("run", [], { out, lr: 0.004, minLr: 0.001, schedule: "linear", steps: 15 }, control),
      )
    ).flatMap((event) => (event.event === "step" ? [event.learningRate] : []));
    // The first of them says that the linear schedule depends on the number of steps.
    expect(notes.slice(2)).toEqual([
      "from step 14 on --lr is 0.004, no longer 1e-30",
      "from step 14 on --min-lr is 0.001, no longer 0",
      "from step 14 on --schedule is linear, no longer constant",
    ]);
    // Of 15 steps 13 are done: 0.004 - 0.003 x 13/15 = 0.0014, and then 0.0012.
    expect(steps[0]).toBeCloseTo(0.0014, 12);
    expect(steps[1]).toBeCloseTo(0.0012, 12);
  });

  it("says nothing of another learning rate if the run has ended and does not go on", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ steps: 3 }));
    const notes: string[] = [];
    await eventsOf(resume("run", [], { out, lr: 0.5 }, { note: (line) => notes.push(line) }));
    expect(notes).toEqual([expect.stringContaining("run is finished")]);
  });

  it("finds the best of a run where its folder lies now", async () => {
    const { out, corpus } = setUp();
    await interruptedAfter(11, (control) => train([corpus], { ...tiny, out }, control));
    const moved = join(out, "moved");
    renameSync(join(out, "run"), moved);
    // Interrupted before it is evaluated again, it knows of no other best than that of before.
    const events = await interruptedAfter(13, (control) => resume(moved, [], { evalEvery: 1000 }, control));
    const end = events.at(-1);
    expect(end?.event === "end" && end.best).toMatchObject({ path: join(moved, "best.json") });
  });

  it("removes what a killed process left of a file", async () => {
    const { out, corpus, latest } = setUp();
    await interruptedAfter(2, (control) => train([corpus], { ...tiny, out }, control));
    const left = temporaryPath(latest);
    writeFileSync(left, "half");
    await eventsOf(resume("run", [], { out, steps: 4 }));
    expect(existsSync(left)).toBe(false);
  });

  it("takes the newest unfinished run where none is named", async () => {
    const { out, corpus, start } = setUp();
    await eventsOf(start({ steps: 1, name: "finished" }));
    await interruptedAfter(2, (control) => train([corpus], { ...tiny, out }, control));
    const [first] = await eventsOf(resume(undefined, [], { out }));
    expect(first).toMatchObject({ event: "start", run: "run", step: 3 });
  });

  it("says of an option that the run is without that it has none", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ steps: 1 }));
    await expect(eventsOf(resume("run", [], { out, clipValue: 2 }))).rejects.toThrow(
      "--clip-value 2 contradicts the run, which has none: leave out --clip-value, or start a new run",
    );
  });

  it.each([
    [{ hidden: 10 }, "--hidden 10"],
    [{ cell: "rnn" as const }, "--cell rnn"],
    [{ batchSize: 5 }, "--batch-size 5"],
    [{ patience: 3 }, "--patience 3"],
    [{ seed: 9 }, "--seed 9"],
    [{ name: "other" }, "--name other"],
  ])("refuses %o by name", async (changes, named) => {
    const { out, corpus } = setUp();
    await interruptedAfter(1, (control) => train([corpus], { ...tiny, out }, control));
    await expect(eventsOf(resume("run", [], { out, ...changes }))).rejects.toThrow(
      `${named} contradicts the run`,
    );
    // The same value again contradicts nothing.
    const events = await eventsOf(resume("run", [], { out, hidden: tiny.hidden, logEvery: 7, steps: 2 }));
    expect(events.at(-1)).toMatchObject({ reason: "finished", step: 2 });
  });

  it("says that a schedule which depends on the length changes with it", async () => {
    const { out, corpus } = setUp();
    await interruptedAfter(1, (control) =>
      train([corpus], { ...tiny, out, schedule: "cosine", epochs: 1 }, control),
    );
    const notes: string[] = [];
    await eventsOf(resume("run", [], { out, steps: 14 }, { note: (line) => notes.push(line) }));
    expect(notes).toEqual([expect.stringContaining("--schedule cosine depends on the number of steps")]);
  });

  it.each([{ schedule: "plateau" as const }, { patience: 5 }])(
    "says that how often it is evaluated changes with the length, where that counts: %o",
    async (counting) => {
      const notesFor = async (options: Partial<TrainOptions>) => {
        const out = temporaryFolder();
        const corpus = corpusIn(out, wordsOf(1200));
        await eventsOf(train([corpus], { ...tinyAtUsualIntervals, ...counting, ...options, out, steps: 2 }));
        const notes: string[] = [];
        await eventsOf(resume("run", [], { out, steps: 3 }, { note: (line) => notes.push(line) }));
        return notes;
      };
      expect(await notesFor({})).toEqual([expect.stringContaining("a longer run is evaluated less often")]);
      expect(await notesFor({ evalEvery: 1 })).toEqual([]);
    },
  );

  it("marks going on with another engine as not exact", async () => {
    const { out, corpus } = setUp();
    await interruptedAfter(1, (control) => train([corpus], { ...tiny, out }, control));
    const notes: string[] = [];
    const control = { note: (line: string) => notes.push(line) };
    await eventsOf(resume("run", [], { out, steps: 2, engine: "reference" }, control));
    expect(notes).toEqual([
      expect.stringContaining(
        "made by the wasm engine and continues with the reference engine: results may differ",
      ),
    ]);
  });

  it("refuses another text by its digest", async () => {
    const { out, corpus } = setUp();
    await interruptedAfter(1, (control) => train([corpus], { ...tiny, out }, control));
    const other = corpusIn(out, wordsOf(1200, 2), "other.txt");
    await expect(eventsOf(resume("run", [other], { out }))).rejects.toThrow(
      /not the text that run was trained on/,
    );
    const copy = corpusIn(out, wordsOf(1200), "copy.txt");
    expect((await eventsOf(resume("run", [copy], { out }))).at(-1)).toMatchObject({ reason: "finished" });
  });

  it("says that a text which it does not find was trained on elsewhere, unless it is given", async () => {
    const { out, corpus, start } = setUp();
    await eventsOf(start({ steps: 2 }));
    const moved = join(out, "moved.txt");
    renameSync(corpus, moved);
    await expect(eventsOf(resume("run", [], { out }))).rejects.toThrow(
      /cannot find .*, the text that run was trained on: run/,
    );
    expect((await eventsOf(resume("run", [moved], { out, steps: 3 }))).at(-1)).toMatchObject({ step: 3 });
  });

  it("wants a text from standard input again", async () => {
    const { out } = setUp();
    const stdin = () => Readable.from([Buffer.from(wordsOf(1200))]);
    await interruptedAfter(1, ({ signal }) =>
      train(["-"], { ...tiny, out }, { ...(signal && { signal }), stdin: stdin() }),
    );
    await expect(eventsOf(resume("run", [], { out }))).rejects.toThrow(
      "the text of run came from standard input: pipe the text in again, as in `--resume=run -`",
    );
    const events = await eventsOf(resume("run", ["-"], { out, steps: 2 }, { stdin: stdin() }));
    expect(events.at(-1)).toMatchObject({ reason: "finished", step: 2 });
  });

  it("goes back to a checkpoint that was kept, by its path, to the same end", async () => {
    const { out, latest, start } = setUp();
    await eventsOf(start({ steps: 9, checkpointEvery: 3, keep: 3 }));
    const whole = bitsOf(readCheckpoint(latest));
    const kept = join(out, "run", "step-3.json");
    const events = await eventsOf(resume(kept, [], { out }));
    expect(events[0]).toMatchObject({ event: "start", step: 3 });
    expect(events.at(-1)).toMatchObject({ event: "end", reason: "finished", step: 9 });
    expect(bitsOf(readCheckpoint(latest))).toEqual(whole);
    expect(metricsOf(out).filter(({ event }) => event === "start")).toHaveLength(2);
  });

  it("puts a best checkpoint aside that is of a step after the one it goes back to", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ steps: 9, evalEvery: 1, checkpointEvery: 3, keep: 3 }));
    const best = join(out, "run", "best.json");
    const step = readCheckpoint(best).training?.step ?? 0;
    expect(step).toBeGreaterThan(3);
    const whole = bitsOf(readCheckpoint(best));
    const notes: string[] = [];
    const control = { note: (line: string) => notes.push(line) };
    const events = await eventsOf(resume(join(out, "run", "step-3.json"), [], { out, steps: 4 }, control));
    const aside = join(out, "run", `best-of-step-${step}.json`);
    expect(notes).toContain(
      `the run goes back to step 3: its best checkpoint, of step ${step}, is renamed to ${aside}`,
    );
    expect(bitsOf(readCheckpoint(aside))).toEqual(whole);
    const end = events.at(-1);
    expect(end?.event === "end" && end.best?.step).toBe(readCheckpoint(best).training?.step);
  });

  it("has gone back for good when it is interrupted at once", async () => {
    const { out, latest, start } = setUp();
    await eventsOf(start({ steps: 6, checkpointEvery: 3, keep: 2 }));
    const controller = new AbortController();
    for await (const { event } of resume("run/step-3.json", [], { out }, { signal: controller.signal })) {
      if (event === "start") controller.abort();
    }
    expect(readCheckpoint(latest).training?.step).toBe(3);
    expect(metricsOf(out).at(-1)).toMatchObject({ event: "end", reason: "interrupted", step: 3 });
  });

  it("goes back to no checkpoint of weights alone, and takes no file for a run", async () => {
    const { out, corpus, start } = setUp();
    await eventsOf(start({ steps: 3 }));
    await expect(eventsOf(resume("run/best.json", [], { out }))).rejects.toThrow(/weights only.*--init-from/);
    await expect(eventsOf(resume(corpus, [], { out }))).rejects.toThrow(
      new UsageError(
        `--resume takes a run, and ${corpus} does not belong to a run: write --resume last, or as --resume=`,
      ),
    );
  });

  it("names a checkpoint that was kept where there is no latest one", async () => {
    const { out, latest, start } = setUp();
    await eventsOf(start({ steps: 3, keep: 1 }));
    rmSync(latest);
    const kept = join(out, "run", "step-3.json");
    await expect(eventsOf(resume("run", [], { out }))).rejects.toThrow(
      `has no latest.json to continue from: give --resume=${kept}`,
    );
  });

  it("changes nothing by an option that is what it was, though another would have given way to it", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ steps: 2, clipValue: 0.001 }));
    const events = await eventsOf(resume("run", [], { out, clipNorm: 5, steps: 4 }));
    expect(events[0]).toMatchObject({ event: "start", options: { clipValue: 0.001, clipNorm: 5 } });
  });

  it("refuses a checkpoint of weights alone, and a run that is not there", async () => {
    const { out, latest, start } = setUp();
    await eventsOf(start({ steps: 2 }));
    await writeCheckpoint(latest, readCheckpoint(join(out, "run", "best.json")));
    await expect(eventsOf(resume("run", [], { out }))).rejects.toThrow(/holds weights only.*--init-from/);
    await expect(eventsOf(resume("nowhere", [], { out }))).rejects.toThrow(/no run nowhere/);
    // What begins with a dot is a path, and no run's name.
    await expect(eventsOf(resume("./run", [], { out }))).rejects.toThrow(/no run \.\/run/);
  });
});
