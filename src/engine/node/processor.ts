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

/** The ways of this CPU's first-level data cache: the lines of one place in a page that it holds. Not always known. */
export function firstCacheWays(): number | undefined {
  const cache = "/sys/devices/system/cpu/cpu0/cache/index0";
  try {
    if (readFileSync(`${cache}/type`, "utf8").trim() !== "Data") return undefined;
    return Number(readFileSync(`${cache}/ways_of_associativity`, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
