import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { reviewGrammar } from "../../../../src/text/tables/generated/reviews.ts";
import { allTexts, bestAccuracy } from "./probabilities.ts";
import { rowsOf, statedTable } from "./readme.ts";

const stated = statedTable("reviews.tsv");
const rows = rowsOf("reviews.tsv").map((row) => row.split("\t"));
const praise = ["good", "fine", "lovely", "rich", "fresh", "great", "again"];
const blame = ["bad", "dull", "poor", "weak", "stale", "sad"];

/** The label by the rules that the README states. */
function labelOf(review: string): string {
  let isGood = false;
  let isTurned = false;
  for (const word of review.split(" ")) {
    if ([".", ",", "but"].includes(word)) isTurned = false;
    else if (["not", "never"].includes(word)) isTurned = true;
    else if (praise.includes(word)) isGood = !isTurned;
    else if (blame.includes(word)) isGood = isTurned;
  }
  return isGood ? "positive" : "negative";
}

/** The judgements of both labels and their probabilities. What stands around them is the same for both. */
const judgements = new Map(
  ["positive", "negative"].flatMap((label) =>
    Array.from(
      allTexts(reviewGrammar, `${label}Judgement`),
      ([text, p]) => [`${text}\t${label}`, p / 2] as const,
    ),
  ),
);

describe("reviews", () => {
  it("has labels that follow from the stated rules, so the best accuracy is 1", () => {
    for (const judgement of judgements.keys()) {
      const [text, label] = judgement.split("\t");
      expect(labelOf(text), text).toBe(label);
    }
    for (const [review, label] of rows) expect(labelOf(review), review).toBe(label);
    expect(stated).toMatchObject({ classes: 2, commonestClass: 0.5, bestAccuracy: 1, bestInFile: 1 });
  });

  it("is hard for a classifier that only counts words: its best accuracy is the one that the README states", () => {
    // Of the weights 2 2 3 2 3 3 2 1 1 of the judgements, 3 + 2 + 3 + 3 of 19 are of those that have a word of praise
    // and one of blame. Their words in another order are a judgement of the other label. 8/19 + 1/2 * 11/19 = 27/38.
    const best = bestAccuracy(judgements, (text) => text.split(" ").sort().join(" "));
    expect(best).toBeCloseTo(27 / 38, 9);
    expect(readFileSync("corpora/README.md", "utf8")).toContain(`${best.toFixed(4)}.`);
  });

  it("has few words, separated by single spaces", () => {
    for (const [review] of rows) expect(review).toMatch(/^[a-z.,]+( [a-z.,]+)*$/);
    const words = new Set(rows.flatMap(([review]) => review.split(" ")));
    expect(readFileSync("corpora/README.md", "utf8")).toContain(`${words.size} different words`);
  });
});
