import { expect, it } from "vitest";
import { describeSeries } from "../../../src/cli/display/series-table.ts";

const evaluation = {
  checkpoint: "model.json",
  text: "prices.csv",
  examples: 1200,
  loss: 0.25,
  rmse: 2.5,
  mae: 2,
  seconds: 2,
  baselines: { last: { rmse: 3, mae: 2.25 }, mean: { rmse: 5, mae: 4.125 } },
};

it("the scores of a series are a table, the baselines below the model", () => {
  expect(describeSeries(evaluation).split("\n")).toEqual([
    "checkpoint  model.json",
    "data        prices.csv: 1,200 rows predicted",
    "loss        0.2500 squared deviations per number",
    "time        2.0s",
    "",
    "                         RMSE     MAE",
    "model                  2.5000  2.0000",
    "last value             3.0000  2.2500",
    "mean of training rows  5.0000  4.1250",
    "",
  ]);
});

it("several columns have a line each, and baselines may be missing", () => {
  const perColumn = [
    { column: "high", rmse: 3, mae: 2 },
    { column: "low", rmse: 2, mae: 2 },
  ];
  const lines = describeSeries({ ...evaluation, baselines: null, perColumn }).split("\n");
  expect(lines.slice(5)).toEqual([
    "         RMSE     MAE",
    "model  2.5000  2.0000",
    "",
    "column    RMSE     MAE",
    "high    3.0000  2.0000",
    "low     2.0000  2.0000",
    "",
  ]);
});
