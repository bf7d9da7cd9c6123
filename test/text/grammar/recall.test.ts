import { describe, expect, it } from "vitest";
import { generateRecall, scoreRecall } from "../../../src/text/grammar/recall.ts";

const textOf = (lag: number, size: number, seed = 1) => [...generateRecall(lag, size, seed)].join("");

describe("recall", () => {
  it.each([1, 2, 3, 100])("repeats the first letter of a line exactly %i characters after it", (lag) => {
    const text = textOf(lag, 20 * (lag + 2));
    for (let start = 0; start < text.length; start += lag + 2) {
      expect("abcdefgh").toContain(text[start]);
      expect(text[start + lag]).toBe(text[start]);
      expect(text[start + lag + 1]).toBe("\n");
    }
    expect(new Set(text.split("\n").map((line) => line[0])).size).toBeGreaterThan(3);
  });

  it("looks like this", () => {
    expect(textOf(5, 8)).toMatch(/^([a-h])\.\.\.\?\1\n[a-h]$/);
    expect(textOf(2, 4)).toMatch(/^([a-h])\?\1\n$/);
    expect(textOf(1, 3)).toMatch(/^([a-h])\1\n$/);
  });

  it("begins with the shorter text of the same seed", () => {
    expect(textOf(10, 1000).slice(0, 77)).toBe(textOf(10, 77));
    expect(textOf(10, 1000, 2)).not.toBe(textOf(10, 1000, 1));
  });

  it("has a floor of log2 8 = 3 bits for each line: 3 / 102 bits per character for a lag of 100", () => {
    const bits = scoreRecall(100, generateRecall(100, 10_200, 1));
    expect(bits).toHaveLength(10_200);
    expect(bits.reduce((sum, x) => sum + x, 0) / 10_200).toBeCloseTo(3 / 102, 12);
    expect([...bits.subarray(101, 105)]).toEqual([0, 3, 0, 0]);
  });

  it("draws all eight letters alike", () => {
    const counts = new Map<string, number>();
    for (const line of textOf(1, 24_000).trimEnd().split("\n")) {
      counts.set(line[0], (counts.get(line[0]) ?? 0) + 1);
    }
    // 8,000 lines, so 1,000 of each letter, with a standard deviation of sqrt(8000 * 1/8 * 7/8) = 30.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("refuses a text that it cannot have written, and says where", () => {
    expect(() => scoreRecall(3, "a.?a\nb.?a\n")).toThrow(
      '"a" at offset 8 cannot come from recall with a lag of 3',
    );
    expect(() => scoreRecall(3, "x")).toThrow('"x" at offset 0');
  });
});
