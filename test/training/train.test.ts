import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { temporaryPath } from "../../src/checkpoint/atomic.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { UsageError } from "../../src/errors.ts";
import type { TrainingEvent } from "../../src/training/events.ts";
import type { TrainOptions } from "../../src/training/options.ts";
import { resume, train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import {
  bitsOf,
  corpusIn,
  eventsOf,
  interruptedAfter,
  metricsOf,
  tiny,
  tinyAtUsualIntervals,
  trainInStretches,
  wordsOf,
} from "./fixture.ts";

const END = 1_000_000;

/** A folder with a corpus and, where asked for, a run that ended or was interrupted. */
function setUp() {
  const out = temporaryFolder();
  const corpus = corpusIn(out, wordsOf(1200));
  const latest = join(out, "run", "latest.json");
  const start = (options: Partial<TrainOptions> = {}) => train([corpus], { ...tiny, out, ...options });
  return { out, corpus, latest, start };
}

describe("train", () => {
  it.each([
    ["one-hot", {}],
    ["an embedding wider than the layers", { embedding: 13 }],
    ["an embedding narrower than the layers", { embedding: 3 }],
    ["one layer and more threads than streams", { layers: 1, batchSize: 2 }],
  ])("gives the same bits on 1, 2 and 3 threads: %s", async (_name, options) => {
    const { out, corpus } = setUp();
    const on = async (threads: number) =>
      bitsOf(
        await trainInStretches(corpus, join(out, String(threads)), { steps: 15, ...options }, [
          [threads, END],
        ]),
      );
    const one = await on(1);
    expect(await on(2)).toEqual(one);
    expect(await on(3)).toEqual(one);
  });

  it("gives other weights for another seed, and the same for the same", async () => {
    const { out, corpus } = setUp();
    const of = async (seed: number, name: string) =>
      bitsOf(await trainInStretches(corpus, join(out, name), { seed, steps: 3 }, [[1, END]]));
    const one = await of(1, "a");
    expect(await of(1, "b")).toEqual(one);
    expect((await of(2, "c"))["head.weight"]).not.toBe(one["head.weight"]);
  });

  it("is not changed by evaluating, sampling, saving and reporting", async () => {
    const { out, corpus } = setUp();
    const options = { dropout: 0.3, steps: 15 };
    const often = { logEvery: 1, evalEvery: 1, sampleEvery: 4, checkpointEvery: 2, keep: 2 };
    const seldom = { logEvery: 1000, evalEvery: 1000, sampleEvery: 1000, checkpointEvery: 1000 };
    const a = await trainInStretches(corpus, join(out, "a"), { ...options, ...often }, [[2, END]]);
    const b = await trainInStretches(corpus, join(out, "b"), { ...options, ...seldom }, [[2, END]]);
    expect(bitsOf(a)).toEqual(bitsOf(b));
    const files = readdirSync(join(out, "a", "run")).sort();
    expect(files).toEqual([
      ...["best.json", "latest.json", "metrics.jsonl", "options.json", "step-14.json", "step-15.json"],
    ]);
  });

  it("tells of its first and last step, whatever is asked for between", async () => {
    const { start } = setUp();
    const events = await eventsOf(start({ steps: 12, logEvery: 5 }));
    expect(events.flatMap((event) => (event.event === "step" ? [[event.step, event.epoch]] : []))).toEqual([
      [1, 1],
      [5, 1],
      [10, 1],
      [12, 1],
    ]);
  });

  it("tells of the step after which its patience was lost", async () => {
    const { start } = setUp();
    const events = await eventsOf(start({ lr: 1e-30, patience: 2, evalEvery: 1, logEvery: 1000 }));
    const steps = events.filter(({ event }) => event === "step").map(({ step }) => step);
    expect(steps).toEqual([1, 3]);
  });

  it("counts its seconds, those before it was resumed too", async () => {
    const { out, corpus } = setUp();
    const secondsOf = (events: TrainingEvent[]) => {
      const end = events.at(-1);
      return end?.event === "end" ? end.seconds : NaN;
    };
    const started = performance.now();
    const before = secondsOf(
      await interruptedAfter(20, (control) => train([corpus], { ...tiny, out }, control)),
    );
    const whole = secondsOf(await eventsOf(resume("run", [], { out })));
    expect(before).toBeGreaterThan(0);
    expect(whole).toBeGreaterThan(before);
    expect(whole).toBeLessThan((performance.now() - started) / 1000);
  });

  it("begins near the entropy of an even guess and learns", async () => {
    const { start } = setUp();
    const events = await eventsOf(start());
    const losses = events.flatMap((event) => (event.event === "step" ? [event.loss] : []));
    expect(losses).toHaveLength(36);
    // 12 symbols: ln 12 = 2.485; initial weights within +-1/3 make logits that are small, not zero.
    expect(Math.abs(losses[0] - Math.log(12))).toBeLessThan(0.2);
    expect(losses[35]).toBeLessThan(losses[0] - 0.3);
  });

  it("learns hello by heart", async () => {
    const { out } = setUp();
    const hello = corpusIn(out, "hello", "hello.txt");
    const options = { ...tiny, out, layers: 1, batchSize: 1, seqLength: 4, valFrac: 0, epochs: 400 };
    const events = await eventsOf(train([hello], { ...options, lr: 0.02, logEvery: 400 }));
    const last = events.findLast((event) => event.event === "step");
    expect(last?.event === "step" ? last.loss : NaN).toBeLessThan(0.05);
  });

  it("ends after the updates that are under way when it is interrupted, with that state in latest.json", async () => {
    const { start, latest, corpus, out } = setUp();
    const events = await interruptedAfter(4, (control) => train([corpus], { ...tiny, out }, control));
    // Step 5 had been handed over when step 4 was told of.
    expect(events.at(-1)).toMatchObject({ event: "end", reason: "interrupted", step: 5 });
    expect(readCheckpoint(latest).training?.step).toBe(5);
    await expect(eventsOf(start())).rejects.toThrow(/a run named run exists.*--resume run/);
  });

  it("can be resumed from its very beginning, where it was killed before its first checkpoint", async () => {
    const { start, latest, out, corpus } = setUp();
    for await (const { event } of start({ steps: 5, dropout: 0.3 })) if (event === "step") break;
    expect(readCheckpoint(latest).training?.step).toBe(0);
    await eventsOf(resume("run", [], { out, threads: 2 }));
    const options = { steps: 5, dropout: 0.3 };
    const whole = await trainInStretches(corpus, join(out, "whole"), options, [[1, END]]);
    expect(bitsOf(readCheckpoint(latest))).toEqual(bitsOf(whole));
  });

  it("leaves a run that can be resumed when its events are no longer asked for", async () => {
    const { start, latest, out } = setUp();
    for await (const event of start({ checkpointEvery: 3 }))
      if (event.event === "step" && event.step === 5) break;
    expect(readCheckpoint(latest).training?.step).toBe(3);
    const events = await eventsOf(resume("run", [], { out, steps: 6 }));
    expect(events.at(-1)).toMatchObject({ reason: "finished", step: 6 });
  });

  it("finds a name that cannot be had before it reads the text", async () => {
    const { out } = setUp();
    const named = (name: string) => eventsOf(train(["missing.txt"], { ...tiny, out, name }));
    await expect(named("a/b")).rejects.toThrow(/"a\/b" cannot name a run/);
    mkdirSync(join(out, "taken"));
    await expect(named("taken")).rejects.toThrow(/a run named taken exists/);
  });

  it("leaves no folder behind where the memory cannot be had", async () => {
    const { start, out } = setUp();
    // Each of 9 layers' W_hh alone has 4 x 4096 x 4096 numbers of 4 bytes: 256 MiB, and its gradient and moments.
    await expect(eventsOf(start({ hidden: 4096, layers: 9 }))).rejects.toThrow(/GiB.*reduce --hidden/);
    expect(existsSync(join(out, "run"))).toBe(false);
  });
});

describe("train with --init-from", () => {
  const other = "a mat on the hats\n".repeat(60);

  it("goes on from the weights and keeps the vocabulary", async () => {
    const { out, start, latest } = setUp();
    await eventsOf(start({ steps: 5 }));
    const source = readCheckpoint(latest);
    const text = corpusIn(out, other, "other.txt");
    // A rate of nearly zero leaves the weights as they came.
    const options = { ...tiny, out, initFrom: latest, name: "second", steps: 1, lr: 1e-30 };
    // The checkpoint decides the shape; it may be said again.
    const { hidden, layers, ...rest } = options;
    await eventsOf(train([text], { ...rest, hidden, layers }));
    const second = readCheckpoint(join(out, "second", "latest.json"));
    expect(second.vocabulary).toEqual(source.vocabulary);
    expect(other).not.toContain("d");
    expect(JSON.stringify(second.vocabulary)).toContain('"d"');
    expect(second.model).toMatchObject({ cell: "lstm", layers: 2, hidden: 9 });
    for (const [name, { data }] of source.parameters)
      expect(second.parameters.get(name)?.data, name).toEqual(data);
  });

  it.each([
    [{ hidden: 10 }, /--hidden 10 contradicts --init-from .* which has 9/],
    [{ cell: "gru" as const }, /--cell gru contradicts --init-from .* which has lstm/],
    [{ unit: "byte" as const }, /--unit byte contradicts --init-from/],
    [{ minCount: 2 }, /--min-count has no say with --init-from .*, whose vocabulary and weights are kept/],
    [{ init: "orthogonal" as const }, /--init has no say with --init-from/],
    [{ forgetBias: 2 }, /--forget-bias has no say with --init-from/],
  ])("refuses %o, which contradicts the checkpoint", async (options, message) => {
    const { out, start, latest, corpus } = setUp();
    await eventsOf(start({ steps: 1 }));
    const given = { out, name: "second", initFrom: latest, ...options };
    await expect(eventsOf(train([corpus], given))).rejects.toThrow(message);
    expect(existsSync(join(out, "second"))).toBe(false);
  });

  it("refuses a text with a symbol that the vocabulary lacks, and names it", async () => {
    const { out, start, latest } = setUp();
    await eventsOf(start({ steps: 1 }));
    const text = corpusIn(out, `${other}zebra`, "other.txt");
    await expect(eventsOf(train([text], { ...tiny, out, name: "second", initFrom: latest }))).rejects.toThrow(
      /^"z" .* is not in the model's vocabulary; take it out$/,
    );
  });
});

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
      new UsageError("run has made 3 steps already: it cannot end after 1"),
    );
    expect((await eventsOf(resume(undefined, [], { out }))).at(-1)).toMatchObject({ step: 36 });
    const finished = await eventsOf(resume("run", [], { out, steps: 1 }));
    expect(finished).toEqual([expect.objectContaining({ event: "end", reason: "finished", step: 36 })]);
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
      "--clip-value 2 contradicts the run, which has none: leave it out, or start a new run",
    );
  });

  it.each([
    [{ hidden: 10 }, "--hidden 10"],
    [{ cell: "rnn" as const }, "--cell rnn"],
    [{ lr: 0.5 }, "--lr 0.5"],
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
    expect(notes).toEqual([expect.stringContaining("the cosine schedule depends on the number of steps")]);
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
      expect(await notesFor({})).toEqual([expect.stringContaining("how often it is evaluated")]);
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
      expect.stringContaining("made by the wasm engine: going on with another is not exact"),
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
    await expect(eventsOf(resume("run", [], { out }))).rejects.toThrow(/trained on, .*, is not here: run/);
    expect((await eventsOf(resume("run", [moved], { out, steps: 3 }))).at(-1)).toMatchObject({ step: 3 });
  });

  it("wants a text from standard input again", async () => {
    const { out } = setUp();
    const stdin = () => Readable.from([Buffer.from(wordsOf(1200))]);
    await interruptedAfter(1, ({ signal }) =>
      train(["-"], { ...tiny, out }, { ...(signal && { signal }), stdin: stdin() }),
    );
    await expect(eventsOf(resume("run", [], { out }))).rejects.toThrow(
      "the text of run came from standard input: give it again, as in `--resume=run -`",
    );
    const events = await eventsOf(resume("run", ["-"], { out, steps: 2 }, { stdin: stdin() }));
    expect(events.at(-1)).toMatchObject({ reason: "finished", step: 2 });
  });

  it("names the run to a person who names one of its checkpoints", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ steps: 3, keep: 1 }));
    for (const run of [join(out, "run"), "run"]) {
      for (const checkpoint of ["step-3.json", "best.json", "latest.json"]) {
        const file = join(run, checkpoint);
        await expect(eventsOf(resume(file, [], { out }))).rejects.toThrow(
          new UsageError(`--resume takes a run, and ${file} is a file of one: give --resume=${run}`),
        );
      }
      expect(await eventsOf(resume(run, [], { out }))).toHaveLength(1);
    }
  });

  it("refuses a checkpoint of weights alone, and a run that is not there", async () => {
    const { out, latest, start } = setUp();
    await eventsOf(start({ steps: 2 }));
    await writeCheckpoint(latest, readCheckpoint(join(out, "run", "best.json")));
    await expect(eventsOf(resume("run", [], { out }))).rejects.toThrow(/holds weights only.*--init-from/);
    await expect(eventsOf(resume("nowhere", [], { out }))).rejects.toThrow(/no run nowhere/);
  });
});
