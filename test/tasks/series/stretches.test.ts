import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EncodedSeries } from "../../../src/tasks/series/code.ts";
import { wholeParts, type Part } from "../../../src/tasks/series/series-splits.ts";
import {
  groupsOf,
  groupSteps,
  planScoring,
  planStreams,
  requireStreams,
  stepsOf,
  StretchFiller,
  type Stretch,
} from "../../../src/tasks/series/stretches.ts";
import { counting } from "./fixture.ts";

const bounds = ({ from, start, end }: Stretch) => [from, start, end];

/** Series of these lengths. */
const partsOf = (...lengths: number[]): Part<EncodedSeries>[] => wholeParts(lengths.map(counting));

describe("planStreams", () => {
  it("cuts a single series into B streams, as a text is cut", () => {
    // 11 rows can be predicted: 5 and 6. A stream reads from the row before the first that it predicts.
    expect(planStreams(partsOf(12), 2, 3).map(bounds)).toEqual([
      [0, 1, 6],
      [5, 6, 12],
    ]);
  });

  it("makes no stream shorter than T by a cut", () => {
    expect(planStreams(partsOf(12), 5, 5).map(bounds)).toEqual([
      [0, 1, 6],
      [5, 6, 12],
    ]);
    expect(planStreams(partsOf(4), 2, 50).map(bounds)).toEqual([[0, 1, 4]]);
  });

  it("cuts long series only, if there are several", () => {
    // 30, 3 and 7 rows can be predicted. Of 4 streams, the first series gets floor(4 * 30 / 40) = 3.
    expect(planStreams(partsOf(31, 4, 8), 4, 2).map(bounds)).toEqual([
      [0, 1, 11],
      [10, 11, 21],
      [20, 21, 31],
      [0, 1, 4],
      [0, 1, 8],
    ]);
  });

  it("predicts every row once, except the first of each series", () => {
    const sizes = fc.record({
      lengths: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
      b: fc.integer({ min: 1, max: 9 }),
      t: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(sizes, ({ lengths, b, t }) => {
        const parts = partsOf(...lengths);
        const stretches = planStreams(parts, b, t);
        for (const { series } of parts) {
          const rows = stretches
            .filter((stretch) => stretch.series === series)
            .flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
          expect(rows).toEqual(Array.from({ length: series.length - 1 }, (_, i) => i + 1));
        }
        expect(stretches.every(({ from, start, end }) => from === start - 1 && end > start)).toBe(true);
      }),
    );
  });
});

describe("planScoring", () => {
  it("reads up to 1,000 rows before a part, and scores its rows only", () => {
    const series = counting(1800);
    const parts = [
      { series, start: 300, end: 350 },
      { series, start: 1500, end: 1800 },
    ];
    expect(planScoring(parts).map(bounds)).toEqual([
      [0, 300, 350],
      [500, 1500, 1800],
    ]);
  });

  it("leaves out a series of one row", () => {
    expect(planScoring(partsOf(1, 2)).map(bounds)).toEqual([[0, 1, 2]]);
  });
});

describe("groupsOf", () => {
  it("puts stretches of like length side by side, the longest first", () => {
    const groups = groupsOf(planStreams(partsOf(3, 9, 5), 1, 20), 2);
    expect(groups.map((group) => group.map(stepsOf))).toEqual([[8, 4], [2]]);
    expect(groups.map(groupSteps)).toEqual([8, 2]);
  });
});

describe("requireStreams", () => {
  it("refuses a batch size with which rows of every batch would be empty, and says what fits", () => {
    const stretches = planStreams(partsOf(12), 5, 5);
    expect(() => {
      requireStreams(stretches, 5, 5);
    }).toThrow(
      "gives 2 streams of --seq-length 5, too few for --batch-size 5: give at most --batch-size 2, or a shorter",
    );
    requireStreams(stretches, 2, 5);
  });
});

describe("StretchFiller", () => {
  const [long, short] = [counting(8), counting(3)];
  const group = [
    { series: long, from: 2, start: 5, end: 8 },
    { series: short, from: 0, start: 1, end: 3 },
  ];

  it("fills time-major, and counts neither rows before the start of a stretch nor those after its end", () => {
    const filler = new StretchFiller({ batchSize: 2, width: 1, steps: 3 });
    // Row 0 reads 2, 3, 4 and predicts 5 with the last of them. Row 1 reads 0, 1 and predicts 1, 2.
    expect(filler.fill(group, 0)).toEqual({ read: 5, counted: 3 });
    expect([...filler.values.inputs]).toEqual([2, 0, 3, 1, 4, 0]);
    expect([...filler.values.targets]).toEqual([0, 1, 0, 2, 5, 0]);
    expect([...filler.values.weights]).toEqual([0, 1, 0, 1, 1, 0]);
    // Row 0 reads 5 and 6, and row 1 has ended.
    expect(filler.fill(group, 3)).toEqual({ read: 2, counted: 2 });
    expect([...filler.values.inputs]).toEqual([5, 0, 6, 0, 0, 0]);
    expect([...filler.values.targets]).toEqual([6, 0, 7, 0, 0, 0]);
    expect([...filler.values.weights]).toEqual([1, 0, 1, 0, 0, 0]);
  });

  it("fills rows of several columns side by side", () => {
    const series = {
      length: 3,
      numbers: new Float64Array(6),
      standardised: Float32Array.of(1, 10, 2, 20, 3, 30),
    };
    const filler = new StretchFiller({ batchSize: 1, width: 2, steps: 2 });
    expect(filler.fill([{ series, from: 0, start: 1, end: 3 }], 0)).toEqual({ read: 2, counted: 2 });
    expect([...filler.values.inputs]).toEqual([1, 10, 2, 20]);
    expect([...filler.values.targets]).toEqual([2, 20, 3, 30]);
  });
});
