import { describe, expect, it } from "vitest";
import { generatedTables, generateTable } from "../../../../src/text/tables/generated/index.ts";
import { distinct, independent } from "../../../../src/text/tables/generated/table.ts";
import { firstExamples } from "./first-examples.ts";

function text(name: string, length: number, seed: number): string {
  return [...generateTable(generatedTables[name], length, seed)].join("");
}

describe.each(Object.keys(generatedTables))("generateTable of %s", (name) => {
  it("writes another table for another seed", () => {
    expect(text(name, 20, 1)).not.toBe(text(name, 20, 2));
  });

  it("writes a beginning of the longer table when asked for less", () => {
    expect(text(name, 30, 3).startsWith(text(name, 10, 3))).toBe(true);
  });

  it("writes a header if its format has one, and whole lines, all with as many fields", () => {
    const { header } = generatedTables[name];
    const lines = text(name, 30, 4).split("\n");
    expect(lines.pop()).toBe("");
    if (header !== undefined) expect(lines[0]).toBe(header);
    const separator = lines[0].includes("\t") ? "\t" : ",";
    const isRow = (line: string) => header !== undefined || line !== ""; // In CoNLL, sentences end with an empty line.
    for (const line of lines.filter(isRow)) {
      expect(line.split(separator)).toHaveLength(lines[0].split(separator).length);
    }
  });
});

describe("independent", () => {
  it("draws each example with its number, from 1", () => {
    const table = {
      name: "a",
      length: 1,
      examples: independent((uniform, index) => `${index} ${uniform()}`),
    };
    expect(firstExamples(table, 3, () => 0.5)).toEqual(["1 0.5", "2 0.5", "3 0.5"]);
  });
});

describe("distinct", () => {
  const faces = {
    name: "faces",
    length: 6,
    examples: distinct((uniform) => `${Math.floor(uniform() * 6)}\n`),
  };

  it("draws an example again that came before", () => {
    // Faces 1, 1, 0, 1, 0 and 4.
    const numbers = [0.2, 0.3, 0.1, 0.2, 0.1, 0.7].values();
    expect(firstExamples(faces, 3, () => numbers.next().value ?? NaN)).toEqual(["1\n", "0\n", "4\n"]);
  });

  it("writes all examples there are, and then refuses to go on", () => {
    expect([...generateTable(faces, 6, 1)].sort().join("")).toBe("0\n1\n2\n3\n4\n5\n");
    expect(() => [...generateTable(faces, 7, 1)]).toThrow(
      "10000 draws in a row gave no new example after 6 different ones: give a smaller --length",
    );
  });

  it.each(["brackets", "dates", "drawings", "inflections", "reversal", "sorting"])("holds for %s", (name) => {
    const examples = [...generateTable(generatedTables[name], 3000, 9)];
    expect(new Set(examples).size).toBe(3001);
  });
});
