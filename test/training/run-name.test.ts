import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { fillName, isTemplate } from "../../src/training/run-name.ts";

const options = completeOptions({ cell: "gru", hidden: 64, lr: 0.002, seed: 3 });

describe("a template of a run's name", () => {
  it.each([
    ["{cell}-{hidden}-s{seed}", "gru-64-s3"],
    ["{corpus}-lr{lr}", "my-tales-lr0.002"],
    ["{seq-length}.{seqLength}", "50.50"],
    ["{input}", "a-b"],
    ["plain", "plain"],
  ])("%s becomes %s", (template, name) => {
    expect(fillName(template, { ...options, input: "a,b" }, "texts/my tales.txt")).toBe(name);
    expect(isTemplate(template)).toBe(template !== "plain");
  });

  it.each([
    ["{size}", /--name: \{size\} names no option/],
    ["{steps}", /--name: \{steps\} has no value/],
    ["{name}", /names no option/],
    ["{cell", /a brace has no other/],
    ["{{cell}", /a brace has no other/],
  ])("%s is refused", (template, message) => {
    expect(() => fillName(template, options, "a.txt")).toThrow(UsageError);
    expect(() => fillName(template, options, "a.txt")).toThrow(message);
  });
});
