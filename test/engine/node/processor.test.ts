import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { featuresIn, firstCacheWays } from "../../../src/engine/node/processor.ts";

it("reads the first core's flags of x86 and features of ARM", () => {
  const twoCores = "processor : 0\nflags\t\t: fpu avx2 fma\nbugs : x\n\nprocessor : 1\nflags\t\t: fpu\n";
  expect(featuresIn(twoCores)).toEqual(["fpu", "avx2", "fma"]);
  expect(featuresIn("processor\t: 0\nFeatures\t: fp asimd crc32\n")).toEqual(["fp", "asimd", "crc32"]);
  expect(featuresIn("processor : 0\n")).toEqual([]);
});

it("finds as many ways of the first-level data cache as the C library does", ({ skip }) => {
  const told = spawnSync("getconf", ["LEVEL1_DCACHE_ASSOC"], { encoding: "utf8" }).stdout;
  skip(!(Number(told) > 0), "this system's C library does not tell of caches");
  skip(!existsSync("/sys/devices/system/cpu/cpu0/cache"), "this system's files do not tell of caches");
  expect(firstCacheWays()).toBe(Number(told));
});
