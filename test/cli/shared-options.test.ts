import { describe, expect, it } from "vitest";
import { numberOf, runOption, sizeOf, wholeNumberOf } from "../../src/cli/shared-options.ts";
import { UsageError } from "../../src/errors.ts";
import { cellNames } from "../../src/model/cells/index.ts";

describe("the options of a run", () => {
  it("take flag, default and choices from their definition", () => {
    expect(runOption("seqLength")).toMatchObject({ long: "--seq-length", flags: "--seq-length <steps>" });
    expect(runOption("cell")).toMatchObject({ argChoices: cellNames, defaultValue: "lstm" });
    expect(runOption("steps").defaultValue).toBeUndefined();
  });
});

describe("sizeOf", () => {
  it.each([
    ["5000", 5000],
    ["20KB", 20_000],
    ["1.5mb", 1_500_000],
    ["1 GB", 1e9],
  ])("reads %s as %d characters", (text, size) => {
    expect(sizeOf("--size")(text)).toBe(size);
  });

  it.each(["", "0", "-5", "1TB", "ten", "1.2.3", "0.1", "99999999GB"])("refuses %j", (text) => {
    expect(() => sizeOf("--size")(text)).toThrow(UsageError);
  });
});

describe("numbers", () => {
  it("are read as they stand", () => {
    expect(numberOf("--temp")("0.8")).toBe(0.8);
    expect(wholeNumberOf("--seed", 0)("4294967295")).toBe(4294967295);
  });

  it.each(["", " ", "x", "Infinity", "NaN", "1,5"])("%j is no number", (text) => {
    expect(() => numberOf("--temp")(text)).toThrow(/^--temp takes a number, not "/);
  });

  it.each(["", "0", "-1", "1.5", "4294967296"])("%j is no whole number from 1", (text) => {
    expect(() => wholeNumberOf("--num", 1)(text)).toThrow(
      /^--num takes a whole number at least 1 and at most 4294967295, not "/,
    );
  });
});
