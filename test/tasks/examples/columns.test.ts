import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import { columnsOf, requestedColumns } from "../../../src/tasks/examples/columns.ts";
import { type TaskOptions } from "../../../src/tasks/task.ts";
import { completeOptions } from "../../../src/training/option-checks.ts";
import { columns } from "./fixture.ts";

const shapes = {
  "one-to-one": { oneStep: true, tagged: false },
  "many-to-one": { oneStep: false, tagged: false },
  "many-to-many": { oneStep: false, tagged: true },
};

function columnsWith(
  given: Partial<TaskOptions>,
  task: keyof typeof shapes = "many-to-one",
  path = "texts.tsv",
) {
  const options = completeOptions({ task, input: "text", target: "label" });
  return columnsOf({ ...options, ...given }, shapes[task], path);
}

describe("columnsOf", () => {
  it("says which columns are read, and how", () => {
    const given = { input: " a , b ", sequence: "id", order: "time", group: "user", format: "csv" } as const;
    expect(columnsWith({ ...given, maxLength: 7, truncate: true, header: true })).toEqual({
      format: "csv",
      header: true,
      input: ["a", "b"],
      target: "label",
      kind: "number",
      sequence: "id",
      order: "time",
      group: "user",
      maxLength: 7,
      truncate: true,
    });
  });

  it("takes a range for all numbers in it", () => {
    expect(columnsWith({ input: "2-5, 1,x,9-9", sequence: "id" }).input).toEqual([
      "2",
      "3",
      "4",
      "5",
      "1",
      "x",
      "9",
    ]);
    expect(columnsWith({ input: "5-2" }).input).toEqual(["5-2"]);
  });

  it("leaves the header to the names of the columns unless it is given", () => {
    expect(columnsWith({}).header).toBeUndefined();
  });

  it.each([
    ["char", {}, "many-to-one"],
    ["byte", { unit: "byte" }, "many-to-one"],
    ["token", { inputTokens: true }, "many-to-one"],
    ["token", { inputTokens: true, unit: "byte", embedding: 8 }, "many-to-one"],
    ["number", { sequence: "id" }, "many-to-one"],
    ["number", { sequence: "id", input: "a,b", order: "time" }, "many-to-one"],
    ["number", {}, "one-to-one"],
    ["number", { input: "1,2,3" }, "one-to-one"],
  ] as const)("has steps of the kind %s for %j with --task %s", (kind, given, task) => {
    expect(columnsWith(given, task).kind).toBe(kind);
  });

  it.each([
    [undefined, {}, "many-to-one", "a.conllu"],
    ["step", {}, "many-to-many", "a.tsv"],
    ["step", { inputTokens: true }, "many-to-many", "a.conllu"],
    ["step", { sequence: "id" }, "many-to-many", "a.csv"],
    ["token", {}, "many-to-many", "a.conllu"],
    ["token", {}, "many-to-many", "a.CONLL"],
    ["token", { format: "conll" }, "many-to-many", "a.txt"],
    ["step", { format: "tsv" }, "many-to-many", "a.conll"],
    ["token", { targetTokens: true }, "many-to-many", "a.tsv"],
    ["step", { targetTokens: true, inputTokens: true }, "many-to-many", "a.tsv"],
  ] as const)("gives a tag to each %s for %j with --task %s and %s", (tags, given, task, path) => {
    expect(columnsWith(given, task, path).tags).toBe(tags);
  });

  it("refuses tags of bytes", () => {
    expect(() => columnsWith({ unit: "byte" }, "many-to-many")).toThrow(
      new UsageError("--unit byte does not work with tags, which belong to characters: leave out --unit"),
    );
  });

  it.each([
    [
      { input: undefined },
      "--task many-to-one needs --input, the column that the model reads: a name or a number",
    ],
    [
      { target: undefined },
      "--task many-to-one needs --target, the column that the model predicts: a name or a number",
    ],
    [{ input: "a,,b" }, "--input a,,b has an empty column name: write one comma between two names"],
    [{ input: "" }, "--input  has an empty column name: write one comma between two names"],
    [{ target: "label," }, "--target label, has an empty column name: write one comma between two names"],
    [{ input: "a,b, a", sequence: "id" }, "--input names the column a twice: name it once"],
    [{ target: "x,x" }, "--target names the column x twice: name it once"],
    [{ target: "x,y" }, "--target takes one column"],
    [
      { input: "a,b" },
      "several columns of --input are a row of numbers: give --sequence COLUMN (the rows of one example have the same value there), or take --task one-to-one",
    ],
    [{ order: "time" }, "--order puts the rows of a sequence in order: add --sequence, or leave out --order"],
    [
      { sequence: "id", inputTokens: true },
      "--input-tokens splits a text, but these inputs are numbers: leave out --input-tokens",
    ],
    [
      { sequence: "id", embedding: 8 },
      "--embedding is for symbols, but these inputs are numbers: leave out --embedding",
    ],
  ] as const)("refuses %j", (given, message) => {
    expect(() => columnsWith(given)).toThrow(new UsageError(message));
  });

  it.each([
    [{ sequence: "id" }, "--sequence does not work with --task one-to-one: take --task many-to-one"],
    [{ order: "time" }, "--order puts the rows of a sequence in order: add --sequence, or leave out --order"],
    [
      { inputTokens: true },
      "--input-tokens splits a text, but these inputs are numbers: leave out --input-tokens",
    ],
    [{ embedding: 8 }, "--embedding is for symbols, but these inputs are numbers: leave out --embedding"],
    [
      { input: undefined },
      "--task one-to-one needs --input, the column that the model reads: a name or a number",
    ],
  ] as const)("refuses %j for one row an example", (given, message) => {
    expect(() => columnsWith(given, "one-to-one")).toThrow(new UsageError(message));
  });
});

describe("requestedColumns", () => {
  it("are the inputs, the target, and the columns that put rows together", () => {
    const all = { ...columns, input: ["a", "b"], sequence: "id", order: "time", group: "user" };
    expect(requestedColumns(all)).toEqual(["a", "b", "label", "id", "time", "user"]);
    expect(requestedColumns({ ...columns, group: "user" })).toEqual(["text", "label", "user"]);
  });
});
