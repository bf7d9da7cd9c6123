import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { table, truncate } from "../../../src/cli/terminal/table.ts";

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
