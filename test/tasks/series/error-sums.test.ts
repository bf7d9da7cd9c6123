import { expect, it } from "vitest";
import { ErrorSums } from "../../../src/tasks/series/error-sums.ts";

it("the scores of one column are the root of the mean squared error, and the mean absolute error", () => {
  const sums = new ErrorSums(["x"]);
  // Errors 3 and -4: squares 9 + 16 = 25, sizes 3 + 4 = 7.
  sums.add([10], [13]);
  sums.add([10], [6]);
  expect(sums.scores).toEqual({ rmse: Math.sqrt(12.5), mae: 3.5 });
});

it("the scores of several columns are the means over the columns, which come beside them", () => {
  const sums = new ErrorSums(["x", "y"]);
  // x: errors 1 and -1. y: errors 0 and 20, squares 400 / 2 = 200.
  sums.add([0, 0], [1, 0]);
  sums.add([0, 0], [-1, 20]);
  const y = Math.sqrt(200);
  expect(sums.scores).toEqual({
    rmse: (1 + y) / 2,
    mae: 5.5,
    perColumn: [
      { column: "x", rmse: 1, mae: 1 },
      { column: "y", rmse: y, mae: 10 },
    ],
  });
});
