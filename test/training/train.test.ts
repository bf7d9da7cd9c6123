import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { initialParameters } from "../../src/model/initialization.ts";
import { Random } from "../../src/random.ts";
import { type TrainingEvent } from "../../src/training/events.ts";
import { type PhaseProgress, type TrainControl } from "../../src/training/prepare.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { resume } from "../../src/training/resume.ts";
import { train } from "../../src/training/train.ts";
import { allOr } from "../scope.ts";
import { bitsOf, corpusIn, eventsOf, interruptedAfter, setUp, tiny, trainInStretches } from "./fixture.ts";

const END = 1_000_000;

describe("train", () => {
  const oneHot = { name: "one-hot", options: {} };
  const wide = { name: "an embedding wider than the layers", options: { embedding: 13 } };
  const narrow = { name: "an embedding narrower than the layers", options: { embedding: 3 } };
  const few = { name: "one layer and more threads than streams", options: { layers: 1, batchSize: 2 } };
  it.each(
    allOr<{ name: string; options: Partial<TrainOptions>; teams: number[] }>(
      [
        { ...oneHot, teams: [2] },
        { ...wide, teams: [2] },
        { ...few, teams: [3] },
      ],
      [oneHot, wide, narrow, few].map((one) => ({ ...one, teams: [2, 3] })),
    ),
  )("gives the same bits on 1 thread and on $teams: $name", async ({ options, teams }) => {
    const { out, corpus } = setUp();
    const on = async (threads: number) =>
      bitsOf(
        await trainInStretches(corpus, join(out, String(threads)), { steps: 15, ...options }, [
          [threads, END],
        ]),
      );
    const one = await on(1);
    for (const threads of teams) expect(await on(threads)).toEqual(one);
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
      "best.json",
      "latest.json",
      "metrics.jsonl",
      "options.json",
      "step-14.json",
      "step-15.json",
    ]);
  });

  it("tells what it is at before its first step, and of a compiler that fails", async () => {
    const { out, corpus } = setUp();
    const compiler = join(out, "cc");
    const script =
      '#!/bin/sh\n[ "$1" = --version ] && echo cc 1.0 && exit 0\necho "x.h:1: error: no room" >&2; exit 1\n';
    writeFileSync(compiler, script, { mode: 0o755 });
    vi.stubEnv("CC", compiler);
    vi.stubEnv("XDG_CACHE_HOME", out);
    onTestFinished(() => void vi.unstubAllEnvs());
    const phases = new Set<string>();
    const notes: string[] = [];
    const run = train(
      [corpus],
      { ...tiny, out, steps: 1, engine: "auto", momentum: 0.5, warmup: 5 },
      { note: (line) => notes.push(line), progress: ({ phase }) => phases.add(phase) },
    );
    await eventsOf(run);
    expect([...phases].slice(0, 2)).toEqual(["reading", "initializing"]);
    expect(notes).toEqual([
      "--momentum 0.5 is ignored with --optimizer adam",
      "compiling the kernels for this CPU, which is done once",
      expect.stringMatching(/^the native engine cannot run here: .*no room; continuing with wasm/),
      "--warmup 5 exceeds the steps of the run (1): the learning rate never reaches --lr",
    ]);
  });

  it("has nothing to say of a warm-up that ends with the run, whose last step has the whole rate", async () => {
    const { out, corpus } = setUp();
    const notes: string[] = [];
    const run = train([corpus], { ...tiny, out, steps: 5, warmup: 5 }, { note: (line) => notes.push(line) });
    const last = (await eventsOf(run)).findLast(({ event }) => event === "step");
    expect(last).toMatchObject({ step: 5, learningRate: tiny.lr });
    expect(notes).toEqual([]);
  });

  it("knows the members of its control", async () => {
    const { out, corpus } = setUp();
    const control = { signel: new AbortController().signal } as TrainControl;
    await expect(eventsOf(train([corpus], { ...tiny, out }, control))).rejects.toThrow(
      "the control has no option signel: it takes signal, stdin, shared, pauseAfter, ownThread, note, progress",
    );
  });

  it("leaves no trace where it is given up before its first event", async () => {
    const { out, corpus } = setUp();
    for (const given of ["reading", "initializing"]) {
      const controller = new AbortController();
      const progress = ({ phase }: PhaseProgress) => {
        if (phase === given) controller.abort();
      };
      const run = train([corpus], { ...tiny, out }, { signal: controller.signal, progress });
      await expect(eventsOf(run)).rejects.toMatchObject({ name: "AbortError" });
      expect(existsSync(join(out, "run"))).toBe(false);
    }
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
    await expect(eventsOf(start())).rejects.toThrow(/a run named run exists.*--resume .*\/run, or/);
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
    [{ minCount: 2 }, /--min-count 2 does not work with --init-from, which keeps the vocabulary/],
    [{ init: "orthogonal" as const }, /--init does not work with --init-from/],
    [{ forgetBias: 2 }, /--forget-bias does not work with --init-from/],
    [{ chrono: 100 }, /--chrono does not work with --init-from/],
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
    const text = corpusIn(out, `${other}z`, "other.txt");
    await expect(eventsOf(train([text], { ...tiny, out, name: "second", initFrom: latest }))).rejects.toThrow(
      /^"z" .* is not in the model's vocabulary; remove it, skip it with --unknown skip, or add it .* --unknown grow$/,
    );
  });

  it("leaves such symbols out of the text with --unknown skip, and says how many", async () => {
    const { out, start, latest } = setUp();
    await eventsOf(start({ steps: 1 }));
    const [text, clean] = [corpusIn(out, `z${other}zé`, "other.txt"), corpusIn(out, other, "clean.txt")];
    const trained = async (path: string, name: string) => {
      const options = { ...tiny, out, initFrom: latest, name, steps: 3, unknown: "skip" } as const;
      const events = await eventsOf(train([path], options));
      return { start: events[0], checkpoint: readCheckpoint(join(out, name, "latest.json")) };
    };
    const [skipped, plain] = [await trained(text, "skipped"), await trained(clean, "plain")];
    expect(skipped.start).toMatchObject({ event: "start", unknown: 0, skipped: 3 });
    expect(plain.start).toMatchObject({ event: "start", unknown: 0, skipped: 0 });
    expect(bitsOf(skipped.checkpoint)).toEqual(bitsOf(plain.checkpoint));
  });

  it.each([
    { embedding: 0, init: "torch" },
    { embedding: 5, init: "uniform" },
  ] as const)("adds them to the vocabulary with --unknown grow: %o", async ({ embedding, init }) => {
    const { out, start, latest } = setUp();
    await eventsOf(start({ steps: 5, embedding }));
    const source = readCheckpoint(latest);
    const text = corpusIn(out, `${other}b\u{1f98a}`, "other.txt");
    const notes: string[] = [];
    const options = { ...tiny, out, initFrom: latest, name: "second", steps: 1, lr: 1e-30, seed: 7 };
    await eventsOf(
      train([text], { ...options, unknown: "grow", init }, { note: (line) => notes.push(line) }),
    );
    expect(notes).toContain("--unknown grow adds 2 symbols to the vocabulary");
    const second = readCheckpoint(join(out, "second", "latest.json"));

    // The vocabulary is "\n", " ", a, c, d, ... : b comes before c, and the fox last.
    const old = source.vocabulary.symbols;
    const symbols = [...old.slice(0, 3), "b", ...old.slice(3), "\u{1f98a}"];
    expect(second.vocabulary).toEqual({ unit: "char", symbols });
    const sizes = { inputs: symbols.length, outputs: symbols.length };
    const initial = { init, initRange: 0.08, forgetBias: 1 };
    const fresh = await initialParameters(second.model, sizes, initial, Random.of(7));
    const valuesOf = (name: string) => ({
      before: source.parameters.get(name)?.data ?? [],
      after: second.parameters.get(name)?.data ?? [],
      initial: fresh.get(name) ?? [],
    });
    const byRows = ["head.weight", "head.bias", ...(embedding > 0 ? ["embedding.weight"] : [])];
    for (const name of byRows) {
      const { before, after, initial } = valuesOf(name);
      const width = after.length / symbols.length;
      const row = (values: ArrayLike<number>, index: number) =>
        Array.from(values).slice(index * width, (index + 1) * width);
      for (const [index, symbol] of symbols.entries()) {
        const origin = old.indexOf(symbol as never);
        expect(row(after, index), name).toEqual(origin < 0 ? row(initial, index) : row(before, origin));
      }
    }
    for (const name of source.parameters.keys()) {
      if (byRows.includes(name)) continue;
      const { before, after, initial } = valuesOf(name);
      if (name !== "rnn.weight_ih_l0" || embedding > 0) {
        expect(after, name).toEqual(before);
        continue;
      }
      const column = (values: ArrayLike<number>, index: number, width: number) =>
        Array.from({ length: values.length / width }, (_, r) => values[r * width + index]);
      for (const [index, symbol] of symbols.entries()) {
        const origin = old.indexOf(symbol as never);
        expect(column(after, index, symbols.length)).toEqual(
          origin < 0 ? column(initial, index, symbols.length) : column(before, origin, old.length),
        );
      }
    }
  });

  it.each(["skip", "grow"] as const)(
    "resumes exactly with --unknown %s, which cannot change",
    async (unknown) => {
      const { out, start, latest } = setUp();
      await eventsOf(start({ steps: 5 }));
      const text = corpusIn(out, `${other}zébra`, "other.txt");
      const options = { ...tiny, out, initFrom: latest, unknown, steps: 20 };
      await eventsOf(train([text], { ...options, name: "whole" }));
      await interruptedAfter(7, (control) => train([text], { ...options, name: "parts" }, control));
      const another = unknown === "skip" ? "grow" : "skip";
      await expect(eventsOf(resume("parts", [], { out, unknown: another }))).rejects.toThrow(
        `--unknown ${another} contradicts the run, which has ${unknown}`,
      );
      const events = await eventsOf(resume("parts", [], { out, threads: 2 }));
      // Of "zébra" the vocabulary has "a" alone.
      expect(events[0]).toMatchObject({ event: "start", step: 8, skipped: unknown === "skip" ? 4 : 0 });
      const [whole, parts] = ["whole", "parts"].map((name) => readCheckpoint(join(out, name, "latest.json")));
      expect(parts.vocabulary).toEqual(whole.vocabulary);
      expect(bitsOf(parts)).toEqual(bitsOf(whole));
    },
  );

  it("maps new symbols to the unknown symbol of a model that has one, unless it grows", async () => {
    const { out, start, latest, corpus } = setUp();
    const counts = new Map<string, number>();
    for (const character of readFileSync(corpus, "utf8"))
      counts.set(character, (counts.get(character) ?? 0) + 1);
    await eventsOf(start({ steps: 1, minCount: Math.min(...counts.values()) + 1 }));
    const { symbols } = readCheckpoint(latest).vocabulary;
    expect(symbols.at(-1)).toBeNull();
    const text = corpusIn(out, `${other}zz`, "other.txt");
    const trained = async (unknown: "error" | "grow") => {
      const options = { ...tiny, out, initFrom: latest, name: unknown, steps: 1, unknown };
      const [first] = await eventsOf(train([text], options));
      return { first, ...readCheckpoint(join(out, unknown, "latest.json")).vocabulary };
    };
    const [mapped, grown] = [await trained("error"), await trained("grow")];
    expect(mapped).toMatchObject({ symbols, first: { unknown: 2, skipped: 0 } });
    expect(grown).toMatchObject({ symbols: [...symbols.slice(0, -1), "z", null], first: { unknown: 0 } });
  });
});
