import { type Evaluation } from "../../src/evaluation/evaluate.ts";

/** A score of 1000 characters in 1100 bytes at 2 bits a character: exp(2 ln 2) = 4 is its perplexity. */
export const evaluation: Evaluation = {
  text: "val",
  characters: 1000,
  bytes: 1100,
  unknown: 0,
  skipped: 0,
  loss: 2 * Math.LN2,
  bitsPerCharacter: 2,
  bitsPerByte: 2000 / 1100,
  bitsPerUnknown: 0,
  perplexity: 4,
  accuracy: 0.5625,
  known: { characters: 1000, loss: 2 * Math.LN2, accuracy: 0.5625 },
  seconds: 2,
  charactersPerSecond: 500,
  baselines: {
    unigram: 4.5,
    ngram: 2.25,
    brotli: null,
    bitsPerByte: { unigram: 4500 / 1100, ngram: 2250 / 1100, brotli: null },
    notes: ["brotli compresses at most 20 MB, and the text is larger"],
  },
};
