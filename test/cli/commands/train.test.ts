import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { trainWith, type TrainFlags, type Training } from "../../../src/cli/commands/train.ts";
import { CharrnnError } from "../../../src/errors.ts";
import { endEvent, startEvent, stepEvent } from "../events.ts";
import { fakeTerminal, systemError, type FakeTerminal } from "../fake-terminal.ts";

/** A library that records how it is called, and whose runs take `steps` unless they are aborted. */
function fakeTraining(beforeStep: (step: number) => void = () => undefined) {
  const calls: unknown[] = [];
  async function* go(signal: AbortSignal | undefined) {
    yield startEvent();
    for (let step = 1; step <= 3; step++) {
      beforeStep(step);
      // A signal or a failed write is heard between two steps.
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) {
        calls.push("saved");
        yield endEvent({ reason: "interrupted", step });
        return;
      }
      yield stepEvent(step, 2);
    }
    yield endEvent();
  }
  const training: Training = {
    train: (corpus, options, control) => {
      calls.push({ corpus, options });
      return go(control?.signal);
    },
    resume: (run, corpus, changes, control) => {
      calls.push({ run, corpus, changes });
      return go(control?.signal);
    },
    plan: (corpus, options) => {
      calls.push({ corpus, options });
      return Promise.resolve(plan);
    },
  };
  return { training, calls };
}

const plan = {
  parameters: 1000,
  vocabulary: 4,
  symbols: { train: 90, val: 5, test: 5 },
  unknown: 0,
  skipped: 0,
  batchSize: 5,
  stepsPerEpoch: 2,
  steps: 100,
  arenaBytes: 2e6,
  processBytes: 9e7,
  engine: "wasm",
  threads: 2,
  charactersPerSecond: 150_000,
  seconds: 90,
};

async function call(corpus: string[], flags: TrainFlags, terminal: FakeTerminal = fakeTerminal()) {
  const { training, calls } = fakeTraining();
  await trainWith(training, corpus, flags, terminal);
  return { calls, terminal };
}

describe("train", () => {
  it("passes on the corpus and the options that were given, and nothing else", async () => {
    const { calls } = await call(["a.txt"], { hidden: 64, quiet: true });
    expect(calls).toEqual([{ corpus: ["a.txt"], options: { hidden: 64 } }]);
  });

  it("resumes the run that is named, or the newest where none is", async () => {
    for (const [resume, run] of [
      ["tales", "tales"],
      [true, undefined],
      ["", undefined],
    ] as const) {
      const { calls } = await call([], { resume, steps: 500 });
      expect(calls).toEqual([{ run, corpus: [], changes: { steps: 500 } }]);
    }
  });

  it("lets the command line win over the configuration file", async () => {
    const config = join(mkdtempSync(join(tmpdir(), "charrnn-")), "config.json");
    writeFileSync(config, '{"corpus": "file.txt", "hidden": 32, "seq-length": 25}');
    const { calls } = await call([], { config, hidden: 64 });
    expect(calls).toEqual([{ corpus: ["file.txt"], options: { hidden: 64, seqLength: 25 } }]);
    expect((await call(["mine.txt"], { config })).calls).toEqual([
      { corpus: ["mine.txt"], options: { hidden: 32, seqLength: 25 } },
    ]);
  });

  it("lets the command line's epochs and norm to clip by win over the file's steps and value", async () => {
    const config = join(mkdtempSync(join(tmpdir(), "charrnn-")), "config.json");
    writeFileSync(config, '{"steps": 5, "clip-value": 1}');
    expect((await call(["a.txt"], { config, epochs: 3, clipNorm: 2 })).calls).toEqual([
      { corpus: ["a.txt"], options: { epochs: 3, clipNorm: 2 } },
    ]);
  });

  it("prints a plan on standard output, as one object with --json", async () => {
    const { terminal, calls } = await call(["a.txt"], { plan: true, json: true });
    expect(JSON.parse(terminal.stdout.text)).toEqual(plan);
    expect(calls).toEqual([{ corpus: ["a.txt"], options: {} }]);
    expect((await call(["a.txt"], { plan: true })).terminal.stdout.text).toContain("1m 30s");
  });
});

describe("train, interrupted", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])("by %s saves, says how to go on, and exits with %d", async (signal, code) => {
    const terminal = fakeTerminal();
    const { training, calls } = fakeTraining((step) => step === 2 && terminal.signals.emit(signal, signal));
    await expect(trainWith(training, ["a.txt"], {}, terminal)).rejects.toMatchObject({ exitCode: code });
    expect(calls).toContain("saved");
    expect(terminal.stderr.text).toContain(
      "finishing the steps under way and saving; interrupt again to quit at once",
    );
    expect(terminal.stderr.text).toContain("continue: charrnn train --resume tales-lstm-2x128");
    expect(terminal.signals.listenerCount(signal)).toBe(0);
  });

  it("before it has begun leaves at once, for there is nothing to save", async () => {
    const terminal = fakeTerminal();
    const { training } = fakeTraining();
    const plan = (...given: Parameters<Training["plan"]>) => {
      terminal.signals.emit("SIGINT", "SIGINT");
      return training.plan(...given);
    };
    await trainWith({ ...training, plan }, ["a.txt"], { plan: true }, terminal);
    expect(terminal.exits).toEqual([130]);
    expect(terminal.stderr.text).toBe("");
  });

  it.each([
    ["EPIPE", "EPIPE"],
    ["ENOSPC", "the disk is full"],
  ])("by an output that takes no more (%s) saves before it fails", async (code, message) => {
    const terminal = fakeTerminal();
    const { training, calls } = fakeTraining((step) => {
      if (step === 2) terminal.stdout.failure = systemError(code);
    });
    await expect(trainWith(training, ["a.txt"], { json: true }, terminal)).rejects.toThrow(message);
    expect(calls).toContain("saved");
  });
});

describe("train --summary", () => {
  it("prints the run, and then how it ended, on standard output", async () => {
    const { terminal } = await call(["a.txt"], { summary: true, quiet: true });
    expect(terminal.stdout.text).toMatch(/^run: tales-lstm-2x128\nfolder: .+\nreason: finished\n/);
    expect(terminal.stdout.text).toMatch(/\nloss: 2\n/);
  });

  it("is refused with --json, which prints there too", async () => {
    await expect(call(["a.txt"], { summary: true, json: true })).rejects.toThrow(
      "--summary and --json both print on standard output: leave out one of them",
    );
  });
});

describe("train, failing", () => {
  it("prints the lines that come with the error before it passes it on", async () => {
    const terminal = fakeTerminal();
    const { training } = fakeTraining((step) => {
      if (step === 2)
        throw Object.assign(new CharrnnError("the loss is not finite"), { report: ["layer 0", "step 7"] });
    });
    await expect(trainWith(training, ["a.txt"], { quiet: true }, terminal)).rejects.toThrow(
      "the loss is not finite",
    );
    expect(terminal.stderr.lines).toEqual(["layer 0", "step 7"]);
  });

  it("counts work that was aborted as interrupted, not as failed", async () => {
    const terminal = fakeTerminal();
    const { training } = fakeTraining((step) => {
      if (step !== 2) return;
      terminal.signals.emit("SIGINT", "SIGINT");
      throw new DOMException("aborted", "AbortError");
    });
    await expect(trainWith(training, ["a.txt"], {}, terminal)).rejects.toMatchObject({ exitCode: 130 });
  });
});
