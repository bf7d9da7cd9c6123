import { type EndEvent, type EvalEvent, type StartEvent, type StepEvent } from "../../src/training/events.ts";

/** Events of a run of 200 steps of 2,500 characters, with what a test says differently. */
export function startEvent(changes: Partial<StartEvent> = {}): StartEvent {
  return {
    event: "start",
    run: "tales-lstm-2x128",
    folder: "checkpoints/tales-lstm-2x128",
    time: "2026-05-01T12:00:00.000Z",
    step: 0,
    steps: 200,
    stepsPerEpoch: 100,
    parameters: 234_561,
    vocabulary: 65,
    symbols: { train: 250_000, val: 14_000, test: 13_000 },
    unknown: 0,
    skipped: 0,
    engine: "wasm",
    threads: 2,
    exact: true,
    options: {
      task: "language-model",
      cell: "lstm",
      layers: 2,
      hidden: 128,
      batchSize: 50,
      unit: "char",
      out: "checkpoints",
    },
    ...changes,
  };
}

export function stepEvent(step: number, loss: number, changes: Partial<StepEvent> = {}): StepEvent {
  const rates = { gradientNorm: 0.51234, learningRate: 0.002, charactersPerSecond: 98_249 };
  return { event: "step", step, epoch: Math.ceil(step / 100), loss, ...rates, ...changes };
}

export function evalEvent(step: number, loss: number): EvalEvent {
  return { event: "eval", step, split: "val", loss, bitsPerCharacter: loss / Math.LN2 };
}

export function endEvent(changes: Partial<EndEvent> = {}): EndEvent {
  const loss = 2 * Math.LN2;
  const path = "checkpoints/tales-lstm-2x128/best.json";
  const best = { step: 150, loss, path, metric: "loss", value: loss };
  return { event: "end", reason: "finished", step: 200, best, seconds: 185, ...changes };
}
