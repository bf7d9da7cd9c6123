import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { TrainingProgress, phasePieces, trainingPieces } from "../../../src/cli/display/progress.ts";
import { fitPieces } from "../../../src/cli/terminal/status-line.ts";
import { languageModel } from "../../../src/tasks/language-model/language-model.ts";
import { evalEvent, startEvent, stepEvent } from "../events.ts";

function progressOf(...events: Parameters<TrainingProgress["take"]>[]): TrainingProgress {
  const progress = new TrainingProgress();
  progress.task = languageModel;
  for (const [event, time] of events) progress.take(event, time);
  return progress;
}

describe("TrainingProgress", () => {
  it("expects the rest to go at the pace since the start", () => {
    const progress = progressOf([startEvent(), 100], [stepEvent(50, 3), 130]);
    expect(progress.secondsLeft()).toBeCloseTo(90, 9); // 150 steps at 30 s for 50
  });

  it("does not count the steps of an earlier process in the pace", () => {
    const progress = progressOf([startEvent({ step: 100 }), 0], [stepEvent(150, 3), 30]);
    expect(progress.secondsLeft()).toBeCloseTo(30, 9); // 50 steps at 30 s for 50
  });

  it("knows no time left before the first step", () => {
    expect(progressOf([startEvent(), 0]).secondsLeft()).toBeUndefined();
  });

  it("counts an epoch cut short as one", () => {
    expect(progressOf([startEvent({ steps: 201 }), 0]).epochs).toBe(3);
  });

  it("expects as many steps as the time of the run will have", () => {
    // 50 steps in 30 s; of 75 s are 45 left, which have 75 steps more, and so the run ends in its second epoch of 100.
    const progress = progressOf([startEvent({ secondsLeft: 75 }), 100], [stepEvent(50, 3), 130]);
    expect(progress.steps).toBe(125);
    expect(progress.epochs).toBe(2);
    expect(progress.secondsLeft()).toBeCloseTo(45, 9);
    // All 200 steps of the run take 120 s.
    expect(progressOf([startEvent({ secondsLeft: 500 }), 100], [stepEvent(50, 3), 130]).steps).toBe(200);
  });

  it("keeps the latest validation", () => {
    const progress = progressOf([startEvent(), 0], [evalEvent(50, 1.5), 1], [evalEvent(100, 1.6), 2]);
    expect(progress.validation?.loss).toBe(1.6);
  });
});

describe("the status line of a training run", () => {
  const loss = 2 * Math.LN2; // 2 bits
  const progress = progressOf([startEvent(), 0], [evalEvent(50, 1.5), 10], [stepEvent(120, loss), 60]);

  it("shows bar, epoch, step, loss, bits, validation, speed and time left where there is room", () => {
    // 120 of 200 steps are 12 of 20 columns; the 80 steps left take 40 s at 60 s for 120.
    expect(fitPieces(trainingPieces(progress), 200)).toBe(
      "████████████░░░░░░░░  epoch 2/2  step 120/200  loss 1.3863  2.00 bits/char  val 1.5000  98.2k char/s  40s left",
    );
  });

  it.each([
    [80, "step 120/200  loss 1.3863  val 1.5000  98.2k char/s  40s left"],
    [50, "step 120/200  loss 1.3863  val 1.5000  40s left"],
    [40, "step 120/200  loss 1.3863  40s left"],
    [25, "step 120/200  loss 1.3863"],
    [12, "loss 1.3863"],
    [5, ""],
  ])("keeps the most important within %d columns", (columns, line) => {
    const shown = fitPieces(trainingPieces(progress), columns);
    if (columns === 80) expect(stringWidth(shown)).toBeLessThanOrEqual(80);
    else expect(shown).toBe(line);
  });

  it("shows how far a validation has come", () => {
    const pieces = trainingPieces(progress, { phase: "validating", done: 3, total: 4 });
    expect(fitPieces(pieces, 200)).toContain("validating 75%");
  });
});

describe("the status line of a phase", () => {
  it("shows a share where the total is known, else how much is done, or the phase alone", () => {
    expect(fitPieces(phasePieces({ phase: "scoring", done: 1, total: 2 }), 80)).toBe(
      "██████████░░░░░░░░░░  scoring 50%",
    );
    expect(fitPieces(phasePieces({ phase: "reading", done: 2e6, total: undefined }), 80)).toBe(
      "reading 2.0 MB",
    );
    expect(fitPieces(phasePieces({ phase: "scoring", done: 0, total: 0 }), 10)).toBe("scoring 0%");
    expect(fitPieces(phasePieces({ phase: "initializing" }), 80)).toBe("initializing");
  });
});
