import { describe, expect, it } from "vitest";
import { code } from "../../../src/text/grammar/code.ts";
import { drawUnit } from "../../../src/text/grammar/generate.ts";
import { uniformNumbers } from "../../../src/text/grammar/random.ts";

const uniform = uniformNumbers(41);
const units = Array.from({ length: 500 }, () => drawUnit(code, uniform).text);

/** A line without what brackets and braces do not count in: strings and the comment at its end. */
function bare(line: string): string {
  return line.replaceAll(/"[^"]*"/g, '""').replace(/\/\/.*/, "");
}

describe("code", () => {
  it("is one function a unit, with an empty line after it", () => {
    for (const unit of units)
      expect(unit).toMatch(/^(\/\/ [a-z ]+\n)?fn \w+\([\w, ]*\) \{\n( {2}.*\n)+\}\n\n$/);
  });

  it("indents every line by two spaces for each open brace", () => {
    for (const unit of units) {
      let depth = 0;
      for (const line of unit.trimEnd().split("\n")) {
        const text = bare(line);
        if (text.trimStart().startsWith("}")) depth--;
        expect(line).toMatch(new RegExp(`^ {${2 * depth}}\\S`));
        if (text.trimEnd().endsWith("{")) depth++;
      }
      expect(depth).toBe(0);
    }
  });

  it("closes on each line, in order, the brackets that it opens", () => {
    for (const unit of units) {
      for (const line of unit.split("\n")) {
        let left = bare(line).replaceAll(/[^()[\]]/g, "");
        while (/\(\)|\[\]/.test(left)) left = left.replaceAll(/\(\)|\[\]/g, "");
        expect(left, line).toBe("");
      }
    }
  });

  it("has comments, strings, branches with and without else, and loops", () => {
    const text = units.join("");
    for (const piece of [" // ", '"', "} else {\n", "while (", "for ", "return ", "if ("])
      expect(text).toContain(piece);
    expect(text).toMatch(/if .*\{\n(?:(?!else).)*\n +\}\n/);
  });

  it("nests blocks four deep at most", () => {
    const indents = units.flatMap((unit) => unit.split("\n").map((line) => line.search(/\S|$/)));
    expect(Math.max(...indents)).toBe(8);
  });
});
