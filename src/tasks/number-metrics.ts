import { type Metric } from "./task.ts";

/** What the validation of a model that predicts numbers measures. */
export const numberMetrics: readonly Metric[] = [
  { name: "loss", unit: "squared deviations", shortUnit: "loss", better: "lower", decimals: 4 },
  { name: "rmse", unit: "RMSE", shortUnit: "RMSE", better: "lower", decimals: 4 },
  { name: "mae", unit: "MAE", shortUnit: "MAE", better: "lower", decimals: 4 },
];
