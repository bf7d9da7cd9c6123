import { type Plan } from "../../training/plan.ts";
import { formatBytes, formatCount, formatDuration, formatShort } from "../terminal/format.ts";
import { facts } from "../terminal/table.ts";

/** The plan of a run as a table for people. */
export function describePlan(plan: Plan, columns?: number): string {
  const [unit, { train, val, test }] =
    plan.examples === undefined ? ["text", plan.symbols] : ["examples", plan.examples];
  const rows: [string, string][] = [
    ["parameters", formatCount(plan.parameters)],
    plan.examples === undefined
      ? ["vocabulary", `${formatCount(plan.vocabulary)} symbols`]
      : ["inputs", formatCount(plan.vocabulary)],
    ...(plan.classes === undefined ? [] : [["classes", formatCount(plan.classes)] as [string, string]]),
    [
      unit,
      `${formatCount(train)} to train on, ${formatCount(val)} to validate, ${formatCount(test)} to test`,
    ],
    [
      "steps",
      `${formatCount(plan.steps)}, ${formatCount(plan.stepsPerEpoch)} an epoch, in batches of ${plan.batchSize}`,
    ],
    ["memory", `${formatBytes(plan.processBytes)}, ${formatBytes(plan.arenaBytes)} of it for the engine`],
    ["engine", `${plan.engine} on ${plan.threads === 1 ? "1 thread" : `${plan.threads} threads`}`],
    [
      "speed",
      `about ${formatShort(plan.charactersPerSecond)} ${plan.examples === undefined ? "characters" : "symbols"} a second`,
    ],
    ["time", `about ${formatDuration(plan.seconds)}`],
  ];
  const outside: [string, string][] = [];
  if (plan.unknown > 0) outside.push(["unknown", `${formatCount(plan.unknown)} symbols of the text`]);
  if (plan.skipped > 0) outside.push(["skipped", `${formatCount(plan.skipped)} more symbols of the text`]);
  rows.splice(3, 0, ...outside);
  return `${facts(rows, columns).join("\n")}\n`;
}
