import { type Answers } from "../../../src/tasks/examples/answers.ts";
import { type TableColumns } from "../../../src/tasks/examples/columns.ts";
import { type Encoder, type Examples } from "../../../src/tasks/examples/encoder.ts";
import { type TableExample } from "../../../src/tasks/examples/table-examples.ts";
import { type Steps } from "../../../src/tasks/task.ts";
import { type Random } from "../../../src/random.ts";
import { Vocabulary } from "../../../src/text/vocabulary.ts";

/** Examples as a network reads them, from the steps of each: symbols, or rows of numbers. */
export function examplesOf(
  steps: readonly (readonly number[] | readonly (readonly number[])[])[],
  targets: readonly number[],
): Examples {
  const starts = [0];
  for (const own of steps) starts.push(starts[starts.length - 1] + own.length);
  const flat = steps.flat();
  const isNumeric = Array.isArray(flat[0]);
  return {
    count: steps.length,
    starts: Uint32Array.from(starts),
    steps: isNumeric ? Float32Array.from(flat.flat()) : Int32Array.from(flat.flat()),
    width: isNumeric ? (flat[0] as readonly number[]).length : 1,
    skipped: 0,
    targets: isNumeric ? Float64Array.from(targets) : Int32Array.from(targets),
  };
}

const LETTERS = "abcde";

/** An example as if it stood in line 2 of texts.tsv. */
export function exampleWith(steps: Steps, target: string, given: Partial<TableExample> = {}): TableExample {
  return { steps, targets: [target], group: undefined, table: "texts.tsv", line: 2, ...given };
}

export const columns: TableColumns = {
  input: ["text"],
  target: "label",
  kind: "char",
  maxLength: 100,
  truncate: false,
};

/** An encoder of texts of the letters a to e. */
export function textEncoder(answers: Answers): Encoder {
  const vocabulary = Vocabulary.fromCounts(
    "char",
    new Map(Array.from(LETTERS, (letter) => [letter.charCodeAt(0), 1])),
    1,
  );
  return { columns, inputs: { vocabulary }, answers };
}

/** Random texts of the letters a to e, from 1 to `longest` letters long, each with one of the labels. */
export function randomTexts(
  count: number,
  longest: number,
  labels: readonly string[],
  random: Random,
): TableExample[] {
  const below = (n: number) => Math.floor(random.next() * n);
  return Array.from({ length: count }, (_, index) => ({
    steps: Array.from({ length: 1 + below(longest) }, () => LETTERS[below(5)]).join(""),
    targets: [labels[below(labels.length)]],
    group: undefined,
    table: "texts.tsv",
    line: index + 1,
  }));
}
