import { describe, expect, it } from "vitest";
import { maybe, weighted, zipf } from "../../../src/text/grammar/rules.ts";

describe("zipf", () => {
  it("weighs the word of rank r by 1 / (r + 3)", () => {
    expect(zipf("fox, goose girl, hen")).toEqual([
      [1 / 4, "fox"],
      [1 / 5, "goose girl"],
      [1 / 6, "hen"],
    ]);
  });
});

describe("weighted", () => {
  it("reads each word's weight", () => {
    expect(weighted("the 6, a 2.5")).toEqual([
      [6, "the"],
      [2.5, "a"],
    ]);
  });
});

describe("maybe", () => {
  it("leaves the rest of the probability to nothing", () => {
    expect(maybe(0.25, " again")).toEqual([
      [0.75, ""],
      [0.25, " again"],
    ]);
  });

  it("is always empty at probability 0", () => {
    expect(maybe(0, " again")).toEqual([[1, ""]]);
  });
});
