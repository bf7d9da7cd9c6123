import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { facts, table, truncate, wrap } from "../../../src/cli/terminal/table.ts";

describe("truncate", () => {
  it("leaves a text that fits as it is", () => {
    expect(truncate("abc", 3)).toBe("abc");
  });

  it("puts an ellipsis where something is lost, and counts wide characters as two", () => {
    expect(truncate("abcd", 3)).toBe("ab…");
    expect(truncate("日本語", 4)).toBe("日…"); // 2 columns, the ellipsis, and one that half of 本 does not fit into
  });

  it("never exceeds the columns", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, columns) => {
        expect(stringWidth(truncate(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe("table", () => {
  it("aligns columns by what a terminal shows, numbers flush right", () => {
    const rows = [
      ["run", "step"],
      ["日本", "7"],
      ["tales", "1,200"],
    ];
    expect(table(rows, { right: [1] })).toEqual(["run     step", "日本       7", "tales  1,200"]);
  });

  it("cuts lines at the terminal's width", () => {
    expect(table([["a long cell", "x"]], { width: 6 })).toEqual(["a lon…"]);
  });
});

describe("facts", () => {
  it("lets a value that is too wide go on below itself, at a word", () => {
    // The names take 6 columns and the gap 2, which leaves 22 of 30 for the value.
    expect(
      facts(
        [
          ["engine", "compiled for this CPU, 256-bit vectors"],
          ["cores", "2"],
        ],
        30,
      ),
    ).toEqual(["engine  compiled for this CPU,", "        256-bit vectors", "cores   2"]);
  });

  it("wraps nothing where there is no terminal", () => {
    expect(facts([["text", "a ".repeat(200).trim()]])).toHaveLength(1);
  });
});

describe("wrap", () => {
  it("breaks lines between words, and leaves a longer word whole", () => {
    expect(wrap("best: loss 1.5 in checkpoints/tales-lstm-2x128/best.json", 20)).toBe(
      "best: loss 1.5 in\ncheckpoints/tales-lstm-2x128/best.json",
    );
  });
});
