import { isRun } from "../checkpoint/find-run.ts";

/**
 * Says which argument is the checkpoint and which names the data. A single argument is the checkpoint if it is a .json
 * file, a run folder or a run's name, and the data otherwise.
 */
export function positionals(
  first: string | undefined,
  second: string | undefined,
  out: string,
): { checkpoint: string | undefined; data: string | undefined } {
  if (first === undefined || second !== undefined || first.endsWith(".json") || isRun(first, out)) {
    return { checkpoint: first, data: second };
  }
  return { checkpoint: undefined, data: first };
}
