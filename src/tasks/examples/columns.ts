import { UsageError } from "../../errors.ts";
import { tableFormatOf, type TableFormat } from "../../text/tables/table.ts";
import { type TaskOptions } from "../task.ts";

/** What a step of an example is: a character, a byte, a token between spaces, or a row of numbers. */
export const inputKinds = ["char", "byte", "token", "number"] as const;
export type InputKind = (typeof inputKinds)[number];

/**
 * How the rows of a table become examples: the `task.table` member of a checkpoint. A table that is predicted or
 * evaluated later is read in the same way.
 */
export interface TableColumns {
  readonly format?: TableFormat | undefined;
  readonly header?: boolean | undefined;
  /** One column, or several columns of numbers. */
  readonly input: readonly string[];
  readonly target: string;
  readonly kind: InputKind;
  /**
   * Whether each step has an answer of its own (a tag), or each token. With tokens, the steps are the characters of the
   * tokens, and a space between two tokens has no tag. Undefined: an example has one answer.
   */
  readonly tags?: "step" | "token" | undefined;
  /**
   * `sequence`: the rows that share a value of this column are one example. `order`: the column that sorts these rows.
   */
  readonly sequence?: string | undefined;
  readonly order?: string | undefined;
  /** A column of features that a model reads before the input. Semicolons separate them. */
  readonly features?: string | undefined;
  /** Examples that share a value of this column are in the same split. */
  readonly group?: string | undefined;
  /** Longer examples are refused or, with `truncate`, cut at their end. */
  readonly maxLength: number;
  readonly truncate: boolean;
}

/** What the examples of a task look like. */
export interface ExampleShape {
  /** Whether every example is one row of numbers. */
  readonly oneStep: boolean;
  /** Whether an example has an answer at each step, not a single answer. */
  readonly tagged: boolean;
}

/**
 * Reads from the options how tables become examples. The first of the tables is at `path`.
 * @throws UsageError if an option is missing, or options contradict each other
 */
export function columnsOf(
  options: TaskOptions,
  { oneStep, tagged }: ExampleShape,
  path: string | undefined,
): TableColumns {
  const { task, format, header, sequence, order, group, maxLength, truncate } = options;
  const input = namedColumns(options.input, task, "--input", "the column that the model reads");
  const [target, ...more] = namedColumns(
    options.target,
    task,
    "--target",
    "the column that the model predicts",
  );
  if (more.length > 0) throw new UsageError("--target takes one column");
  const rowsOfNumbers = oneStep || sequence !== undefined;
  if (oneStep && sequence !== undefined) {
    throw new UsageError(`--sequence does not work with --task ${task}: take --task many-to-one`);
  }
  if (order !== undefined && sequence === undefined) {
    throw new UsageError(
      "--order puts the rows of a sequence in order: add --sequence, or leave out --order",
    );
  }
  if (input.length > 1 && !rowsOfNumbers) {
    throw new UsageError(
      "several columns of --input are a row of numbers: give --sequence COLUMN (the rows of one example have the " +
        "same value there), or take --task one-to-one",
    );
  }
  if (rowsOfNumbers && options.inputTokens) {
    throw new UsageError(
      "--input-tokens splits a text, but these inputs are numbers: leave out --input-tokens",
    );
  }
  if (rowsOfNumbers && options.embedding > 0) {
    throw new UsageError("--embedding is for symbols, but these inputs are numbers: leave out --embedding");
  }
  if (options.unit === "word") {
    throw new UsageError("--unit word is for the text of a language model: give --input-tokens instead");
  }
  const kind = rowsOfNumbers ? "number" : options.inputTokens ? "token" : options.unit;
  if (tagged && kind === "byte") {
    throw new UsageError("--unit byte does not work with tags, which belong to characters: leave out --unit");
  }
  return {
    format,
    header: header || undefined,
    input,
    target,
    kind,
    tags: tagged ? tagsOf(options, kind, path) : undefined,
    sequence,
    order,
    group,
    maxLength,
    truncate,
  };
}

/** In CoNLL the tags belong to tokens. */
function tagsOf(
  { targetTokens, format }: TaskOptions,
  kind: InputKind,
  path = "",
): NonNullable<TableColumns["tags"]> {
  const ofTokens = targetTokens || (format ?? tableFormatOf(path))?.startsWith("conll") === true;
  return kind === "char" && ofTokens ? "token" : "step";
}

/**
 * The columns that an option names, separated by commas. `1-64` stands for the numbers from 1 to 64. `what` says what the columns are for.
 * @throws UsageError if no columns are named, or a name is empty or comes twice
 */
export function namedColumns(
  columns: string | undefined,
  task: string,
  flag: string,
  what: string,
): string[] {
  if (columns === undefined)
    throw new UsageError(`--task ${task} needs ${flag}, ${what}: a name or a number`);
  const names = columns.split(",").flatMap((name) => rangeOf(name.trim()));
  if (names.includes(""))
    throw new UsageError(`${flag} ${columns} has an empty column name: write one comma between two names`);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new UsageError(`${flag} names the column ${twice} twice: name it once`);
  return names;
}

/** The numbers of a range such as `1-64`, or a name as it is. */
function rangeOf(name: string): string[] {
  const match = /^(\d+)-(\d+)$/.exec(name);
  const [from, to] = (match ?? []).slice(1).map(Number);
  if (match === null || from > to) return [name];
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

/** The columns that are read for every row, in the order of their values. */
export function requestedColumns({
  input,
  target,
  sequence,
  order,
  group,
  features,
}: TableColumns): string[] {
  return [...input, target, ...[sequence, order, group, features].filter((column) => column !== undefined)];
}
