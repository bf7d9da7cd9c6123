import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./atomic.ts";

/** A run's name, its folder, and the paths of its files. */
export interface RunFolder {
  readonly name: string;
  readonly folder: string;
  readonly options: string;
  readonly metrics: string;
  readonly latest: string;
  readonly best: string;
}

/** The content of options.json: the time at which the run was started (ISO 8601), the corpus, and the run's options. */
export interface RunRecord {
  readonly start: string;
  readonly [option: string]: unknown;
}

/** The paths of the run called `name` under `out`, whether it exists or not. */
export function runFolder(out: string, name: string): RunFolder {
  const folder = join(out, name);
  return {
    name,
    folder,
    options: join(folder, "options.json"),
    metrics: join(folder, "metrics.jsonl"),
    latest: join(folder, "latest.json"),
    best: join(folder, "best.json"),
  };
}

/** Writes options.json atomically, in a form that people can read. */
export async function writeOptions(run: RunFolder, options: RunRecord): Promise<void> {
  await writeAtomically(run.options, [`${JSON.stringify(options, null, 2)}\n`]);
}

/** Reads options.json. Returns undefined if the file is missing, cannot be read, is not JSON, or has no start. */
export function readOptions(run: RunFolder): RunRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(run.options, "utf8"));
    const hasStart =
      typeof record === "object" &&
      record !== null &&
      "start" in record &&
      typeof record.start === "string" &&
      !Number.isNaN(Date.parse(record.start));
    return hasStart ? (record as RunRecord) : undefined;
  } catch {
    return undefined;
  }
}
