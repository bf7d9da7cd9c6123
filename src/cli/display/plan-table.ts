import { type Plan } from "../../training/plan.ts";
import { describeSplitFiles } from "./split-files.ts";
import { formatBytes, formatCount, formatDuration, formatShort } from "../terminal/format.ts";
import { facts } from "../terminal/table.ts";

/** The plan of a run as a table for people. */
export function describePlan(plan: Plan, columns?: number): string {
  const { unit, symbols, counts } = unitsOf(plan);
  const { train, val, test } = counts;
  const rows: (readonly [string, string])[] = [
    ["parameters", formatCount(plan.parameters)],
    unit === "text"
      ? ["vocabulary", `${formatCount(plan.vocabulary)} symbols`]
      : ["inputs", formatCount(plan.vocabulary)],
    ...(plan.classes === undefined ? [] : [["classes", formatCount(plan.classes)] as [string, string]]),
    [
      unit,
      `${formatCount(train)} to train on, ${formatCount(val)} to validate, ${formatCount(test)} to test`,
    ],
    ...describeSplitFiles(plan),
    [
      "steps",
      `${formatCount(plan.steps)}, ${formatCount(plan.stepsPerEpoch)} an epoch, in batches of ${plan.batchSize}`,
    ],
    ["memory", `${formatBytes(plan.processBytes)}, ${formatBytes(plan.arenaBytes)} of it for the engine`],
    ["engine", `${plan.engine} on ${plan.threads === 1 ? "1 thread" : `${plan.threads} threads`}`],
    ["speed", `about ${formatShort(plan.charactersPerSecond)} ${symbols} a second`],
    ["time", `about ${formatDuration(plan.seconds)}`],
  ];
  const outside: [string, string][] = [];
  if (plan.unknown > 0) outside.push(["unknown", `${formatCount(plan.unknown)} symbols of the text`]);
  if (plan.skipped > 0) outside.push(["skipped", `${formatCount(plan.skipped)} more symbols of the text`]);
  rows.splice(3, 0, ...outside);
  return `${facts(rows, columns).join("\n")}\n`;
}

/** The data of a plan in words: what is counted, in what units, and what a symbol is. */
function unitsOf({ examples, series, symbols }: Plan) {
  if (examples !== undefined) return { unit: "examples", symbols: "symbols", counts: examples };
  if (series !== undefined) return { unit: "rows", symbols: "rows", counts: symbols };
  return { unit: "text", symbols: "characters", counts: symbols };
}
