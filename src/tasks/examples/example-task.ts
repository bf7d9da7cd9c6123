import { stdin as processStdin } from "node:process";
import { UsageError } from "../../errors.ts";
import { type Metric, type Task, type TaskOptions } from "../task.ts";
import { type Answers } from "./answers.ts";
import { columnsOf, type ExampleShape } from "./columns.ts";
import { encoderOf } from "./encoder.ts";
import { predict } from "./predict.ts";
import { ExampleDataset, readTables } from "./example-dataset.ts";

const classMetrics: readonly Metric[] = [
  { name: "loss", unit: "nats per example", shortUnit: "nats", better: "lower", decimals: 4 },
  { name: "accuracy", unit: "accuracy", shortUnit: "accuracy", better: "higher", decimals: 4 },
  { name: "macroF1", unit: "macro F1", shortUnit: "macro F1", better: "higher", decimals: 4 },
];

const numberMetrics: readonly Metric[] = [
  { name: "loss", unit: "squared deviations", shortUnit: "loss", better: "lower", decimals: 4 },
  { name: "rmse", unit: "RMSE", shortUnit: "RMSE", better: "lower", decimals: 4 },
  { name: "mae", unit: "MAE", shortUnit: "MAE", better: "lower", decimals: 4 },
];

/** A task whose data are the rows of tables, and whose model answers once for each example: with a class or a number. */
export function exampleTask(shape: ExampleShape): Task {
  return {
    metrics: ({ targetType }) => (targetType === "number" ? numberMetrics : classMetrics),
    symbolUnit: "symbol",

    describeData({ examples, classes, vocabulary }, _options, count) {
      const { train, val, test } = examples ?? { train: 0, val: 0, test: 0 };
      const answers = classes === undefined ? "numbers" : `${count(classes)} classes`;
      return (
        `data: ${count(train)} examples to train on, ${count(val)} to validate, ${count(test)} to test; ` +
        `${count(vocabulary)} inputs, ${answers}`
      );
    },

    optionsFrom(checkpoint, given) {
      const { columns, answers } = encoderOf(checkpoint);
      const targetType = typeOf(answers);
      if (given.targetType !== undefined && given.targetType !== targetType) {
        throw new UsageError(
          `--target-type ${given.targetType} contradicts --init-from, whose model predicts a ${targetType}: leave out --target-type`,
        );
      }
      return {
        ...optionsOf(columns),
        ...(given.input !== undefined && { input: given.input }),
        ...(given.target !== undefined && { target: given.target }),
        targetType,
      };
    },

    async read(paths, options, reading) {
      const columns = columnsOf(options, shape);
      const { val, test } = options;
      let read = 0;
      const tables = await readTables(
        { files: paths, val, test },
        columns,
        reading.stdin ?? processStdin,
        (bytes) => {
          reading.onProgress?.((read += bytes), undefined);
        },
      );
      return new ExampleDataset(tables, columns, reading);
    },

    predict,
  };
}

function typeOf(answers: Answers): TaskOptions["targetType"] {
  return "labels" in answers ? "class" : "number";
}

/** The options by which a checkpoint's tables were read. */
function optionsOf({
  input,
  target,
  kind,
  sequence,
  order,
}: ReturnType<typeof columnsOf>): Partial<TaskOptions> {
  return {
    input: input.join(","),
    target,
    inputTokens: kind === "token",
    unit: kind === "byte" ? "byte" : "char",
    sequence,
    order,
  };
}
