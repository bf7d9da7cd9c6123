import { type Plan } from "../../training/plan.ts";
import { formatBytes, formatCount, formatDuration, formatShort } from "../terminal/format.ts";
import { facts } from "../terminal/table.ts";

/** What a run would be, as a table of lines. */
export function describePlan(plan: Plan, columns?: number): string {
  const [unit, { train, val, test }] =
    plan.examples === undefined ? ["text", plan.symbols] : ["examples", plan.examples];
  const rows: [string, string][] = [
    ["parameters", formatCount(plan.parameters)],
    ["vocabulary", `${formatCount(plan.vocabulary)} symbols`],
    ...(plan.classes === undefined ? [] : [["classes", formatCount(plan.classes)] as [string, string]]),
    [
      unit,
      `${formatCount(train)} to train on, ${formatCount(val)} to validate, ${formatCount(test)} to test`,
    ],
    [
      "steps",
      `${formatCount(plan.steps)}, ${formatCount(plan.stepsPerEpoch)} an epoch, in batches of ${plan.batchSize}`,
    ],
    ["memory", `${formatBytes(plan.processBytes)}, ${formatBytes(plan.arenaBytes)} of it the arena`],
    ["engine", `${plan.engine} on ${plan.threads === 1 ? "1 thread" : `${plan.threads} threads`}`],
    ["speed", `about ${formatShort(plan.charactersPerSecond)} characters a second`],
    ["time", `about ${formatDuration(plan.seconds)}`],
  ];
  return `${facts(rows, columns).join("\n")}\n`;
}
