import { describe, expect, it } from "vitest";
import { countRows, splitSeries, wholeParts } from "../../../src/tasks/series/series-splits.ts";

const [long, short] = [Array.from({ length: 25 }, (_, i) => i), [0, 1, 2]];

describe("splitSeries", () => {
  it("cuts every series in the order of time: train, then val, then test", () => {
    // floor(25 * 0.2) = 5 rows to validate and floor(25 * 0.1) = 2 to test. 3 rows are too few for either.
    expect(splitSeries([long, short], { valFrac: 0.2, testFrac: 0.1 })).toEqual({
      train: [
        { series: long, start: 0, end: 18 },
        { series: short, start: 0, end: 3 },
      ],
      val: [{ series: long, start: 18, end: 23 }],
      test: [{ series: long, start: 23, end: 25 }],
    });
  });
});

describe("countRows", () => {
  it("counts the first row of a series as one that cannot be predicted", () => {
    expect(countRows(wholeParts([long, short]))).toEqual({ rows: 28, predicted: 26 });
  });

  it("counts the first row of a later part as one that the row before it predicts", () => {
    expect(countRows([{ start: 18, end: 23, series: long }])).toEqual({ rows: 5, predicted: 5 });
  });

  it("finds nothing to predict in a series of one row", () => {
    expect(countRows(wholeParts([[7]]))).toEqual({ rows: 1, predicted: 0 });
  });
});
