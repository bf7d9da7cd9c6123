import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRun } from "../../src/checkpoint/new-run.ts";
import { keepNumbered, lastKept } from "../../src/checkpoint/numbered.ts";
import { temporaryFolder } from "./fixture.ts";
import { base } from "./run-of.ts";

describe("keepNumbered", () => {
  it("keeps copies of the last few, which what becomes of the latest does not touch", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    for (const step of [5, 20, 100]) {
      writeFileSync(run.latest, `at ${step}`);
      await keepNumbered(run, step, 2);
    }
    writeFileSync(run.latest, "damaged");
    expect(readdirSync(run.folder).sort()).toEqual(["latest.json", "step-100.json", "step-20.json"]);
    expect(readFileSync(join(run.folder, "step-20.json"), "utf8")).toBe("at 20");
    expect(readFileSync(join(run.folder, "step-100.json"), "utf8")).toBe("at 100");
    expect(lastKept(run.folder)).toBe(join(run.folder, "step-100.json"));
  });

  it("leaves nothing of later steps, from before the run went back", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    for (const name of ["latest", "step-4", "step-8", "step-9"]) {
      writeFileSync(join(run.folder, `${name}.json`), "{}");
    }
    await keepNumbered(run, 6, 3);
    expect(readdirSync(run.folder).sort()).toEqual(["latest.json", "step-4.json", "step-6.json"]);
  });

  it("may be asked twice for the same step", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    expect(lastKept(run.folder)).toBeUndefined();
    writeFileSync(run.latest, "{}");
    await keepNumbered(run, 7, 1);
    await keepNumbered(run, 7, 1);
    expect(readdirSync(run.folder).sort()).toEqual(["latest.json", "step-7.json"]);
  });
});
