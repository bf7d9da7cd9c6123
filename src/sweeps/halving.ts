import { type Halving } from "./spec.ts";

/** A candidate of successive halving: a setting, with the value of its runs. */
export interface Candidate {
  readonly key: string;
  /** The mean of the deciding metric over the seeds; undefined if no seed has a value. */
  readonly value: number | undefined;
}

/** A rung: after which share of their steps the runs pause, and how many settings go on. */
export interface Rung {
  readonly share: number;
  readonly survivors: number;
}

/**
 * The rungs of synchronous successive halving (Jamieson and Talwalkar 2016), before the last stretch. With factor f and
 * R rungs, the runs of rung r pause after f^(r - R) of their steps, and the best ceil(n / f) of n settings go on. By
 * default R is the largest number that leaves at least one setting: floor(log_f n).
 */
export function rungsOf(settings: number, { factor, rungs: given }: Halving): Rung[] {
  let count = 0;
  for (let left = settings; left >= factor; left = Math.floor(left / factor)) count += 1;
  const rungs = given ?? count;
  let survivors = settings;
  return Array.from({ length: rungs }, (_, rung) => {
    survivors = Math.ceil(survivors / factor);
    return { share: factor ** (rung - rungs), survivors };
  });
}

/** The keys of the candidates that go on, the best first. Of equal ones, the first goes on. */
export function survivorsOf(
  candidates: readonly Candidate[],
  count: number,
  better: "lower" | "higher",
): string[] {
  const sign = better === "lower" ? 1 : -1;
  const rank = ({ value }: Candidate) => (value === undefined ? Infinity : sign * value);
  return [...candidates]
    .sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
    .slice(0, count)
    .filter(({ value }) => value !== undefined)
    .map(({ key }) => key);
}
