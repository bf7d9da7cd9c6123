import { readFileSync } from "node:fs";

/** What this CPU can do, in Linux's names (`avx512f`, `asimd`); empty where the system does not tell. */
export function processorFeatures(): string[] {
  try {
    return featuresIn(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return [];
  }
}

/** The features that the text of Linux's /proc/cpuinfo gives its first core, on x86 or ARM. */
export function featuresIn(cpuinfo: string): string[] {
  return /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1].trim().split(/\s+/) ?? [];
}
