import { type Metric, type Score, type TaskOptions } from "../task.ts";

/** Converts nats to bits: divides by the natural logarithm of 2. */
export function bitsOf(nats: number): number {
  return nats / Math.LN2;
}

/** What a validation of a model of tokens measures. */
export const tokenMetrics: readonly Metric[] = [
  { name: "loss", unit: "nats per token", shortUnit: "nats", better: "lower", decimals: 4 },
  {
    name: "bitsPerToken",
    unit: "bits per token",
    shortUnit: "bits/token",
    better: "lower",
    decimals: 3,
    ofLoss: bitsOf,
  },
];

/** What a validation of a model of characters or bytes measures. */
export const metrics: readonly Metric[] = [
  { name: "loss", unit: "nats per character", shortUnit: "nats", better: "lower", decimals: 4 },
  {
    name: "bitsPerCharacter",
    unit: "bits per character",
    shortUnit: "bits/char",
    better: "lower",
    decimals: 3,
    ofLoss: bitsOf,
  },
];

/** The score of a validation with this loss. */
export function scoreOf(loss: number, unit: TaskOptions["unit"]): Score {
  return unit === "word" ? { loss, bitsPerToken: bitsOf(loss) } : { loss, bitsPerCharacter: bitsOf(loss) };
}
