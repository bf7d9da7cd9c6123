import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generatedTables, generateTable } from "../../../../src/text/tables/generated/index.ts";
import { statedSequences, statedTable } from "./readme.ts";

const files = readdirSync("corpora").filter((file) => /\.([ct]sv|conll)$/.test(file));
const nameOf = (file: string) => file.slice(0, file.indexOf("."));
const classified = ["blood-pressure.csv", "nationalities.tsv", "reviews.tsv", "series.csv"];

describe("the tables in corpora/", () => {
  it("are the generated ones", () => {
    expect(files.map(nameOf).sort()).toEqual(Object.keys(generatedTables).sort());
  });

  it.each(files)("%s is what its table writes for seed 1", (file) => {
    const table = generatedTables[nameOf(file)];
    const content = readFileSync(`corpora/${file}`, "utf8");
    expect([...generateTable(table, table.length, 1)].join("") === content).toBe(true);
    expect(Buffer.byteLength(content)).toBeLessThan(150_000);
    expect(content.split("\n", 1)[0]).toContain(file.endsWith(".csv") ? "," : "\t");
  });

  it.each(classified)("%s has as many examples and classes as the README states", (file) => {
    const table = generatedTables[nameOf(file)];
    const lines = [...generateTable(table, table.length, 1)].slice(1);
    const classes = new Set(lines.flatMap((example) => example.trimEnd().split("\n")).map((row) => row.split(/[,\t]/).at(-1))); // prettier-ignore
    expect(statedTable(file)).toMatchObject({ examples: lines.length, classes: classes.size });
  });

  it.each(files.filter((file) => !classified.includes(file)))(
    "%s has as many examples as the README states",
    (file) => {
      expect(generatedTables[nameOf(file)].length).toBe(statedSequences(file).examples);
    },
  );
});
