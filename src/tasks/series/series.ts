import { stdin as processStdin } from "node:process";
import { UsageError } from "../../errors.ts";
import { numberMetrics } from "../number-metrics.ts";
import { type Task } from "../task.ts";
import { codeOf } from "./code.ts";
import { seriesColumnsOf } from "./columns.ts";
import { learnOnline } from "./learn-online.ts";
import { predict } from "./predict.ts";
import { readSeries, SeriesDataset } from "./series-dataset.ts";

/** Rows of numbers. At every step the network reads a row of a series and predicts the next row. */
export const series: Task = {
  metrics: () => numberMetrics,
  symbolUnit: "row",

  describeData({ series: count = 1, vocabulary, symbols: { train, val, test } }, _options, format) {
    return (
      `data: ${format(train)} rows to train on, ${format(val)} to validate, ${format(test)} to test, ` +
      `of ${count === 1 ? "1 series" : `${format(count)} series`}; ` +
      `${vocabulary === 1 ? "1 number" : `${format(vocabulary)} numbers`} a row`
    );
  },

  optionsFrom(checkpoint, given) {
    const { columns } = codeOf(checkpoint);
    const { input = columns.input.join(","), sequence = columns.sequence, order = columns.order } = given;
    const count = input.split(",").length;
    if (count === columns.input.length) return { input, sequence, order };
    throw new UsageError(
      `--input ${input} has ${count === 1 ? "1 column" : `${count} columns`}, but the model of --init-from reads ` +
        `${columns.input.length} (${columns.input.join(", ")}): name as many`,
    );
  },

  async read(paths, options, { stdin = processStdin, from, onProgress }) {
    const columns = seriesColumnsOf(options);
    const { val, test } = options;
    let read = 0;
    const tables = await readSeries({ files: paths, val, test }, columns, stdin, (bytes) => {
      onProgress?.((read += bytes), undefined);
    });
    return new SeriesDataset(tables, columns, { from });
  },

  predict,
  learnOnline,
};
