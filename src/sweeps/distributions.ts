import { type Random } from "../random.ts";

/** How the values of an option are drawn. */
export type Distribution =
  | { readonly kind: "uniform" | "logUniform" | "integer"; readonly low: number; readonly high: number }
  | { readonly kind: "choice"; readonly values: readonly unknown[] };

export const distributionKinds = ["uniform", "logUniform", "integer", "choice"] as const;

/** Drawn numbers are rounded to so many digits, so that people can read and repeat them. */
const DIGITS = 4;

/** Draws a value: of numbers, one from `low` to `high`; of choices, one of them. */
export function draw(distribution: Distribution, random: Random): unknown {
  const share = random.next();
  if (distribution.kind === "choice") {
    return distribution.values[Math.floor(share * distribution.values.length)];
  }
  const { kind, low, high } = distribution;
  if (kind === "integer") return low + Math.floor(share * (high - low + 1));
  const value = kind === "uniform" ? low + share * (high - low) : low * (high / low) ** share;
  return Math.min(high, Math.max(low, Number(value.toPrecision(DIGITS))));
}
