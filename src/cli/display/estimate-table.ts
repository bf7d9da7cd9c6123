import { type SweepEstimate } from "../../sweeps/estimate.ts";
import { formatBytes, formatCount, formatDuration } from "../terminal/format.ts";
import { facts } from "../terminal/table.ts";

/** The plan of a sweep as a table for people. */
export function describeEstimate(estimate: SweepEstimate, columns?: number): string {
  const { runs, settings, parameters, jobs } = estimate;
  const sizes =
    parameters.least === parameters.most
      ? formatCount(parameters.least)
      : `${formatCount(parameters.least)} to ${formatCount(parameters.most)}`;
  const repeated = settings === runs ? "" : ` of ${formatCount(settings)} settings`;
  const rows: [string, string][] = [
    ["runs", `${formatCount(runs)}${repeated}, ${jobs === 1 ? "one" : jobs} at a time`],
    ["parameters", sizes],
    ["steps", `${formatCount(estimate.steps)} in all`],
    ["memory", `${formatBytes(estimate.processBytes)} for all processes`],
    ["time", `about ${formatDuration(estimate.seconds)}`],
  ];
  return `${facts(rows, columns).join("\n")}\n`;
}
