import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import { type TextCode } from "../../../src/tasks/one-to-many/code.ts";
import { conditionsFor } from "../../../src/tasks/one-to-many/requests.ts";
import { code } from "./fixture.ts";

/** The code of a model with other columns. */
function codeWith(columns: Record<string, TextCode["conditions"][number]>): TextCode {
  return {
    ...code,
    columns: { ...code.columns, input: Object.keys(columns) },
    conditions: Object.values(columns),
  };
}

const number = { mean: 0, deviation: 1 };
const country = codeWith({ country: { labels: ["Japan", "Korea"] } });
const person = codeWith({
  country: { labels: ["Japan", "Korea"] },
  age: number,
  sex: { labels: ["f", "m"] },
});
const point = codeWith({ x: number, y: number });

describe("a request", () => {
  it("names labels of the only column", () => {
    expect(conditionsFor({ labels: ["Korea", "Japan"] }, country)).toEqual([["Korea"], ["Japan"]]);
    expect(conditionsFor({ labels: ["country=Korea"] }, country)).toEqual([["Korea"]]);
  });

  it("names labels by their columns, and numbers in their order", () => {
    const labels = ["sex=f", "country=Korea"];
    expect(conditionsFor({ labels, values: [30] }, person)).toEqual([["Korea", "30", "f"]]);
    expect(conditionsFor({ values: [1.5, -2] }, point)).toEqual([["1.5", "-2"]]);
  });

  it("stands for each pair of labels if two columns have several", () => {
    const labels = ["sex=f", "sex=m", "country=Korea", "country=Japan"];
    expect(conditionsFor({ labels, values: [30] }, person)).toEqual([
      ["Korea", "30", "f"],
      ["Korea", "30", "m"],
      ["Japan", "30", "f"],
      ["Japan", "30", "m"],
    ]);
  });

  it.each([
    [
      country,
      {},
      'the model writes from the column country: choose a label of it with --label ("Japan", "Korea")',
    ],
    [country, { labels: ["Oz"] }, '--label Oz is unknown: the column country has "Japan", "Korea"'],
    [country, { labels: ["Korea"], values: [1] }, "the model writes from labels alone: leave out --values"],
    [
      person,
      { labels: ["Korea"], values: [1] },
      "--label Korea does not name its column: write country=..., sex=...",
    ],
    [
      person,
      { labels: ["sex=f", "country=Korea"] },
      "--values has 0 numbers, but the model reads 1 (age): give one for each",
    ],
    [point, { values: [1] }, "--values has 1 numbers, but the model reads 2 (x, y): give one for each"],
    [point, { values: [1, 2], labels: ["a"] }, "the model writes from numbers alone: leave out --label"],
  ])("is refused: %#", (own, request, message) => {
    expect(() => conditionsFor(request, own)).toThrow(new UsageError(message));
  });
});
