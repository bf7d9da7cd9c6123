import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { copyAtomically } from "./atomic.ts";
import { type RunFolder } from "./run-folder.ts";

const NUMBERED = /^step-(\d+)\.json$/;

/**
 * Copies latest.json to step-<step>.json, and deletes all but the last `count` of these copies. Copies of later steps
 * are deleted too. There are such copies if the run has gone back to an earlier step.
 */
export async function keepNumbered(run: RunFolder, step: number, count: number): Promise<void> {
  await copyAtomically(run.latest, numberedPath(run.folder, step));
  const steps = numberedIn(run.folder);
  const kept = steps.filter((other) => other <= step).slice(0, count);
  for (const other of steps) {
    if (!kept.includes(other)) rmSync(numberedPath(run.folder, other), { force: true });
  }
}

/** The last of the numbered checkpoints in a folder. */
export function lastKept(folder: string): string | undefined {
  const step = numberedIn(folder).at(0);
  return step === undefined ? undefined : numberedPath(folder, step);
}

/** The numbered checkpoints in a folder with their steps, the first step first. */
export function keptCheckpoints(folder: string): { step: number; path: string }[] {
  const steps = numberedIn(folder).reverse();
  return steps.map((step) => ({ step, path: numberedPath(folder, step) }));
}

function numberedPath(folder: string, step: number): string {
  return join(folder, `step-${step}.json`);
}

/** The steps of the numbered checkpoints in a folder, the last first. */
function numberedIn(folder: string): number[] {
  const steps = readdirSync(folder).flatMap((name) => {
    const match = NUMBERED.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return steps.sort((a, b) => b - a);
}
