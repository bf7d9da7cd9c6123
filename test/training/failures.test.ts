import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { CharrnnError } from "../../src/errors.ts";
import { sample } from "../../src/sampling/sample.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { corpusIn, eventsOf, tiny, wordsOf } from "./fixture.ts";

vi.mock("../../src/checkpoint/write.ts", { spy: true });
vi.mock("../../src/sampling/sample.ts", { spy: true });
afterEach(() => vi.mocked(writeCheckpoint).mockReset());

it("a sample that cannot be drawn is told of, and ends nothing", async () => {
  vi.mocked(sample).mockImplementationOnce(() => {
    throw new CharrnnError("there is no memory");
  });
  const out = temporaryFolder();
  const notes: string[] = [];
  const options = { ...tiny, out, steps: 4, sampleEvery: 2 };
  const run = train([corpusIn(out, wordsOf(1200))], options, { note: (line) => notes.push(line) });
  const events = await eventsOf(run);
  expect(notes).toEqual(["no sample at step 2: there is no memory"]);
  expect(events.filter(({ event }) => event === "sample").map(({ step }) => step)).toEqual([4]);
  expect(events.at(-1)).toMatchObject({ event: "end", reason: "finished" });
});

it("a run whose first checkpoint cannot be written leaves no folder, one that has any keeps it", async () => {
  const out = temporaryFolder();
  const corpus = corpusIn(out, wordsOf(1200));
  const full = new CharrnnError("the disk is full");
  vi.mocked(writeCheckpoint).mockRejectedValueOnce(full);
  await expect(eventsOf(train([corpus], { ...tiny, out, steps: 2 }))).rejects.toThrow(full);
  expect(existsSync(join(out, "run"))).toBe(false);

  const run = train([corpus], { ...tiny, out, steps: 2, valFrac: 0, checkpointEvery: 1 });
  const interrupted = async () => {
    for await (const { event } of run) {
      if (event === "step") vi.mocked(writeCheckpoint).mockRejectedValueOnce(full);
    }
  };
  await expect(interrupted()).rejects.toThrow(full);
  expect(existsSync(join(out, "run", "latest.json"))).toBe(true);
});

it.each([{ patience: 2 }, { schedule: "plateau" as const }])(
  "%o is refused where the text is too short for a validation split",
  async (options) => {
    const out = temporaryFolder();
    const corpus = corpusIn(out, "ab".repeat(9));
    const given = { ...tiny, out, batchSize: 1, seqLength: 3, valFrac: 0.05, ...options };
    await expect(eventsOf(train([corpus], given))).rejects.toThrow(
      /needs a validation loss, and the text is too short for a validation split with --val-frac 0\.05: leave out --(patience|schedule plateau)$/,
    );
    expect(existsSync(join(out, "run"))).toBe(false);
  },
);
