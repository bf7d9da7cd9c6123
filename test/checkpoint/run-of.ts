import { writeFileSync } from "node:fs";
import { createRun } from "../../src/checkpoint/new-run.ts";
import { writeOptions, type RunFolder } from "../../src/checkpoint/run-folder.ts";

/** What test runs are named after. */
export const base = { corpus: "corpora/tales.txt", cell: "lstm", layers: 2, hidden: 128 };

/** A run that was started on a day of 2024 and has the named checkpoints. */
export async function runOf(
  out: string,
  name: string,
  day: number,
  checkpoints: ("latest" | "best")[],
): Promise<RunFolder> {
  const run = createRun(out, name, base);
  await writeOptions(run, { start: new Date(Date.UTC(2024, 0, day)).toISOString(), hidden: 128 });
  for (const checkpoint of checkpoints) writeFileSync(run[checkpoint], "{}");
  return run;
}
