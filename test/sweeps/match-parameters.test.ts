import { describe, expect, it } from "vitest";
import { hiddenFor, parameterCount, parseBudget } from "../../src/sweeps/match-parameters.ts";

const sizes = { inputs: 10, outputs: 10 };
const lstm = { cell: "lstm", layers: 1, embedding: 0 } as const;

describe("the number of parameters", () => {
  it("is that of the formula", () => {
    // 4 gates: 4h * 10 + 4h * h + 2 * 4h; head: 10h + 10. With h = 8: 320 + 256 + 64 + 80 + 10 = 730.
    expect(parameterCount({ ...lstm, hidden: 8 }, sizes)).toBe(730);
  });
});

describe("a budget of parameters", () => {
  it("takes the hidden size whose count is nearest", () => {
    // h = 8 has 730. h = 9: 360 + 324 + 72 + 90 + 10 = 856. The middle is 793.
    expect(hiddenFor(730, lstm, sizes)).toBe(8);
    expect(hiddenFor(792, lstm, sizes)).toBe(8);
    expect(hiddenFor(794, lstm, sizes)).toBe(9);
    expect(hiddenFor(1, lstm, sizes)).toBe(1);
  });

  it("may be that of a model", () => {
    expect(hiddenFor("lstm 1x8", lstm, sizes)).toBe(8);
    // rnn: h * 10 + h * h + 2h + 10h + 10 = h^2 + 22h + 10. h = 18: 324 + 396 + 10 = 730.
    expect(hiddenFor("lstm 1x8", { ...lstm, cell: "rnn" }, sizes)).toBe(18);
  });

  it.each(["lstm 1", "cell 1x8", "lstm 0x8", 0, 1.5, null])("is not %j", (value) => {
    expect(() => parseBudget(value)).toThrow(/parameters/);
  });
});
