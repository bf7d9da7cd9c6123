import { type Metric } from "../task.ts";

/** Converts nats to bits: divides by the natural logarithm of 2. */
export function bitsOf(nats: number): number {
  return nats / Math.LN2;
}

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
