import { fillName } from "../training/run-name.ts";
import { type Value } from "./spec.ts";

/** The longest name of a run, as `requireFreeName` has it, without room for a number at its end. */
const LONGEST_NAME = 55;

/** The settings of a run by name. */
export type NamedValues = Readonly<Record<string, Value | undefined>>;

/**
 * The names of the runs of a sweep: filled in from the template, or else made from the axes in which the runs differ,
 * such as `lstm-hidden64-s1`. Names that are too long are numbers. A name that comes again gets a number.
 * @throws UsageError if the template names no option
 */
export function runNames(
  runs: readonly NamedValues[],
  template: string | undefined,
  { axes, corpus }: { axes: readonly string[]; corpus: readonly string[] },
): string[] {
  const differing = axes.filter((name) => runs.some((run) => run[name] !== runs[0][name]));
  const taken = new Map<string, number>();
  return runs.map((run, index) => {
    const wished =
      template === undefined
        ? differing.map((name) => partOf(name, run[name])).join("-") || "run"
        : fillName(template, run, corpus.at(0));
    const stem = wished.length <= LONGEST_NAME ? wished : `run-${index + 1}`;
    const before = taken.get(stem) ?? 0;
    taken.set(stem, before + 1);
    return before === 0 ? stem : `${stem}-${before + 1}`;
  });
}

/** A setting in a name: `lstm`, `hidden64`, `s1`, `lines`, `no-lines`. */
function partOf(name: string, value: Value | undefined): string {
  if (value === undefined) return `no-${name}`;
  if (typeof value === "boolean") return value ? name : `no-${name}`;
  const text = String(value).replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "-");
  if (name === "seed") return `s${text}`;
  return typeof value === "string" ? text : `${name}${text}`;
}
