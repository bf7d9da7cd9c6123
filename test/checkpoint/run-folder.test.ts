import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createRun } from "../../src/checkpoint/new-run.ts";
import { readOptions, writeOptions } from "../../src/checkpoint/run-folder.ts";
import { temporaryFolder } from "./fixture.ts";
import { base } from "./run-of.ts";

describe("options.json", () => {
  it("is read back as it was written", async () => {
    const run = createRun(temporaryFolder(), "run", base);
    const options = { start: "2024-05-01T10:00:00.000Z", corpus: ["a.txt"], lr: 0.002 };
    await writeOptions(run, options);
    expect(readOptions(run)).toEqual(options);
  });

  it.each(["", "{", "null", "[]", '{"start":5}', '{"start":"soon"}'])("is none where it holds %j", (text) => {
    const run = createRun(temporaryFolder(), "run", base);
    writeFileSync(run.options, text);
    expect(readOptions(run)).toBeUndefined();
  });
});
