import { describe, expect, it } from "vitest";
import { codeOf, encodeSeries, membersOf, numbersOfOutputs } from "../../../src/tasks/series/code.ts";
import { rowsOf } from "./fixture.ts";

const code = {
  columns: { input: ["x", "y"], sequence: "id" },
  scales: [
    { mean: 10, deviation: 2 },
    { mean: -1, deviation: 0.5 },
  ],
};

describe("the code of a series", () => {
  it("standardises each column, and keeps the numbers beside", () => {
    const rows = rowsOf([
      [12, -1],
      [9, 0],
    ]);
    expect(encodeSeries(rows, code)).toEqual({
      length: 2,
      numbers: Float64Array.of(12, -1, 9, 0),
      standardised: Float32Array.of(1, 0, -0.5, 2),
    });
  });

  it("turns outputs back into numbers", () => {
    expect(numbersOfOutputs([1, 2], code.scales)).toEqual([12, 0]);
  });

  it("comes back from a checkpoint", () => {
    const { vocabulary, task } = membersOf(code);
    expect(vocabulary).toEqual({ unit: "number", symbols: [] });
    expect(task).toMatchObject({ inputs: 2, outputs: 2, numeric: true });
    expect(codeOf({ task: { name: "series", inputs: 2, outputs: 2, ...task } })).toEqual(code);
  });

  it.each([
    ["no table", { table: undefined }],
    ["columns that are no names", { table: { input: [1, 2] } }],
    ["an unknown format", { table: { ...code.columns, format: "xls" } }],
    ["no scales", { scales: undefined }],
    ["a scale without a deviation", { scales: [code.scales[0], { mean: 1 }] }],
    ["a scale too few", { scales: [code.scales[0]] }],
    ["another width", { outputs: 3 }],
  ])("is refused with %s", (_, changes) => {
    const task = { name: "series", inputs: 2, outputs: 2, ...membersOf(code).task, ...changes };
    expect(() => codeOf({ task })).toThrow("the task of the checkpoint is invalid");
  });
});
