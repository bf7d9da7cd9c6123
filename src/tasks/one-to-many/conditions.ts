import { CharrnnError } from "../../errors.ts";
import { inOrder } from "../../text/token-vocabulary.ts";
import { numberOf } from "../../text/tables/numbers.ts";
import { listOf } from "../examples/answers.ts";
import { momentsOf, type Scale } from "../examples/scale.ts";
import { numberIn, placeIn } from "../examples/table-examples.ts";
import { type ConditionType } from "./columns.ts";

/** What a model knows of a column of conditions: its labels, or the mean and deviation of its numbers. */
export type ConditionCode = { readonly labels: readonly string[] } | Scale;

/** The conditions of one text, as they stand in a table: one for each column. */
export interface Conditioned {
  readonly conditions: readonly string[];
  readonly table: string;
  readonly line: number;
}

/**
 * The codes of the columns. Labels come from all examples, scales come from the training split. Without a type, a
 * column has numbers if all its values are numbers.
 */
export function conditionCodesOf(
  examples: readonly Conditioned[],
  training: readonly Conditioned[],
  columns: readonly string[],
  type: ConditionType | undefined,
): ConditionCode[] {
  return columns.map((name, column) => {
    const values = examples.map(({ conditions }) => conditions[column]);
    const isNumber =
      type === undefined ? values.every((value) => numberOf(value) !== undefined) : type === "number";
    if (!isNumber) return { labels: inOrder(new Set(values)) };
    return momentsOf(training.map((example) => numberIn(example.conditions[column], example, name)));
  });
}

/** How many inputs the conditions of a text take: one for each label that a column may have, or for its number. */
export function conditionWidth(codes: readonly ConditionCode[]): number {
  return codes.reduce((sum, code) => sum + ("labels" in code ? code.labels.length : 1), 0);
}

/**
 * The conditions of a text as a network reads them: a label as a one-hot vector, a number standardised.
 * @throws CharrnnError if a label is unknown or a number is missing
 */
export function encodeConditions(
  example: Conditioned,
  columns: readonly string[],
  codes: readonly ConditionCode[],
): Float32Array {
  const row = new Float32Array(conditionWidth(codes));
  let place = 0;
  codes.forEach((code, column) => {
    const value = example.conditions[column];
    if (!("labels" in code)) {
      row[place++] = (numberIn(value, example, columns[column]) - code.mean) / code.deviation;
      return;
    }
    const index = code.labels.indexOf(value);
    if (index === -1) {
      throw new CharrnnError(
        `${placeIn(example, columns[column])} is ${JSON.stringify(value)}, which is no label of the model ` +
          `(${listOf(code.labels)}): correct it, or take the line out`,
      );
    }
    row[place + index] = 1;
    place += code.labels.length;
  });
  return row;
}
