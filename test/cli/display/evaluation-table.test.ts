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
    "unigram     4.5000 bits per character, 4.0909 bits per byte",
    "5-gram      2.2500 bits per character, 2.0455 bits per byte",
    "note        brotli compresses at most 20 MB, and the text is larger",
    "",
  ]);
});

it("a score without baselines is the model's numbers alone", () => {
  const text = describeEvaluation({ checkpoint: "model.json", ...evaluation, baselines: null });
  expect(text).not.toMatch(/unigram|5-gram|brotli|note/);
  expect(text).toContain("2.0000 bits per character");
});

it("a score says how many characters are unknown or were skipped, and what that adds to the bits per byte", () => {
  const known = { characters: 280, loss: 2.5, accuracy: 0.25 };
  const partly = { ...evaluation, unknown: 720, skipped: 12, accuracy: 0.07, known, bitsPerUnknown: 20.085 };
  const lines = describeEvaluation({ checkpoint: "model.json", ...partly, baselines: null }).split("\n");
  expect(lines.slice(6, 11)).toEqual([
    "accuracy    7.00 %",
    "unknown     720 characters (72.00 %), which count as wrong",
    "            bits per byte add 20.09 for each unknown character, to say which one it is",
    "known       280 characters: loss 2.5000, accuracy 25.00 %",
    "skipped     12 more characters, which the model does not know",
  ]);
});

it("a score of a model of words counts tokens beside characters", () => {
  const words = { ...evaluation, tokens: 200, bitsPerToken: 10, unknown: 50, bitsPerUnknown: 0 };
  const lines = describeEvaluation({ checkpoint: "model.json", ...words, baselines: null }).split("\n");
  expect(lines.slice(1, 5)).toEqual([
    "text        val: 200 tokens, 1,000 characters, 1,100 bytes",
    "loss        1.3863 nats per token",
    "            10.0000 bits per token",
    "            2.0000 bits per character",
  ]);
  // 50 of 200 tokens
  expect(lines).toContain("unknown     50 tokens (25.00 %), which count as wrong");
  expect(lines).toContain("            the bits do not say which token it is");
});
