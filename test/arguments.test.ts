import { describe, expect, it } from "vitest";
import { UsageError } from "../src/errors.ts";
import { parseChoice, parseNumber, requireNames } from "../src/arguments.ts";

describe("parseNumber", () => {
  it("takes text and numbers alike, the bounds included unless they are excluded", () => {
    expect(parseNumber(" 1e-3 ", "--x", {}, false)).toBe(0.001);
    expect([parseNumber("1", "--x", { min: 1 }, true), parseNumber(4, "--x", { max: 4 }, true)]).toEqual([
      1, 4,
    ]);
  });

  it.each([
    ["", {}, false, '--x takes a number, not ""'],
    ["1,5", {}, false, '--x takes a number, not "1,5"'],
    [1.5, {}, true, "--x takes a whole number, not 1.5"],
    [NaN, {}, false, "--x takes a number, not NaN"],
    [2 ** 53, {}, true, "--x takes a whole number, not 9007199254740992"],
    [0, { min: 1 }, true, "--x takes a whole number at least 1, not 0"],
    [1, { above: 1 }, false, "--x takes a number above 1, not 1"],
    [5, { min: 1, below: 5 }, false, "--x takes a number at least 1 and below 5, not 5"],
  ])("refuses %j in the range %j", (value, range, integer, message) => {
    expect(() => parseNumber(value, "--x", range, integer)).toThrow(new UsageError(message));
  });
});

describe("parseChoice", () => {
  it("takes one of the names and nothing else", () => {
    expect(parseChoice("b", "--x", ["a", "b"])).toBe("b");
    expect(() => parseChoice("c", "--x", ["a", "b"])).toThrow(
      new UsageError('--x takes one of a, b, not "c"'),
    );
  });
});

describe("requireNames", () => {
  const names = { seed: true, toString: true } as const;

  it("refuses a name that is not among them, and says which are", () => {
    expect(() => {
      requireNames({ seed: 1, temp: 0.8 }, names, "sample");
    }).toThrow(new UsageError("sample has no option temp: it takes seed, toString"));
    requireNames({ seed: undefined }, names, "sample");
  });
});
