import { describe, expect, it } from "vitest";
import { labelGrammar } from "../../../../src/text/tables/generated/labels.ts";
import { allTexts } from "./probabilities.ts";
import { commonestAnswers, readmeSays, rowsOf, statedSequences } from "./readme.ts";

const stated = statedSequences("labels.tsv");
/** p(label, name) of every row. */
const rows = Array.from(allTexts(labelGrammar), ([line, p]) => {
  const [country, sex, name] = line.trimEnd().split("\t");
  return { label: `${country}\t${sex}`, name, p };
});
const labels = [...new Set(rows.map(({ label }) => label))];
const inFile = rowsOf("labels.tsv").map((row) => {
  const [country, sex, name] = row.split("\t");
  return [`${country}\t${sex}`, name] as const;
});

describe("labels", () => {
  it("has ten labels with three to six names each, and no name twice", () => {
    expect(labels).toHaveLength(10);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(readmeSays(`${rows.length} names`)).toBe(true);
    for (const label of labels) {
      const names = rows.filter((row) => row.label === label);
      expect(names.length).toBeGreaterThanOrEqual(3);
      expect(names.length).toBeLessThanOrEqual(6);
      expect(names.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(0.1, 12);
      expect(Math.max(...names.map(({ p }) => p))).toBeCloseTo(0.06, 12); // 60 % of a tenth
    }
  });

  it("has the best loss that the README states: the entropy of a name, given its label, for each symbol of it", () => {
    const entropy = rows.reduce((sum, { p }) => sum - p * Math.log(p * labels.length), 0);
    const symbols = rows.reduce((sum, { name, p }) => sum + p * (name.length + 1), 0); // with the end
    expect((entropy / symbols).toFixed(4)).toBe(stated.best.toFixed(4));
    expect(readmeSays(`${(entropy / Math.LN2).toFixed(4)} bits for each name`)).toBe(true);
    expect(stated.task).toBe("one-to-many");
  });

  it("has a file of these rows, of which each label has its commonest name more than half the time", () => {
    const known = new Map(rows.map(({ label, name, p }) => [`${label}\t${name}`, p]));
    expect(inFile.filter(([label, name]) => !known.has(`${label}\t${name}`))).toEqual([]);
    for (const label of labels) {
      const names = inFile.filter(([of]) => of === label);
      expect(commonestAnswers(names)).toBeGreaterThan(0.5);
      const commonest = names.filter(([, name]) => (known.get(`${label}\t${name}`) ?? 0) > 0.05);
      expect(commonest.length / names.length).toBeGreaterThan(0.5);
    }
  });
});
