import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { initialParameters } from "../../../src/model/initialization.ts";
import { type ModelConfig } from "../../../src/model/network.ts";
import { Random } from "../../../src/random.ts";
import { encodeSeries, membersOf, networkSizes, type SeriesCode } from "../../../src/tasks/series/code.ts";
import { type SeriesRow } from "../../../src/tasks/series/series-table.ts";

/** A number with the distribution N(0, 1), by the method of Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/**
 * An autoregressive series: x(t) = 1.2 x(t-1) - 0.6 x(t-2) + e(t), where every e(t) is N(0, 1). The e(t) cannot be
 * predicted, so they are the errors of the best possible prediction.
 */
export function autoregression(
  length: number,
  random: Random,
  [first, second] = [1.2, -0.6],
): { values: number[]; noise: number[] } {
  const [values, noise]: [number[], number[]] = [[], []];
  for (let t = 0; t < length; t++) {
    noise.push(normal(random));
    values.push(first * (values.at(-1) ?? 0) + second * (values.at(-2) ?? 0) + noise[t]);
  }
  return { values, noise };
}

/** Rows of one number, or of several. The first stands in line 2. */
export function rowsOf(values: readonly (number | readonly number[])[]): SeriesRow[] {
  return values.map((value, index) => ({ line: index + 2, values: [value].flat() }));
}

/** A code for one or more columns, which leaves the numbers as they are. */
export function plainCode(...input: string[]): SeriesCode {
  return { columns: { input }, scales: input.map(() => ({ mean: 0, deviation: 1 })) };
}

/** The numbers 0, 1, 2, ..., in which each row is its own position. */
export function counting(length: number) {
  return encodeSeries(rowsOf(Array.from({ length }, (_, row) => row)), plainCode("x"));
}

export const smallModel: ModelConfig = { cell: "lstm", layers: 2, hidden: 6, embedding: 0, dropout: 0 };

/** A checkpoint with random weights that reads and predicts by a code. */
export async function randomCheckpoint(
  code: SeriesCode,
  model: ModelConfig = smallModel,
  options: Record<string, string | number> = {},
): Promise<Checkpoint> {
  const init = { init: "uniform", initRange: 0.5, forgetBias: 1 } as const;
  const values = await initialParameters(model, networkSizes(code), init, Random.of(3));
  const { vocabulary, task } = membersOf(code);
  if (task === undefined) throw new Error("a series has a task");
  return {
    model: { ...model },
    vocabulary,
    task: { name: "series", ...task },
    parameters: new Map(
      [...values].map(([name, data]) => [name, { shape: [data.length], dtype: "float32" as const, data }]),
    ),
    training: { step: 1, options: { task: "series", input: code.columns.input.join(","), ...options } },
  };
}
