import { describe, expect, it } from "vitest";
import { planSegments, segmentCount } from "../../../src/tasks/language-model/segments.ts";

const lengths = [
  2, 3, 1000, 1001, 2000, 2001, 4000, 4001, 4002, 55_770, 127_999, 128_001, 128_002, 1_000_003, 5e9,
];

describe("segmentCount", () => {
  it("is one for every 2,000 scored symbols, from 1 to 64", () => {
    expect([2, 4000, 4001, 6000, 6001].map(segmentCount)).toEqual([1, 1, 2, 2, 3]);
    expect([126_001, 128_000, 128_001, 5e9].map(segmentCount)).toEqual([63, 63, 64, 64]);
  });
});

describe("planSegments", () => {
  it.each(lengths)("of %i symbols scores all but the first exactly once", (n) => {
    const segments = planSegments(n);
    expect(segments.length).toBe(segmentCount(n));
    expect(segments[0].start).toBe(1);
    expect(segments.at(-1)?.end).toBe(n);
    for (let j = 1; j < segments.length; j++) expect(segments[j].start).toBe(segments[j - 1].end);
  });

  it.each(lengths)("of %i symbols has segments equal to within one symbol", (n) => {
    const sizes = planSegments(n).map(({ start, end }) => end - start);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it.each(lengths)("of %i symbols warms each segment up on the 1,000 before it", (n) => {
    const [first, ...others] = planSegments(n);
    expect(first.warmupStart).toBe(0);
    for (const { warmupStart, start } of others) expect(start - warmupStart).toBe(1000);
  });

  it("scores from a later symbol on, and warms up on those before it", () => {
    // 4,000 symbols from 500 on are two halves.
    expect(planSegments(4500, 500)).toEqual([
      { warmupStart: 0, start: 500, end: 2500 },
      { warmupStart: 1500, start: 2500, end: 4500 },
    ]);
    expect(planSegments(4500, 4499)).toEqual([{ warmupStart: 3499, start: 4499, end: 4500 }]);
  });

  it("of 4,001 symbols is two halves", () => {
    expect(planSegments(4001)).toEqual([
      { warmupStart: 0, start: 1, end: 2001 },
      { warmupStart: 1001, start: 2001, end: 4001 },
    ]);
  });
});
