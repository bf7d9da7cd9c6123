import { describe, expect, it } from "vitest";
import { score } from "../../../../src/text/grammar/score.ts";
import { nationalityGrammar } from "../../../../src/text/tables/generated/nationalities.ts";
import { allTexts, bestAccuracy } from "./probabilities.ts";
import { rowsOf, statedTable } from "./readme.ts";

const stated = statedTable("nationalities.tsv");
const rows = rowsOf("nationalities.tsv");
/** p(name, nationality) of every line that the grammar can write. */
const lines = new Map(Array.from(allTexts(nationalityGrammar), ([line, p]) => [line.trimEnd(), p] as const));
const peoples = new Set(rows.map((row) => row.split("\t")[1]));

describe("nationalities", () => {
  it("has names of letters that begin with a capital", () => {
    expect(rows.filter((row) => !/^[A-Z][a-zéø]+\t[A-Z][a-z]+$/.test(row))).toEqual([]);
    expect(peoples.size).toBe(stated.classes);
  });

  it("has one derivation for each line", () => {
    // 8 nations; 6 first consonants, 4 vowels and 4 endings; 5 * 4 syllables at none, one or two places.
    expect(lines.size).toBe(8 * 6 * 4 * 4 * (1 + 20 + 20 * 20));
  });

  it("has the probabilities of lines that the forward algorithm finds character by character", () => {
    for (const row of rows.slice(0, 50)) {
      const bits = score(nationalityGrammar, `${row}\n`).reduce((sum, more) => sum + more, 0);
      expect(bits).toBeCloseTo(-Math.log2(lines.get(row) ?? NaN), 9);
    }
  });

  it("has the best accuracy that the README states: the sum over all names of the largest p(name, nationality)", () => {
    expect(Array.from(lines.values()).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    expect(bestAccuracy(lines, (name) => name).toFixed(4)).toBe(stated.bestAccuracy.toFixed(4));
    // The commonest class is the best guess of a classifier that sees nothing.
    expect(bestAccuracy(lines, () => "").toFixed(4)).toBe(stated.commonestClass.toFixed(4));
  });

  it("has a file of which the best classifier is right as often as the README states", () => {
    const right = rows.filter((row) => {
      const [name] = row.split("\t");
      const known = Array.from(peoples, (nationality) => lines.get(`${name}\t${nationality}`) ?? 0);
      return lines.get(row) === Math.max(...known);
    });
    expect((right.length / rows.length).toFixed(4)).toBe(stated.bestInFile.toFixed(4));
  });
});
