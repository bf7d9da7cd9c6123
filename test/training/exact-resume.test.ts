import { renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { type TrainingEvent } from "../../src/training/events.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { resume } from "../../src/training/resume.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import {
  bitsOf,
  corpusIn,
  eventsOf,
  metricsOf,
  setUp,
  standingOf,
  trainInStretches,
  wordsOf,
} from "./fixture.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { allOr, testsAll } from "../scope.ts";

/** Past the end of every run here. */
const END = 1_000_000;

async function expectTheSame(
  options: Partial<TrainOptions>,
  ...runs: (readonly (readonly [threads: number, until: number])[])[]
): Promise<void> {
  const folder = temporaryFolder();
  const corpus = corpusIn(folder, wordsOf(1200));
  const whole = await trainInStretches(corpus, join(folder, "whole"), options, [[1, END]]);
  for (const [index, stretches] of runs.entries()) {
    const parts = await trainInStretches(corpus, join(folder, String(index)), options, stretches);
    expect(standingOf(parts), JSON.stringify(stretches)).toEqual(standingOf(whole));
    expect(bitsOf(parts), JSON.stringify(stretches)).toEqual(bitsOf(whole));
  }
}

/** Stretches of a run, each on so many threads up to a step. */
const mixtures = allOr<readonly (readonly [threads: number, until: number])[]>(
  [
    [
      [3, 11],
      [1, 25],
      [2, END],
    ],
  ],
  [
    [
      [1, 7],
      [3, END],
    ],
    [
      [2, 12],
      [1, END],
    ],
    [
      [3, 11],
      [1, 25],
      [2, END],
    ],
  ],
);

describe("a run that was interrupted and resumed ends in the same bits as one that was not", () => {
  // An epoch has 12 steps here: 12 and 24 are its borders, and 12, 24 and 36 the shorter chunks.
  it.each(allOr(["lstm"], cellNames))("%s with dropout, on 1, 2 and 3 threads in any mixture", (cell) =>
    expectTheSame({ cell, dropout: 0.3 }, ...mixtures),
  );

  it("interrupted after every single step", () => {
    const steps = testsAll ? 14 : 6;
    return expectTheSame(
      { steps, embedding: 5 },
      Array.from({ length: steps }, (_, i) => [1 + (i % 2), i + 1] as const),
    );
  });

  // `npm test` takes one run for the moments, the schedule and another cell.
  it.each(
    allOr<Partial<TrainOptions>>(
      [{ optimizer: "rmsprop", schedule: "cosine", cell: "gru" }],
      [
        ...(["rmsprop", "adagrad", "sgd"] as const).map((optimizer) => ({ optimizer })),
        ...(["linear", "cosine", "step", "exponential"] as const).map((schedule) => ({ schedule })),
      ],
    ),
  )("with these moments and rates: %o", (options) =>
    expectTheSame({ momentum: 0.9, weightDecay: 0.01, warmup: 4, decayAfter: 1, layers: 1, ...options }, [
      [1, 3],
      [2, 17],
      [1, END],
    ]),
  );

  it("under the plateau schedule, until its patience is lost", async () => {
    // At this rate the validation loss soon goes up and down.
    const options = {
      lr: 0.2,
      schedule: "plateau",
      decayEvery: 2,
      decay: 0.7,
      patience: 5,
      layers: 1,
      evalEvery: 1,
      epochs: 50,
    } as const;
    const whole = await eventsOf(setUp().start(options));
    const end = whole.at(-1);
    expect(end).toMatchObject({ event: "end", reason: "patience" });
    const last = end?.event === "end" ? end.step : 0;
    const late = [
      [1, last - 4],
      [2, last - 1],
      [1, END],
    ] as const;
    const early = [
      [1, 2],
      [1, last],
      [1, END],
    ] as const;
    await expectTheSame(options, ...allOr([late], [late, early]));
  });
});

it("a run whose latest.json was lost goes on from one that was kept to the same bits", async () => {
  const folder = temporaryFolder();
  const corpus = corpusIn(folder, wordsOf(1200));
  const options = { checkpointEvery: 4, keep: 2 };
  const whole = await trainInStretches(corpus, join(folder, "whole"), options, [[1, END]]);
  const out = join(folder, "lost");
  await trainInStretches(corpus, out, options, [[1, 14]]);
  renameSync(join(out, "run", "step-12.json"), join(out, "run", "latest.json"));
  await eventsOf(resume("run", [], { out }));
  const parts = readCheckpoint(join(out, "run", "latest.json"));
  expect(standingOf(parts)).toEqual(standingOf(whole));
  expect(bitsOf(parts)).toEqual(bitsOf(whole));
});

describe("the metrics of a resumed run", () => {
  /** What a line says but for times and speeds. */
  const timeless = (event: TrainingEvent) =>
    event.event === "step" ? { ...event, charactersPerSecond: 0 } : event;

  it("are those of one never interrupted, but for its starts and the checkpoints of its interruptions", async () => {
    const folder = temporaryFolder();
    const corpus = corpusIn(folder, wordsOf(1200));
    const options = { dropout: 0.3, checkpointEvery: 8, sampleEvery: 10 };
    const out = join(folder, "a");
    await trainInStretches(corpus, out, options, [[1, END]]);
    const whole = metricsOf(out);
    // The same names, so that paths are the same.
    const again = join(folder, "b");
    await trainInStretches(corpus, again, options, [
      [1, 6],
      [2, 19],
      [1, END],
    ]);
    const parts = metricsOf(again);

    const told = (events: TrainingEvent[], interruptions: number[]) =>
      events
        .filter(({ event }) => event !== "start" && event !== "end")
        .filter(
          (event) =>
            !(
              event.event === "checkpoint" &&
              event.path.includes("latest") &&
              interruptions.includes(event.step)
            ),
        )
        .map((event) => JSON.stringify(timeless(event)).replaceAll(JSON.stringify(again).slice(1, -1), out));
    expect(told(parts, [7, 20])).toEqual(told(whole, []));
    expect(parts.filter(({ event }) => event === "start").map(({ step }) => step)).toEqual([0, 7, 20]);
    expect(parts.filter(({ event }) => event === "end")).toHaveLength(1);
  });
});
