import { describe, expect, it } from "vitest";
import { commonestAnswers, rowsOf, statedSequences } from "./readme.ts";

const stated = statedSequences("brackets.tsv");
const rows = rowsOf("brackets.tsv").map((row) => row.split("\t"));

/** How many of the brackets before each symbol are open, and 1 for the symbol itself if it is a bracket. */
function depthsOf(text: string): string {
  const count = (part: string, symbol: string) => part.split(symbol).length - 1;
  return Array.from(text, (symbol, i) => {
    const before = text.slice(0, i);
    const open = count(before, "(") - count(before, ")");
    return symbol === "(" ? open + 1 : open;
  }).join("");
}

describe("brackets", () => {
  it("has the depth at each symbol, so the best accuracy is 1", () => {
    expect(depthsOf("a(b(a))()b")).toBe("0112221110"); // By hand: both brackets of a pair count as inside it.
    expect(rows.filter(([text, depths]) => depths !== depthsOf(text))).toEqual([]);
    expect(stated).toMatchObject({ task: "many-to-many", best: 1 });
  });

  it("has balanced texts: without letters, removing pairs leaves nothing", () => {
    for (const [text] of rows) {
      expect(text).toMatch(/^[()ab]{4,49}$/);
      let left = text.replace(/[ab]/g, "");
      while (left.includes("()")) left = left.replaceAll("()", "");
      expect(left).toBe("");
    }
  });

  it("has every depth from 0 to 9", () => {
    expect(new Set(rows.flatMap(([, depths]) => Array.from(depths))).size).toBe(10);
  });

  it("is hard for a guess that knows only the symbol", () => {
    const symbols = rows.flatMap(([text, depths]) =>
      Array.from(text, (symbol, i) => [symbol, depths[i]] as const),
    );
    expect(commonestAnswers(symbols).toFixed(4)).toBe(stated.simpleGuess.toFixed(4));
  });
});
