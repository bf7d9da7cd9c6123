import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { evaluateText } from "../../src/evaluation/evaluate.ts";
import { sample, type SampleOptions } from "../../src/sampling/sample.ts";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { bitsOf, corpusIn, eventsOf, standingOf, tiny, trainInStretches, wordsOf } from "./fixture.ts";

const END = 1_000_000;

/** 6,000 characters: some 1,600 words and line ends. */
const words = { ...tiny, unit: "word", layers: 1, embedding: 6, steps: 12 } as const;

async function trained(text: string, options: Partial<TrainOptions> = {}) {
  const out = temporaryFolder();
  const corpus = corpusIn(out, text);
  const events = await eventsOf(train([corpus], { ...words, out, ...options }));
  const checkpoint = readCheckpoint(join(out, "run", "latest.json"));
  return { out, corpus, events, checkpoint };
}

async function textOf(checkpoint: Checkpoint, options: SampleOptions): Promise<string> {
  let text = "";
  for await (const piece of sample(checkpoint, { engine: "wasm", ...options })) text += piece.text;
  return text;
}

describe("a model of words", () => {
  it.each([{}, { lines: true, seqLength: 4 }])(
    "that was interrupted ends in the same bits as one that was not: %j",
    async (options) => {
      const out = temporaryFolder();
      const corpus = corpusIn(out, wordsOf(6000));
      const given = { ...words, ...options };
      const whole = await trainInStretches(corpus, join(out, "whole"), given, [[1, END]]);
      const parts = await trainInStretches(corpus, join(out, "parts"), given, [
        [2, 5],
        [1, END],
      ]);
      expect(standingOf(parts)).toEqual(standingOf(whole));
      expect(bitsOf(parts)).toEqual(bitsOf(whole));
      expect(whole.vocabulary.unit).toBe("token");
    },
  );

  it("validates as eval scores, in bits per token and per character", async () => {
    const { checkpoint, events } = await trained(wordsOf(6000));
    const evaluation = events.flatMap((event) => (event.event === "eval" ? [event] : [])).at(-1);
    const score = await evaluateText(checkpoint, { split: "val" }, { engine: "wasm" });
    expect(score.loss).toBe(evaluation?.loss);
    expect(score.bitsPerToken).toBe(evaluation?.bitsPerToken);
    expect(score.bitsPerToken).toBeCloseTo(score.loss / Math.LN2, 12);
    const { tokens = NaN, characters } = score;
    expect(score.bitsPerCharacter).toBeCloseTo((score.loss / Math.LN2) * (tokens / characters), 12);
    expect(score.baselines?.unigram).toBeGreaterThan(0);
  });

  it("counts the tokens, and the characters of the tokens joined", async () => {
    const { checkpoint } = await trained(wordsOf(6000));
    const out = temporaryFolder();
    // "the", "cat", "\n", "sat": all but the first token are scored: " cat", "\n" and "sat".
    const text = corpusIn(out, "the   cat\nsat");
    const told: (string | number)[][] = [];
    const perCharacter = (offset: number, symbol: string | number) => told.push([offset, symbol]);
    const score = await evaluateText(
      checkpoint,
      { text },
      { engine: "wasm", baselines: false, perCharacter },
    );
    expect(score).toMatchObject({ tokens: 3, characters: 8, bytes: 8 });
    expect(told).toEqual([
      [1, "cat"],
      [2, "\n"],
      [3, "sat"],
    ]);
    const lines = await trained(wordsOf(6000), { lines: true });
    // The first token is scored here, and a line end after the last one: 3 + 1 + 3 + 1 and 3 + 1 characters.
    expect(
      await evaluateText(lines.checkpoint, { text }, { engine: "wasm", baselines: false }),
    ).toMatchObject({ tokens: 5, characters: 12, bytes: 12 });
  });

  it("writes tokens with one space between them and none beside a line end, after a prime like that", async () => {
    const { checkpoint } = await trained(wordsOf(6000));
    const text = await textOf(checkpoint, { length: 200, seed: 3, prime: "the   cat" });
    expect(text).toMatch(/^the cat[ \n]/);
    expect(text).not.toMatch(/ {2}| \n|\n /);
    // The prime and 200 tokens.
    expect(text.split(/ |(\n)/).filter((token) => token).length).toBe(202);
    await expect(textOf(checkpoint, { prime: "the dog" })).rejects.toThrow(
      'the prime has the token "dog", which the model does not know',
    );
    expect(await textOf(checkpoint, { prime: "the dog", unknown: "skip", length: 1 })).toMatch(/^the[ \n]/);
    expect(await textOf(checkpoint, { seed: 2, length: 9 })).not.toMatch(/^ /);
    expect(await textOf(checkpoint, { seed: 3, stop: " cat", length: 500 })).toMatch(/ cat$/);
  });

  it("never draws the unknown token, and scores the text with it", async () => {
    const { checkpoint } = await trained(`${wordsOf(6000)} rare words in the text\n`, { minCount: 2 });
    expect(checkpoint.vocabulary.symbols.at(-1)).toBeNull();
    const bias = checkpoint.parameters.get("head.bias")?.data;
    bias?.fill(100, bias.length - 1);
    expect(await textOf(checkpoint, { length: 50 })).not.toContain("\ufffd");
    const text = corpusIn(temporaryFolder(), "the strange cat\n");
    const score = await evaluateText(checkpoint, { text }, { engine: "wasm" });
    // " strange", " cat" and the line end: what stands in the text counts, not the symbol.
    expect(score).toMatchObject({ tokens: 3, unknown: 1, characters: 13, bytes: 13 });
  });

  it("draws documents, which end", async () => {
    const out = temporaryFolder();
    const paths = [1, 2, 3].map((seed) => corpusIn(out, wordsOf(100, seed), `${seed}.txt`));
    const options = { ...words, out, documents: true, valFrac: 0, steps: 40, lr: 0.03 };
    await eventsOf(train(paths, options));
    const checkpoint = readCheckpoint(join(out, "run", "latest.json"));
    const { symbols } = checkpoint.vocabulary;
    expect(checkpoint.task).toMatchObject({ end: symbols.length, outputs: symbols.length + 1 });
    expect(await textOf(checkpoint, { length: 300 })).not.toMatch(/^ /);
  });

  it("goes on with more words", async () => {
    const { out } = await trained(wordsOf(6000));
    const more = corpusIn(out, `the zebra\n${wordsOf(6000, 2)}`, "more.txt");
    const initFrom = join(out, "run");
    const { seqLength, batchSize } = words;
    const given = {
      out,
      initFrom,
      name: "second",
      steps: 1,
      seqLength,
      batchSize,
      engine: "wasm",
      threads: 1,
    } as const;
    await expect(eventsOf(train([more], given))).rejects.toThrow(/the token "zebra" in line 1 of .*more.txt/);
    await eventsOf(train([more], { ...given, unknown: "grow" }));
    expect(readCheckpoint(join(out, "second", "latest.json")).vocabulary.symbols).toContain("zebra");
    await expect(eventsOf(train([more], { ...given, unit: "char" }))).rejects.toThrow(
      "--unit char contradicts --init-from, whose unit is word",
    );
  });

  it("is not for tables", async () => {
    const out = temporaryFolder();
    const table = corpusIn(out, "text\tlabel\na\tx\n", "table.tsv");
    const options = { out, task: "many-to-one", unit: "word", input: "text", target: "label" } as const;
    await expect(eventsOf(train([table], options))).rejects.toThrow(
      "--unit word is for the text of a language model: give --input-tokens instead",
    );
  });
});
