import { stdin as processStdin } from "node:process";
import { UsageError } from "../../errors.ts";
import { numberMetrics } from "../number-metrics.ts";
import { type Metric, type Task, type TaskOptions } from "../task.ts";
import { type Answers } from "./answers.ts";
import { columnsOf, type ExampleShape, type TableColumns } from "./columns.ts";
import { encoderOf } from "./encoder.ts";
import { predict } from "./predict.ts";
import { ExampleDataset, readExamples } from "./example-dataset.ts";

const classMetrics: readonly Metric[] = [
  { name: "loss", unit: "nats per example", shortUnit: "nats", better: "lower", decimals: 4 },
  { name: "accuracy", unit: "accuracy", shortUnit: "accuracy", better: "higher", decimals: 4 },
  { name: "macroF1", unit: "macro F1", shortUnit: "macro F1", better: "higher", decimals: 4 },
];

const tagMetrics: readonly Metric[] = [
  { name: "loss", unit: "nats per tagged step", shortUnit: "nats", better: "lower", decimals: 4 },
  { name: "accuracy", unit: "accuracy of steps", shortUnit: "accuracy", better: "higher", decimals: 4 },
  { name: "tokenAccuracy", unit: "accuracy of tokens", shortUnit: "tokens", better: "higher", decimals: 4 },
  { name: "macroF1", unit: "macro F1", shortUnit: "macro F1", better: "higher", decimals: 4 },
];

/** A task whose data are the rows of tables, and whose model answers each example, or each step, with a class or a number. */
export function exampleTask(shape: ExampleShape): Task {
  return {
    metrics: ({ targetType }) =>
      targetType === "number" ? numberMetrics : shape.tagged ? tagMetrics : classMetrics,
    symbolUnit: "symbol",

    describeData({ examples, classes, vocabulary, numeric }, _options, count) {
      const { train, val, test } = examples ?? { train: 0, val: 0, test: 0 };
      const labels = shape.tagged ? "tags" : "classes";
      const answers = classes === undefined ? "a number" : `${count(classes)} ${labels}`;
      return (
        `data: ${count(train)} examples to train on, ${count(val)} to validate, ${count(test)} to test; ` +
        `${count(vocabulary)} ${numeric ? "numbers" : "symbols"} in, ${answers} out`
      );
    },

    optionsFrom(checkpoint, given) {
      const { columns, answers } = encoderOf(checkpoint);
      const own = { ...optionsOf(columns), targetType: typeOf(answers) };
      requireSame(given, own, columns);
      const { input, target, sequence, order } = { ...columnNamesOf(columns), ...given };
      const count = input.split(",").length;
      if (count !== columns.input.length) {
        throw new UsageError(
          `--input ${input} has ${count === 1 ? "1 column" : `${count} columns`}, but the model of --init-from reads ${columns.input.length} ` +
            `(${columns.input.join(", ")}): name as many`,
        );
      }
      return { ...own, input, target, sequence, order };
    },

    async read(paths, options, reading) {
      const columns = columnsOf(options, shape, paths[0]);
      const { val, test } = options;
      let read = 0;
      const tables = await readExamples(
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

/** @throws UsageError if an option contradicts the checkpoint of --init-from */
function requireSame(
  given: Partial<TaskOptions>,
  own: Pick<TaskOptions, "targetType" | "inputTokens" | "targetTokens" | "unit">,
  { kind }: TableColumns,
): void {
  const flags = [
    ["targetType", "--target-type"],
    ["inputTokens", "--input-tokens"],
    ["targetTokens", "--target-tokens"],
    ["unit", "--unit"],
  ] as const;
  for (const [name, flag] of flags) {
    if (given[name] === undefined || given[name] === own[name]) continue;
    throw new UsageError(
      `${flag} ${given[name]} contradicts --init-from, which has ${own[name]}: leave out ${flag}`,
    );
  }
  if (given.sequence !== undefined && kind !== "number") {
    throw new UsageError(
      "--sequence contradicts --init-from, whose model reads symbols and no numbers: leave out --sequence",
    );
  }
  // The default, 1, is allowed, because the options.json of a run with --init-from contains it.
  if (given.minCount !== undefined && given.minCount !== 1) {
    throw new UsageError(
      `--min-count ${given.minCount} does not work with --init-from, which keeps the vocabulary: leave out --min-count`,
    );
  }
}

/** The options that say what a step is. A run that starts from a checkpoint cannot change these options. */
function optionsOf({ kind, tags }: TableColumns): Pick<TaskOptions, "inputTokens" | "targetTokens" | "unit"> {
  return {
    inputTokens: kind === "token",
    targetTokens: tags === "token",
    unit: kind === "byte" ? "byte" : "char",
  };
}

/** The columns of a checkpoint's tables. Another table may give its columns other names. */
function columnNamesOf({
  input,
  target,
  sequence,
  order,
}: TableColumns): Pick<TaskOptions, "sequence" | "order"> & { input: string; target: string } {
  return { input: input.join(","), target, sequence, order };
}
