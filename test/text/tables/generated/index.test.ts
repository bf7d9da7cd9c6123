import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generatedTables, generateTable } from "../../../../src/text/tables/generated/index.ts";
import { statedTable } from "./readme.ts";

const files = readdirSync("corpora").filter((file) => /\.[ct]sv$/.test(file));

describe("the tables in corpora/", () => {
  it("are the generated ones", () => {
    expect(files.map((file) => file.slice(0, -4)).sort()).toEqual(Object.keys(generatedTables).sort());
  });

  it.each(files)("%s is what its table writes for seed 1", (file) => {
    const table = generatedTables[file.slice(0, -4)];
    const content = readFileSync(`corpora/${file}`, "utf8");
    expect([...generateTable(table, table.length, 1)].join("") === content).toBe(true);
    expect(Buffer.byteLength(content)).toBeLessThan(100_000);
    expect(table.header.includes(file.endsWith(".csv") ? "," : "\t")).toBe(true);
  });

  it.each(files)("%s has as many examples and classes as the README states", (file) => {
    const table = generatedTables[file.slice(0, -4)];
    const lines = [...generateTable(table, table.length, 1)].slice(1);
    const classes = new Set(lines.flatMap((example) => example.trimEnd().split("\n")).map((row) => row.split(/[,\t]/).at(-1))); // prettier-ignore
    expect(statedTable(file)).toMatchObject({ examples: lines.length, classes: classes.size });
  });
});
