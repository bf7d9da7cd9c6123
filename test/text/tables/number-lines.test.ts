import { expect, it } from "vitest";
import { cellsOfLine } from "../../../src/text/tables/number-lines.ts";

it.each(["1 -2.5", " 1, -2.5 ", "1;-2.5", "1\t-2.5"])("the line %j has two cells", (text) => {
  expect(cellsOfLine("t.txt", { line: 7, values: [text] }, ["x", "y"])).toEqual({
    line: 7,
    values: ["1", "-2.5"],
  });
});

it("a line without a cell for each column is refused", () => {
  expect(() => cellsOfLine("t.txt", { line: 7, values: ["1"] }, ["x", "y"])).toThrow(
    "t.txt, line 7 has 1 values, but the model reads 2 (x, y): give one for each",
  );
});
