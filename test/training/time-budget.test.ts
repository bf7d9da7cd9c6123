import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { type StepEvent, type TrainingEvent } from "../../src/training/events.ts";
import { Pace } from "../../src/training/pace.ts";
import { resume } from "../../src/training/resume.ts";
import { TimeBudget } from "../../src/training/time-budget.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { corpusIn, eventsOf, interruptedAfter, tinyAtUsualIntervals, wordsOf } from "./fixture.ts";

let milliseconds = 0;
beforeEach(() => {
  milliseconds = 0;
});
afterEach(() => void vi.restoreAllMocks());

/** A clock that stands still until a test moves it. */
function clock(): void {
  vi.spyOn(performance, "now").mockImplementation(() => milliseconds);
}

/** A clock that only updates move: a tenth of a second each. */
function clockOfUpdates(): void {
  clock();
  vi.spyOn(Pace.prototype, "count").mockImplementation(() => void (milliseconds += 100));
  vi.spyOn(Pace.prototype, "take").mockReturnValue(1);
}

describe("a budget of 100 seconds", () => {
  it("counts from the first update, and adds what a run had spent before it was resumed", () => {
    clock();
    const [fresh, resumed] = [new TimeBudget(100, 0), new TimeBudget(100, 60)];
    milliseconds = 5000;
    fresh.begin();
    resumed.begin();
    milliseconds = 44_000;
    fresh.begin();
    expect(fresh.spent).toBe(39);
    expect(resumed.spent).toBe(99);
    expect(resumed.left).toBe(1);
    expect(resumed.isSpent).toBe(false);
    milliseconds = 45_000;
    expect(resumed.isSpent).toBe(true);
    expect(fresh.isSpent).toBe(false);
  });

  it("expects the steps of the whole run from those made so far", () => {
    clock();
    const budget = new TimeBudget(100, 0);
    budget.begin();
    expect(budget.stepsInAll(0)).toBe(Infinity);
    milliseconds = 20_000;
    expect(budget.stepsInAll(30)).toBe(150);
  });

  it("makes each action due once in each tenth, and an evaluation after each epoch too", () => {
    clock();
    const budget = new TimeBudget(100, 0);
    budget.begin();
    const due = (seconds: number, step: number) => {
      milliseconds = 1000 * seconds;
      budget.look();
      return [budget.isDue("sampleEvery", step, 7), budget.isDue("evalEvery", step, 7)];
    };
    expect(due(9, 1)).toEqual([false, false]);
    expect(due(10, 2)).toEqual([true, true]);
    expect(due(19, 3)).toEqual([false, false]);
    expect(due(31, 4)).toEqual([true, true]);
    expect(due(32, 7)).toEqual([false, true]);
  });

  it("leaves out evaluations that would take more than a fifth of the time, or end after it", () => {
    clock();
    const budget = new TimeBudget(100, 0);
    budget.begin();
    const isDue = (seconds: number) => {
      milliseconds = 1000 * seconds;
      budget.look();
      return budget.isDue("evalEvery", 1, 1);
    };
    expect(isDue(10)).toBe(true);
    budget.countEvaluation(6);
    // Two evaluations take 12 seconds, a fifth of 60.
    expect(isDue(59)).toBe(false);
    expect(isDue(60)).toBe(true);
    expect(isDue(95)).toBe(false);
  });
});

describe("a run with --minutes", () => {
  // 6 seconds have 60 updates.
  const options = { ...tinyAtUsualIntervals, minutes: 0.1, epochs: 1000, schedule: "cosine" } as const;
  const stepsOf = (events: readonly TrainingEvent[]) =>
    events.filter((event): event is StepEvent => event.event === "step");

  it("ends when its time is spent, with its rate at the end of the schedule, and is not exact", async () => {
    clockOfUpdates();
    const out = temporaryFolder();
    const events = await eventsOf(train([corpusIn(out, wordsOf(1200))], { ...options, out }));
    expect(events[0]).toMatchObject({ event: "start", exact: false, secondsLeft: 6, steps: 12_000 });
    const steps = stepsOf(events);
    const last = steps[steps.length - 1];
    expect(events[events.length - 1]).toMatchObject({ event: "end", reason: "finished", step: last.step });
    // The last step is evaluated, sampled and saved.
    const atEnd = events.filter(({ step }) => step === last.step).map(({ event }) => event);
    expect(new Set(atEnd)).toEqual(new Set(["step", "eval", "sample", "checkpoint", "end"]));
    expect(last.step).toBe(60);
    steps.forEach(({ learningRate }, index) => {
      // The engine may get a step while it computes the one before, which then does not count yet.
      expect(learningRate).toBeCloseTo((0.01 * (1 + Math.cos((Math.PI * index) / 60))) / 2, 3);
    });
    const { training } = readCheckpoint(join(out, "run", "latest.json"));
    expect(training?.secondsOfBudget).toBeCloseTo(6, 9);
  });

  it("ends at its last epoch if that comes first", async () => {
    const out = temporaryFolder();
    const corpus = corpusIn(out, wordsOf(1200));
    const events = await eventsOf(train([corpus], { ...options, out, minutes: 60, epochs: 1 }));
    expect(events[events.length - 1]).toMatchObject({ reason: "finished", step: 12 });
    expect(stepsOf(events)[11].learningRate).toBeCloseTo((0.01 * (1 + Math.cos((Math.PI * 11) / 12))) / 2, 6);
  });

  it("spends only the rest of its time after it was resumed, and may be given more", async () => {
    clockOfUpdates();
    const out = temporaryFolder();
    const corpus = corpusIn(out, wordsOf(1200));
    const first = stepsOf(
      await interruptedAfter(4, (control) => train([corpus], { ...options, out }, control)),
    );
    const rest = stepsOf(await eventsOf(resume("run", [], { out })));
    expect(rest[0].step).toBe(first.length + 1);
    const ended = rest[rest.length - 1].step;

    const notes: string[] = [];
    const again = await eventsOf(resume("run", [], { out }, { note: (line) => notes.push(line) }));
    expect(again).toMatchObject([{ event: "end", reason: "finished", step: ended }]);
    expect(notes).toEqual(["run is finished: give more --minutes to continue"]);

    const more = stepsOf(await eventsOf(resume("run", [], { out, minutes: 0.2 })));
    expect(more[0].step).toBe(ended + 1);
    const { training } = readCheckpoint(join(out, "run", "latest.json"));
    expect(training?.secondsOfBudget).toBeCloseTo(12, 9);
    expect(training?.exact).toBe(false);
  });
});
