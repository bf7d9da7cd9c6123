import { stdin as processStdin } from "node:process";
import { UsageError } from "../../errors.ts";
import { TokenVocabulary } from "../../text/token-vocabulary.ts";
import { columnsOf, type TableColumns } from "../examples/columns.ts";
import { readExamples } from "../examples/example-dataset.ts";
import { type Metric, type Task, type TaskOptions } from "../task.ts";
import { pairCodeFrom } from "./pair-code.ts";
import { PairDataset } from "./pair-dataset.ts";
import { predict } from "./predict.ts";

const metrics: readonly Metric[] = [
  { name: "loss", unit: "nats per output symbol", shortUnit: "nats", better: "lower", decimals: 4 },
  { name: "accuracy", unit: "accuracy", shortUnit: "accuracy", better: "higher", decimals: 4 },
  { name: "symbolErrorRate", unit: "symbol error rate", shortUnit: "errors", better: "lower", decimals: 4 },
];

/** An encoder reads a sequence. When it has read the whole input, a decoder writes another sequence. */
export const sequenceToSequence: Task = {
  metrics: () => metrics,
  symbolUnit: "symbol",

  describeData({ examples, classes, vocabulary }, _options, count) {
    const { train, val, test } = examples ?? { train: 0, val: 0, test: 0 };
    return (
      `data: ${count(train)} examples to train on, ${count(val)} to validate, ${count(test)} to test; ` +
      `${count(vocabulary)} symbols in, ${count(classes ?? 0)} symbols out`
    );
  },

  optionsFrom(checkpoint, given) {
    const { columns, outputs } = pairCodeFrom(checkpoint);
    const own = {
      inputTokens: columns.kind === "token",
      targetTokens: outputs instanceof TokenVocabulary,
    };
    for (const [name, flag] of [
      ["inputTokens", "--input-tokens"],
      ["targetTokens", "--target-tokens"],
    ] as const) {
      if (given[name] === undefined || given[name] === own[name]) continue;
      throw new UsageError(
        `${flag} ${given[name]} contradicts --init-from, which has ${own[name]}: leave out ${flag}`,
      );
    }
    if (given.features !== undefined && columns.features === undefined) {
      throw new UsageError(
        "--features contradicts --init-from, whose model reads no features: leave out --features",
      );
    }
    return {
      ...own,
      features: given.features ?? columns.features,
      input: given.input ?? columns.input.join(","),
      target: given.target ?? columns.target,
    };
  },

  async read(paths, options, reading) {
    const columns = pairColumns(options, paths[0]);
    let read = 0;
    const tables = await readExamples(
      { files: paths, val: options.val, test: options.test },
      columns,
      reading.stdin ?? processStdin,
      (bytes) => {
        reading.onProgress?.((read += bytes), undefined);
      },
    );
    return new PairDataset(tables, columns, reading);
  },

  predict,
};

/** @throws UsageError if an option is missing, or does not work with this task */
function pairColumns(options: TaskOptions, path: string | undefined): TableColumns {
  if (options.unknown === "grow") {
    throw new UsageError(
      "--unknown grow does not work with --task sequence-to-sequence: leave out --unknown",
    );
  }
  return { ...columnsOf(options, { oneStep: false, tagged: false }, path), features: options.features };
}
