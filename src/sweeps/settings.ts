/**
 * Options that do not make a run another experiment: repetitions, and what only changes how a run is done. A run that was
 * resumed names the engine that it was started with, in place of "auto".
 */
const notOfSetting: ReadonlySet<string> = new Set([
  "seed",
  "name",
  "out",
  "threads",
  "engine",
  "logEvery",
  "sampleEvery",
  "checkpointEvery",
  "keep",
  "start",
]);

/** The setting of a run, as a text: its options without the seed. Runs of one setting repeat each other. */
export function settingOf({ options }: { readonly options: Readonly<Record<string, unknown>> }): string {
  const own = Object.entries(options).filter(
    ([name, value]) => !notOfSetting.has(name) && value !== undefined,
  );
  return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Runs in groups of one setting, in the order in which the settings come first. */
export function bySetting<Run extends { readonly options: Readonly<Record<string, unknown>> }>(
  runs: readonly Run[],
): Map<string, Run[]> {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = settingOf(run);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [run]);
    else group.push(run);
  }
  return groups;
}

/** Whether an option is part of a setting. */
export function isOfSetting(name: string): boolean {
  return !notOfSetting.has(name);
}
