import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { resume } from "../../src/training/resume.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { start } from "../cli/process.ts";
import { bitsOf, corpusIn, eventsOf, standingOf, tiny, trainInStretches, wordsOf } from "./fixture.ts";
import { allOr } from "../scope.ts";

describe("a run killed by SIGKILL", () => {
  it.each(allOr([4], [1, 4]))(
    "resumes from its latest.json to the same bits, killed at checkpoint %d",
    async (kill) => {
      const folder = temporaryFolder();
      const corpus = corpusIn(folder, wordsOf(1200));
      const options = { ...tiny, dropout: 0.2, steps: 150, checkpointEvery: 1 };
      const whole = await trainInStretches(
        corpus,
        join(folder, "whole"),
        { ...options, checkpointEvery: 1_000_000 },
        [[1, 1_000_000]],
      );

      const flags = {
        "--layers": 2,
        "--hidden": 9,
        "--batch-size": 4,
        "--seq-length": 23,
        "--lr": 0.01,
        "--dropout": 0.2,
        "--val-frac": 0.1,
        "--test-frac": 0,
        "--steps": 150,
        "--log-every": 1,
        "--eval-every": 5,
        "--sample-every": 1000,
        "--checkpoint-every": 1,
        "--engine": "wasm",
        "--threads": 2,
        "--name": "run",
        "--out": "killed",
      };
      const child = start(
        ["train", "corpus.txt", "--json", ...Object.entries(flags).flat().map(String)],
        folder,
      );
      let checkpoints = 0;
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        checkpoints += text.split('"event":"checkpoint"').length - 1;
        if (checkpoints >= kill) child.kill("SIGKILL");
      });
      const signal = await new Promise((resolve) =>
        child.on("exit", (_, by) => {
          resolve(by);
        }),
      );
      expect(signal).toBe("SIGKILL");

      const out = join(folder, "killed");
      const latest = join(out, "run", "latest.json");
      const left = readCheckpoint(latest).training?.step ?? 0;
      // The first checkpoint is that of step 0, from which a run can go on as well.
      expect(left).toBeGreaterThanOrEqual(kill - 1);
      expect(left).toBeLessThan(150);
      const [started, ...rest] = await eventsOf(resume("run", [corpus], { out }));
      expect(started).toMatchObject({ event: "start", step: left });
      expect(rest.at(-1)).toMatchObject({ event: "end", reason: "finished", step: 150 });
      const resumed = readCheckpoint(latest);
      expect(bitsOf(resumed)).toEqual(bitsOf(whole));
      expect(standingOf(resumed)).toEqual(standingOf(whole));
    },
  );
});
