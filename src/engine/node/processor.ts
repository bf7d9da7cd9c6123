import { readFileSync } from "node:fs";

/** The features of this CPU by Linux's names (`avx512f`, `asimd`); empty if the system does not list them. */
export function processorFeatures(): string[] {
  try {
    return featuresIn(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return [];
  }
}

/** The features of the first core in the text of Linux's /proc/cpuinfo, on x86 or ARM. */
export function featuresIn(cpuinfo: string): string[] {
  return /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1].trim().split(/\s+/) ?? [];
}

/**
 * The associativity (number of ways) of this CPU's first-level data cache; undefined if the system does not give it.
 */
export function firstCacheWays(): number | undefined {
  const cache = "/sys/devices/system/cpu/cpu0/cache/index0";
  try {
    if (readFileSync(`${cache}/type`, "utf8").trim() !== "Data") return undefined;
    return Number(readFileSync(`${cache}/ways_of_associativity`, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
