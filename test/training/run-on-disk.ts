import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes the folder of a run with these events and options, and returns its path. */
export function runOnDisk(
  out: string,
  name: string,
  events: readonly object[],
  options: Readonly<Record<string, unknown>> = {},
): string {
  const folder = join(out, name);
  mkdirSync(folder);
  const record = { start: "2026-05-01T12:00:00.000Z", corpus: ["tales.txt"], ...options };
  writeFileSync(join(folder, "options.json"), JSON.stringify(record));
  writeFileSync(join(folder, "metrics.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return folder;
}
