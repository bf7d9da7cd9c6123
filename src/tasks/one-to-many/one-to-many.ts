import { stdin as processStdin } from "node:process";
import { UsageError } from "../../errors.ts";
import { type Metric, type Task } from "../task.ts";
import { codeOf } from "./code.ts";
import { textColumnsOf } from "./columns.ts";
import { ConditionedDataset, readTexts } from "./text-dataset.ts";
import { sampleTexts } from "./sample.ts";

const metrics: readonly Metric[] = [
  { name: "loss", unit: "nats per symbol", shortUnit: "nats", better: "lower", decimals: 4 },
  {
    name: "bitsPerCharacter",
    unit: "bits per character",
    shortUnit: "bits/char",
    better: "lower",
    decimals: 3,
  },
  { name: "accuracy", unit: "of texts exact", shortUnit: "exact", better: "higher", decimals: 4 },
];

/**
 * The first step reads labels or numbers. Each later step reads the symbol before, or zeros. The network writes a text
 * and an end symbol.
 */
export const oneToMany: Task = {
  metrics: () => metrics,
  symbolUnit: "symbol",

  describeData({ examples, conditions = [], vocabulary }, { feedBack }, count) {
    const { train, val, test } = examples ?? { train: 0, val: 0, test: 0 };
    const numbers = conditions.filter((labels) => labels === "number").length;
    const columns = conditions.flatMap((labels) => (labels === "number" ? [] : [`${count(labels)} labels`]));
    if (numbers > 0) columns.push(`${count(numbers)} numbers`);
    return (
      `data: ${count(train)} texts to train on, ${count(val)} to validate, ${count(test)} to test; ` +
      `${columns.join(" and ")} in, ${count(vocabulary)} symbols out${feedBack === false ? ", not fed back" : ""}`
    );
  },

  optionsFrom(checkpoint, given) {
    const { columns, feedsBack } = codeOf(checkpoint);
    const own = {
      feedBack: feedsBack,
      targetTokens: columns.kind === "token",
      unit: columns.kind === "byte" ? "byte" : "char",
    } as const;
    for (const [name, flag] of [
      ["feedBack", "--no-feed-back"],
      ["targetTokens", "--target-tokens"],
      ["unit", "--unit"],
    ] as const) {
      if (given[name] === undefined || given[name] === own[name]) continue;
      throw new UsageError(
        `${flag} contradicts --init-from, whose model was trained with another value: leave out ${flag}`,
      );
    }
    const { input = columns.input.join(","), target = columns.target } = given;
    return { ...own, input, target };
  },

  async read(paths, options, reading) {
    const columns = textColumnsOf(options);
    const { val, test } = options;
    const stdin = reading.stdin ?? processStdin;
    let read = 0;
    const tables = await readTexts({ files: paths, val, test }, columns, stdin, (bytes) => {
      reading.onProgress?.((read += bytes), undefined);
    });
    return new ConditionedDataset(tables, columns, reading);
  },

  sample: sampleTexts,
};
