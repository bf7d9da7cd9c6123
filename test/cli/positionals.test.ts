import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { positionals } from "../../src/cli/positionals.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));

describe("the arguments of a command that takes a checkpoint and data", () => {
  const runs = join(folder, "runs");
  mkdirSync(join(runs, "tales"), { recursive: true });
  writeFileSync(join(runs, "tales", "latest.json"), "{}");
  mkdirSync(join(folder, "texts"));
  mkdirSync(join(runs, "begun"));
  writeFileSync(join(runs, "begun", "options.json"), "{}");

  it.each([
    [[], {}],
    [["model.json"], { checkpoint: "model.json" }],
    [["tales"], { checkpoint: "tales" }],
    [["begun"], { checkpoint: "begun" }],
    [[join(runs, "tales")], { checkpoint: join(runs, "tales") }],
    [[join(folder, "texts")], { data: join(folder, "texts") }],
    // A model that comes with charrnn, and no run of this name is there.
    [["code"], { checkpoint: "code" }],
    [["story.txt"], { data: "story.txt" }],
    [["./tales"], { data: "./tales" }],
    [["-"], { data: "-" }],
    [["tales", "-"], { checkpoint: "tales", data: "-" }],
    [["anything", "text.json"], { checkpoint: "anything", data: "text.json" }],
  ])("%j", ([first, second]: string[], meaning) => {
    expect(positionals(first, second, runs)).toEqual({ checkpoint: undefined, data: undefined, ...meaning });
  });
});
