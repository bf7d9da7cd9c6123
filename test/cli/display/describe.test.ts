import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import {
  describeEnd,
  describeEvaluation,
  describeSample,
  describeStart,
  describeStep,
} from "../../../src/cli/display/describe.ts";
import { endEvent, evalEvent, startEvent, stepEvent } from "../events.ts";
import { TrainingProgress } from "../../../src/cli/display/progress.ts";
import { languageModel } from "../../../src/tasks/language-model/language-model.ts";

describe("the lines of a run", () => {
  it("say what is trained on what", () => {
    expect(describeStart(startEvent({ step: 40, threads: 1 }), languageModel)).toEqual([
      "run tales-lstm-2x128 in checkpoints/tales-lstm-2x128, continuing from step 40",
      "model: lstm 2x128, 234,561 parameters",
      "text: 250,000 characters to train on, 14,000 to validate, 13,000 to test; 65 symbols",
      "training: 200 steps, 100 an epoch, in batches of 50, with the wasm engine on 1 thread",
    ]);
  });

  it("count the lines or documents of a text that consists of examples", () => {
    const examples = { train: 9000, val: 500, test: 400 };
    const { options } = startEvent();
    const line = (changes: object) =>
      describeStart(startEvent({ examples, options: { ...options, ...changes } }), languageModel)[2];
    expect(line({ lines: true })).toBe(
      "text: 9,000 lines to train on, 500 to validate, 400 to test; 277,000 characters; 65 symbols",
    );
    expect(line({ documents: true })).toMatch(/^text: 9,000 documents to train on, /);
    expect(line({ lines: true, unit: "word" })).toMatch(/; 277,000 tokens; 65 symbols$/);
  });

  it("says how much of the text is unknown, and how much was skipped", () => {
    const line = (changes: object) => describeStart(startEvent(changes), languageModel)[2];
    // Of 277,000 characters.
    expect(line({ unknown: 2770 })).toMatch(/; 65 symbols; 2,770 characters \(1\.00 %\) are unknown$/);
    expect(line({ skipped: 12 })).toMatch(
      /; 65 symbols; 12 more are not in the vocabulary and were skipped$/,
    );
  });

  it("tell a step in one line", () => {
    const step = stepEvent(120, 1.45678);
    const progress = new TrainingProgress();
    progress.take(startEvent(), 0);
    progress.take(step, 60); // so the 80 steps left take 40 s
    expect(describeStep(step, languageModel, progress)).toBe(
      "step 120/200  epoch 2/2  loss 1.4568  norm 0.512  rate 0.002  98.2k char/s  40s left",
    );
  });

  it("tell a validation in nats and bits, and whether it is the best", () => {
    const told = (isBest: boolean) =>
      describeEvaluation(
        evalEvent(1200, Math.LN2),
        languageModel.metrics({}),
        isBest,
        new Chalk({ level: 0 }),
      );
    expect(told(false)).toBe("step 1,200: validation loss 0.6931 (1.000 bits per character)");
    expect(told(true)).toBe(`${told(false)}, the best so far`);
  });

  it("show a sample without what could steer the terminal, with a heading if it stands alone", () => {
    const event = { event: "sample", step: 10, text: "Once\x1b[2J upon\n" } as const;
    const told = (heading: string) => describeSample(event, new Chalk({ level: 0 }), heading);
    expect(told("step 10: the model writes\n")).toBe("step 10: the model writes\nOnce\ufffd[2J upon");
    expect(told("")).toBe("Once\ufffd[2J upon");
  });
});

const told = { task: languageModel, metrics: languageModel.metrics({}) };

describe("the end of a run", () => {
  it("says why, the best loss, where it lies and what to type next", () => {
    expect(describeEnd(endEvent(), startEvent(), stepEvent(200, 1.3), told)).toEqual([
      "finished at step 200 after 3m 05s",
      "best: loss 1.3863 (2.000 bits per character) in validation, at step 150, in checkpoints/tales-lstm-2x128/best.json",
      "next: charrnn sample tales-lstm-2x128",
    ]);
  });

  it("says how to go on with an interrupted run, by where it lies now if not in the default folder", () => {
    const start = startEvent({ folder: "my runs/x", run: "x" });
    expect(start.options.out).toBe("checkpoints");
    expect(describeEnd(endEvent({ reason: "interrupted" }), start, stepEvent(200, 1.3), told)).toContain(
      "continue: charrnn train --resume 'my runs/x'",
    );
  });

  it("gives the loss in training where nothing was validated", () => {
    expect(describeEnd(endEvent({ best: null }), startEvent(), stepEvent(1200, Math.LN2), told)).toContain(
      "in training: loss 0.6931 (1.000 bits per character) at step 1,200, in checkpoints/tales-lstm-2x128",
    );
  });

  it("offers nothing to type after a divergence, whose error says what to try", () => {
    expect(describeEnd(endEvent({ reason: "diverged", best: null }), startEvent(), undefined, told)).toEqual([
      "diverged after step 200 after 3m 05s",
    ]);
  });
});
