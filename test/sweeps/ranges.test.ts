import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { parseValues } from "../../src/sweeps/ranges.ts";

describe("the values of an axis", () => {
  it.each([
    ["rnn,lstm", ["rnn", "lstm"]],
    ["64..256:*2", [64, 128, 256]],
    // 0.1 + 2 * 0.1 is 0.30000000000000004 in floating point.
    ["0.1..0.5:+0.1", [0.1, 0.2, 0.3, 0.4, 0.5]],
    ["1..3", [1, 2, 3]],
    ["1e-4..1e-2:*10", [0.0001, 0.001, 0.01]],
    ["10..25:+10,100", [10, 20, 100]],
    ["true, false", [true, false]],
  ])("%s are %j", (text, values) => {
    expect(parseValues(text)).toEqual(values);
  });

  it.each([
    ["1..3:+0", /does not end/],
    ["1..3:*1", /does not end/],
    ["3..1", /is empty/],
    ["1,,2", /empty value/],
    ["", /empty value/],
    ["0..1:+1e-9", /does not end/],
  ])("%j are refused", (text, message) => {
    expect(() => parseValues(text)).toThrow(UsageError);
    expect(() => parseValues(text)).toThrow(message);
  });
});
