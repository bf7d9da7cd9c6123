import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isNamedArray } from "../../src/checkpoint/format.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { DivergenceError } from "../../src/training/divergence.ts";
import { type TrainingEvent } from "../../src/training/events.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { resume } from "../../src/training/resume.ts";
import { type PhaseProgress } from "../../src/training/prepare.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import {
  bitsOf,
  corpusIn,
  entriesOf,
  eventsOf,
  interruptedAfter,
  metricsOf,
  setUp,
  standingOf,
  tiny,
  tinyAtUsualIntervals,
  wordsOf,
} from "./fixture.ts";

/** The steps at which something is told. */
function stepsOf(events: readonly TrainingEvent[], kind: TrainingEvent["event"], path = ""): number[] {
  return events
    .filter((event) => event.event === kind && (!("path" in event) || String(event.path).endsWith(path)))
    .map(({ step }) => step);
}

const multiples = (interval: number, last: number) =>
  Array.from({ length: Math.floor(last / interval) }, (_, i) => (i + 1) * interval);

it("evaluates, samples and saves when each is due, and saves first of all", async () => {
  const out = temporaryFolder();
  const options = { ...tinyAtUsualIntervals, out, epochs: 20 };
  const events = await eventsOf(train([corpusIn(out, wordsOf(1200))], options));
  // 240 steps in epochs of 12.
  expect(stepsOf(events, "eval")).toEqual(multiples(12, 240));
  expect(stepsOf(events, "sample")).toEqual(multiples(24, 240));
  expect(stepsOf(events, "checkpoint", "latest.json")).toEqual([0, ...multiples(24, 240)]);
});

it("leaves at least four thirds of the symbols of an evaluation between evaluations", async () => {
  const out = temporaryFolder();
  // 480 characters to train on are 4 streams of 119, 476 characters in 6 chunks, and 720 are to be validated:
  // 4/3 x 720 / (476 / 6) = 12.1 steps.
  const options = { ...tinyAtUsualIntervals, out, valFrac: 0.6, steps: 40 };
  const events = await eventsOf(train([corpusIn(out, wordsOf(1200))], options));
  expect(stepsOf(events, "eval")).toEqual([13, 26, 39, 40]);
});

describe("a run that is saved by the clock", () => {
  const always = { checkpointEvery: "1s", evalEvery: 1000, steps: 20, keep: 3 } as const;
  // A second passes between two looks at the clock, so a save is due at every look.
  beforeEach(() => {
    let seconds = 0;
    vi.spyOn(process, "uptime").mockImplementation(() => seconds++);
  });
  afterEach(() => void vi.restoreAllMocks());

  it("is saved after each step, tells no more than another run, and ends in the same bits", async () => {
    const { out, latest, start } = setUp();
    const saved: number[] = [];
    for await (const event of start(always)) {
      // The step before has been saved by the time that this one is told.
      if (event.event === "step" && event.step > 1) saved.push(readCheckpoint(latest).training?.step ?? NaN);
    }
    expect(saved).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
    expect(stepsOf(metricsOf(out), "checkpoint", "latest.json")).toEqual([0, 20]);
    expect(readdirSync(join(out, "run")).filter((name) => name.startsWith("step-"))).toEqual([
      "step-0.json",
      "step-20.json",
    ]);
    const other = setUp();
    await eventsOf(other.start({ ...always, checkpointEvery: 1000 }));
    expect(bitsOf(readCheckpoint(latest))).toEqual(bitsOf(readCheckpoint(other.latest)));
  });

  it("goes on from such a save to the same bits", async () => {
    const { out, corpus, latest, start } = setUp();
    await eventsOf(start(always));
    const killed = temporaryFolder();
    for await (const event of train([corpus], { ...tiny, ...always, out: killed })) {
      // Breaking off the events is like a kill.
      if (event.step === 8) break;
    }
    expect(readCheckpoint(join(killed, "run", "latest.json")).training?.step).toBe(7);
    await eventsOf(resume("run", [], { out: killed }));
    expect(bitsOf(readCheckpoint(join(killed, "run", "latest.json")))).toEqual(
      bitsOf(readCheckpoint(latest)),
    );
    expect(stepsOf(metricsOf(killed), "step")).toEqual(stepsOf(metricsOf(out), "step"));
  });
});

it("tells the speed of training alone, whatever an evaluation, a sample or a checkpoint takes", async () => {
  const out = temporaryFolder();
  let clock = 0;
  // A millisecond from one look at the clock to the next, of which an update has two, and a second for an evaluation.
  vi.spyOn(performance, "now").mockImplementation(() => clock++);
  const often = { evalEvery: 1, sampleEvery: 2, checkpointEvery: 3, steps: 12 };
  const control = { progress: () => (clock += 1000) };
  const run = train([corpusIn(out, wordsOf(1200))], { ...tiny, ...often, out }, control);
  const speeds = (await eventsOf(run)).flatMap((event) =>
    event.event === "step" ? [event.charactersPerSecond] : [],
  );
  vi.restoreAllMocks();
  // 4 streams of 23 characters, and 16 at the end of the epoch, in a millisecond each.
  expect(speeds).toEqual([...Array.from({ length: 11 }, () => 92_000), 64_000]);
});

it("tells the speed of an update from the end of the one before it where it follows at once", async () => {
  const { start } = setUp();
  const [speeds, waits]: [number[], number[]] = [[], []];
  const started = performance.now();
  for await (const event of start({ evalEvery: 1000, steps: 10 })) {
    if (event.event !== "step") continue;
    speeds.push(event.charactersPerSecond);
    const told = performance.now();
    await sleep(20);
    waits.push((performance.now() - told) / 1000);
  }
  const wall = (performance.now() - started) / 1000;
  // 92 characters each. A speed is told to the nearest whole number.
  const [longest, shortest] = [-0.5, 0.5].map((error) => speeds.map((speed) => 92 / (speed + error)));
  // The first two steps are begun only when what is before them is told.
  for (let i = 2; i < 10; i++) expect(longest[i], `step ${i + 1}`).toBeGreaterThanOrEqual(waits[i - 1]);
  expect(shortest.reduce((sum, seconds) => sum + seconds)).toBeLessThanOrEqual(wall);
});

describe("a run interrupted in the midst of an evaluation", () => {
  const options = { ...tiny, steps: 20, evalEvery: 5, sampleEvery: 10, checkpointEvery: 10, valFrac: 0.6 };

  /** Interrupts it once so many evaluations have begun. */
  async function interruptedIn(evaluation: number, out: string, corpus: string): Promise<TrainingEvent[]> {
    const controller = new AbortController();
    let begun = 0;
    const progress = ({ phase, done = 0 }: PhaseProgress) => {
      if (phase === "validating" && done < 100) begun += 1;
      if (begun === evaluation) controller.abort();
    };
    return eventsOf(train([corpus], { ...options, out }, { signal: controller.signal, progress }));
  }

  it.each([
    { evaluation: 2, step: 10 },
    { evaluation: 4, step: 20 },
  ])(
    "at step $step ends at once, and does it first of all when it is resumed",
    async ({ evaluation, step }) => {
      const folder = temporaryFolder();
      const corpus = corpusIn(folder, wordsOf(6000));
      const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
      await eventsOf(train([corpus], { ...options, out: whole }));

      const interrupted = await interruptedIn(evaluation, parts, corpus);
      expect(stepsOf(interrupted, "eval")).toEqual(multiples(5, step - 5));
      expect(interrupted.at(-1)).toMatchObject({ event: "end", reason: "interrupted", step });

      const [started, evaluated] = await eventsOf(resume("run", [], { out: parts }));
      expect(started).toMatchObject({ event: "start", step });
      expect(evaluated).toMatchObject({ event: "eval", step });
      const latest = (out: string) => readCheckpoint(join(out, "run", "latest.json"));
      expect(bitsOf(latest(parts))).toEqual(bitsOf(latest(whole)));
      expect(standingOf(latest(parts))).toEqual(standingOf(latest(whole)));
      for (const kind of ["eval", "sample"] as const) {
        const told = (out: string) => metricsOf(out).filter(({ event }) => event === kind);
        expect(told(parts)).toEqual(told(whole));
      }
    },
  );

  it("may be interrupted in it again", async () => {
    const folder = temporaryFolder();
    await interruptedIn(2, folder, corpusIn(folder, wordsOf(6000)));
    const controller = new AbortController();
    const control = {
      signal: controller.signal,
      progress: ({ phase }: { phase: string }) => {
        if (phase === "validating") controller.abort();
      },
    };
    const again = await eventsOf(resume("run", [], { out: folder }, control));
    expect(again.map(({ event }) => event)).toEqual(["start", "checkpoint", "end"]);
    expect(again.at(-1)).toMatchObject({ reason: "interrupted", step: 10 });
    // It remains due, even if others come at other steps from now on.
    const rest = await eventsOf(resume("run", [], { out: folder, evalEvery: 7 }));
    expect(stepsOf(rest, "eval")).toEqual([10, 14, 20]);
  });
});

it("saves nothing of a run that has diverged, whose parameters are ruined", async () => {
  const out = temporaryFolder();
  const options: Partial<TrainOptions> = { ...tiny, lr: 1e6, valFrac: 0, out };
  const told: TrainingEvent[] = [];
  await expect(async () => {
    for await (const event of train([corpusIn(out, wordsOf(1200))], options)) told.push(event);
  }).rejects.toThrow(DivergenceError);
  const end = told.at(-1);
  expect(end).toMatchObject({ event: "end", reason: "diverged" });
  expect(end?.step).toBeGreaterThan(0);
  expect(readCheckpoint(join(out, "run", "latest.json")).training?.step).toBe(0);
});

it("keeps in latest.json what was saved before the parameters themselves are no numbers", async () => {
  const { out, latest, start } = setUp();
  await eventsOf(start({ steps: 3 }));
  const checkpoint = readCheckpoint(latest);
  // Divided by the root of a small square, as the next update does, these are more than float32 holds.
  for (const [name, moment] of entriesOf(checkpoint.training?.optimizer)) {
    if (name.startsWith("mean.") && isNamedArray(moment)) moment.data.fill(3e38);
  }
  await writeCheckpoint(latest, checkpoint);
  const before = readFileSync(latest);

  const told: TrainingEvent[] = [];
  await expect(async () => {
    for await (const event of resume("run", [], { out, steps: 9 })) told.push(event);
  }).rejects.toThrow(/ at step 5: the trouble began in the parameter (rnn|head)\.\w+ \(parameter /);
  expect(told.at(-1)).toMatchObject({ event: "end", reason: "diverged", step: 4 });
  expect(readFileSync(latest)).toEqual(before);
});

it("says of a run that went on with another engine, ever after, that it is not exact", async () => {
  const out = temporaryFolder();
  const corpus = corpusIn(out, wordsOf(1200));
  const started = await interruptedAfter(1, (control) => train([corpus], { ...tiny, out }, control));
  const on = async (options: Partial<TrainOptions>) => eventsOf(resume("run", [], { out, ...options }));
  const events = [...started, ...(await on({ steps: 3, engine: "reference" })), ...(await on({ steps: 4 }))];
  const exact = events.flatMap((event) => (event.event === "start" ? [event.exact] : []));
  expect(exact).toEqual([true, false, false]);
});
