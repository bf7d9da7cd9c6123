import { type EndEvent, type StartEvent, type StepEvent } from "../../training/events.ts";

/** The events of a run that its summary is made from. A run that had ended before has no start event. */
export interface SummarizedEvents {
  readonly start: StartEvent | undefined;
  readonly step: StepEvent | undefined;
  readonly end: EndEvent;
}

/**
 * How a run ended, for scripts: lines of `key: value`. The keys are those of the JSON lines. Values that are not known are
 * left out.
 */
export function summaryLines({ start, step, end }: SummarizedEvents): string {
  const { best } = end;
  const values: Record<string, string | number | undefined> = {
    run: start?.run,
    folder: start?.folder,
    reason: end.reason,
    step: end.step,
    epoch: step?.epoch,
    parameters: start?.parameters,
    seconds: Number(end.seconds.toFixed(1)),
    charactersPerSecond: step?.charactersPerSecond,
    loss: step?.loss,
    bestLoss: best?.loss,
    bestStep: best?.step,
    bestPath: best?.path,
    metric: best?.metric,
    bestValue: best?.value,
  };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("");
}
