import { expect, it } from "vitest";
import { describeEvaluation } from "../../../src/cli/display/evaluation-table.ts";
import { evaluation } from "../evaluation.ts";

it("a score is a table of the model's numbers and the baselines below it", () => {
  expect(
    describeEvaluation({ checkpoint: "checkpoints/tales/best.json", ...evaluation }).split("\n"),
  ).toEqual([
    "checkpoint  checkpoints/tales/best.json",
    "text        val: 1,000 characters, 1,100 bytes",
    "loss        1.3863 nats per character",
    "            2.0000 bits per character",
    "            1.8182 bits per byte",
    "perplexity  4.000",
    "accuracy    56.25 %",
    "time        2.0s, 500 characters a second",
    "unigram     4.5000 bits per character",
    "5-gram      2.2500 bits per character",
    "note        brotli compresses at most 20 MB, and the text is larger",
    "",
  ]);
});

it("a score without baselines is the model's numbers alone", () => {
  const text = describeEvaluation({ checkpoint: "model.json", ...evaluation, baselines: null });
  expect(text).not.toMatch(/unigram|5-gram|brotli|note/);
  expect(text).toContain("2.0000 bits per character");
});
