import { UsageError } from "../../errors.ts";
import { listOf } from "../examples/answers.ts";
import { type TextCode } from "./code.ts";
import { type ConditionCode } from "./conditions.ts";

/** The labels and numbers that a user wants texts for. */
export interface ConditionRequest {
  /** Labels: `Korean`, or `country=Korean` if several columns have labels. */
  readonly labels?: readonly string[] | undefined;
  /** The numbers of all columns that have numbers, in their order. */
  readonly values?: readonly number[] | undefined;
}

/**
 * The conditions that a request stands for: a value for each column. If a request has several labels of a column, the
 * result has every combination of the labels of all columns.
 * @throws UsageError if a label is unknown, or a column has no label or number
 */
export function conditionsFor({ labels = [], values = [] }: ConditionRequest, code: TextCode): string[][] {
  const columns = code.columns.input.map((name, index) => ({ name, own: code.conditions[index] }));
  const numbers = columns.filter(({ own }) => !("labels" in own));
  if (values.length !== numbers.length) {
    const names = numbers.map(({ name }) => name).join(", ");
    throw new UsageError(
      numbers.length === 0
        ? "the model writes from labels alone: leave out --values"
        : `--values has ${values.length} numbers, but the model reads ${numbers.length} (${names}): give one for each`,
    );
  }
  const given = labelsByColumn(labels, columns);
  const waiting = [...values];
  return columns.reduce<string[][]>(
    (conditions, { name, own }) => {
      const choices = "labels" in own ? given.get(name) : [String(waiting.shift())];
      if (choices !== undefined)
        return conditions.flatMap((row) => choices.map((choice) => [...row, choice]));
      const known = "labels" in own ? listOf(own.labels) : "";
      throw new UsageError(
        `the model writes from the column ${name}: choose a label of it with --label (${known})`,
      );
    },
    [[]],
  );
}

/** The labels for each column. A label without the name of its column is for the only column that has labels. */
function labelsByColumn(
  labels: readonly string[],
  columns: readonly { readonly name: string; readonly own: ConditionCode }[],
): Map<string, string[]> {
  const labelled = columns.flatMap(({ name, own }) => ("labels" in own ? [{ name, known: own.labels }] : []));
  const given = new Map<string, string[]>();
  for (const text of labels) {
    const named = labelled.find(({ name }) => text.startsWith(`${name}=`));
    const column = named ?? (labelled.length === 1 ? labelled[0] : undefined);
    if (column === undefined) {
      const names = labelled.map(({ name }) => `${name}=...`).join(", ");
      throw new UsageError(
        labelled.length === 0
          ? "the model writes from numbers alone: leave out --label"
          : `--label ${text} does not name its column: write ${names}`,
      );
    }
    const label = named === undefined ? text : text.slice(named.name.length + 1);
    if (!column.known.includes(label)) {
      throw new UsageError(
        `--label ${text} is unknown: the column ${column.name} has ${listOf(column.known)}`,
      );
    }
    given.set(column.name, [...(given.get(column.name) ?? []), label]);
  }
  return given;
}
