import { expect, it } from "vitest";
import { summaryLines } from "../../../src/cli/display/summary.ts";
import { endEvent, startEvent, stepEvent } from "../events.ts";

it("tells how a run ended in lines of a key and a value", () => {
  const best = { step: 150, loss: 1.25, path: "checkpoints/x/best.json", metric: "loss", value: 1.25 };
  const end = endEvent({ step: 200, best, seconds: 61.04 });
  expect(summaryLines({ start: startEvent(), step: stepEvent(200, 1.5), end })).toBe(
    [
      "run: tales-lstm-2x128",
      "folder: checkpoints/tales-lstm-2x128",
      "reason: finished",
      "step: 200",
      "epoch: 2",
      "parameters: 234561",
      "seconds: 61",
      "charactersPerSecond: 98249",
      "loss: 1.5",
      "bestLoss: 1.25",
      "bestStep: 150",
      "bestPath: checkpoints/x/best.json",
      "metric: loss",
      "bestValue: 1.25",
      "",
    ].join("\n"),
  );
});

it("leaves out what a run that had ended before does not tell", () => {
  const end = endEvent({ step: 200, best: null, seconds: 61 });
  expect(summaryLines({ start: undefined, step: undefined, end })).toBe(
    "reason: finished\nstep: 200\nseconds: 61\n",
  );
});
