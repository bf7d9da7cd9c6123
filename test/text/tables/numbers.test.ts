import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberOf } from "../../../src/text/tables/numbers.ts";

describe("numberOf", () => {
  it.each([
    ["0", 0],
    ["-12", -12],
    ["+3", 3],
    ["007", 7],
    ["1.5", 1.5],
    [".5", 0.5],
    ["-.25", -0.25],
    ["5.", 5],
    ["1e3", 1000],
    ["2.5E-1", 0.25],
    ["1.e+2", 100],
    [" 4\t", 4],
  ])("reads %j", (text, number) => {
    expect(numberOf(text)).toBe(number);
  });

  it.each([
    "",
    " ",
    ".",
    "-",
    "+-1",
    "1,5",
    "1 000",
    "NaN",
    "Infinity",
    "-Infinity",
    "0x10",
    "1e",
    "e5",
    "1e999",
  ])("does not take %j for a number", (text) => {
    expect(numberOf(text)).toBeUndefined();
  });

  it.each(["1_000", "1n", "½", "١", "1.2.3", "- 1", "1e1.5"])("does not take %j for a number", (text) => {
    expect(numberOf(text)).toBeUndefined();
  });

  it("reads every finite number as JavaScript writes it", () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
        expect(numberOf(String(number))).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  it("refuses a long text quickly", () => {
    expect(numberOf(`${"1".repeat(1_000_000)}x`)).toBeUndefined();
  });
});
