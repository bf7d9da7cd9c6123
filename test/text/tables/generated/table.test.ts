import { describe, expect, it } from "vitest";
import { generatedTables, generateTable } from "../../../../src/text/tables/generated/index.ts";

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

  it("writes a header and whole lines, all with as many fields", () => {
    const lines = text(name, 30, 4).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines[0]).toBe(generatedTables[name].header);
    const separator = lines[0].includes("\t") ? "\t" : ",";
    for (const line of lines) expect(line.split(separator)).toHaveLength(lines[0].split(separator).length);
  });
});
