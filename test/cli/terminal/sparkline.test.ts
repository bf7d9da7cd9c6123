import { describe, expect, it } from "vitest";
import { sparkline } from "../../../src/cli/terminal/sparkline.ts";

describe("a sparkline", () => {
  it("has a bar for each number, by eighths from the smallest to the largest", () => {
    expect(sparkline([8, 7, 6, 5, 4, 3, 2, 1])).toBe("█▇▆▅▄▃▂▁");
    // 2.5 is the middle of 1 and 4, which rounds up to the fifth of eight bars.
    expect(sparkline([4, 2.5, 1])).toBe("█▅▁");
  });

  it("is flat for equal numbers, empty for none, and passes over what is no number", () => {
    expect(sparkline([3, 3])).toBe("▁▁");
    expect(sparkline([])).toBe("");
    expect(sparkline([2, NaN, Infinity, 1])).toBe("█▁");
  });

  it("keeps the first and the last of more numbers than there is room for", () => {
    const many = Array.from({ length: 1000 }, (_, i) => 1000 - i);
    const line = sparkline(many, 10);
    expect(line).toHaveLength(10);
    expect([line[0], line[9]]).toEqual(["█", "▁"]);
  });
});
