import { existsSync } from "node:fs";
import { isRun, shippedModel } from "../checkpoint/find-run.ts";
import { shippedCheckpoint } from "./package.ts";

/**
 * Says which argument is the checkpoint and which names the data. A single argument is the checkpoint if it is a .json
 * file, a run folder or a run's name, or the name of a shipped model that no file has. Otherwise it is the data.
 */
export function positionals(
  first: string | undefined,
  second: string | undefined,
  out: string,
): { checkpoint: string | undefined; data: string | undefined } {
  if (first === undefined || second !== undefined || first.endsWith(".json") || isRun(first, out)) {
    return { checkpoint: first, data: second };
  }
  if (!existsSync(first) && shippedModel(first, shippedCheckpoint) !== undefined) {
    return { checkpoint: first, data: undefined };
  }
  return { checkpoint: undefined, data: first };
}
