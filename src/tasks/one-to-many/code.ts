import { isRecord, type Checkpoint, type TaskRecord, type Tree } from "../../checkpoint/format.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { tableFormats } from "../../text/tables/table.ts";
import { vocabularyOf, type TextVocabulary } from "../../text/text-vocabulary.ts";
import { type OnUnknown } from "../../text/vocabulary.ts";
import { invalidTask, type Examples } from "../examples/encoder.ts";
import { encodeSteps } from "../examples/inputs.ts";
import { type TaskMembers } from "../task.ts";
import { columnsOfTexts, type TextColumns } from "./columns.ts";
import { conditionWidth, encodeConditions, type ConditionCode } from "./conditions.ts";
import { type ConditionedText } from "./conditioned-texts.ts";

/**
 * All that turns conditions and texts into the inputs and targets of a network. The first step reads the conditions.
 * Each later step reads the symbol before it as a one-hot vector, in inputs of its own. Without feed-back it reads
 * zeros. The network predicts a symbol at each step, and after the last symbol of a text the end, which is one more
 * output.
 */
export interface TextCode {
  readonly columns: TextColumns;
  readonly conditions: readonly ConditionCode[];
  readonly vocabulary: TextVocabulary;
  readonly feedsBack: boolean;
}

/** The output that stands for the end of a text. */
export function endOf({ vocabulary }: TextCode): number {
  return vocabulary.size;
}

export function networkSizes({ conditions, vocabulary, feedsBack }: TextCode): NetworkSizes {
  const inputs = conditionWidth(conditions) + (feedsBack ? vocabulary.size : 0);
  return { inputs, outputs: vocabulary.size + 1, numeric: true };
}

/**
 * Writes the inputs of a step into a row of zeros. `before` is the symbol before the step. A first step has no symbol
 * before it: `before` is then -1 - n, and the step reads the conditions of text n, which are in `firsts`.
 */
export function writeInputs(
  before: number,
  row: Float32Array,
  firsts: readonly Float32Array[],
  { conditions, feedsBack, vocabulary }: TextCode,
): void {
  if (before < 0) row.set(firsts[-1 - before]);
  else if (feedsBack && before < vocabulary.size) row[conditionWidth(conditions) + before] = 1;
}

/**
 * Encodes texts with their conditions. A text of n symbols has n + 1 steps.
 * @throws CharrnnError if a label or a symbol is unknown, or a number is missing
 */
export function encodeTexts(
  texts: readonly ConditionedText[],
  code: TextCode,
  onUnknown: OnUnknown,
): Examples {
  const { columns, conditions, vocabulary } = code;
  const {
    starts,
    steps: symbols,
    skipped,
  } = encodeSteps(texts, { vocabulary }, columnsOfTexts(columns), onUnknown);
  const { length: count } = texts;
  const firsts = texts.map((text) => encodeConditions(text, columns.input, conditions));
  const size = symbols.length + count;
  // The symbol before each step, as `writeInputs` takes it.
  const steps = new Int32Array(size);
  const targets = new Int32Array(size);
  const tags = new Int32Array(size);
  for (let text = 0, step = 0; text < count; text++) {
    const [start, end] = [starts[text], starts[text + 1]];
    for (let position = start; position <= end; position++, step++) {
      steps[step] = position === start ? -1 - text : symbols[position - 1];
      targets[step] = position === end ? endOf(code) : symbols[position];
      tags[step] = position - start;
    }
  }
  return {
    count,
    starts: starts.map((start, text) => start + text),
    steps,
    width: networkSizes(code).inputs,
    expand: (step, row) => {
      writeInputs(steps[step], row, firsts, code);
    },
    tags,
    targets,
    skipped,
  };
}

/** What a checkpoint keeps of a code. */
export function membersOf(code: TextCode): TaskMembers {
  return {
    vocabulary: code.vocabulary.toJSON(),
    task: {
      ...networkSizes(code),
      table: { ...code.columns },
      conditions: code.conditions.map((condition) => ({ ...condition })),
      feedBack: code.feedsBack,
    },
  };
}

/**
 * The code that a checkpoint keeps.
 * @throws CharrnnError if the checkpoint has no code that fits its network
 */
export function codeOf({ task, vocabulary }: Pick<Checkpoint, "task" | "vocabulary">): TextCode {
  const { table, conditions, feedBack }: Partial<TaskRecord> = task ?? {};
  if (!isRecord(table) || !isTextTable(table)) throw invalidTask("it does not say how to read a table");
  if (typeof feedBack !== "boolean") throw invalidTask("it does not say whether symbols are fed back");
  const code = {
    columns: table as unknown as TextColumns,
    conditions: conditionsOf(conditions),
    vocabulary: vocabularyOf(vocabulary),
    feedsBack: feedBack,
  };
  const { inputs, outputs } = networkSizes(code);
  if (
    inputs !== task?.inputs ||
    outputs !== task.outputs ||
    code.conditions.length !== code.columns.input.length
  ) {
    throw invalidTask("its numbers of inputs and outputs do not fit its data");
  }
  return code;
}

function isTextTable(table: Readonly<Record<string, Tree | undefined>>): boolean {
  const { format, header, input, target, kind, group, maxLength, truncate } = table;
  return (
    (format === undefined || (tableFormats as readonly unknown[]).includes(format)) &&
    (header === undefined || typeof header === "boolean") &&
    Array.isArray(input) &&
    [...(input as readonly Tree[]), target].every((column) => typeof column === "string") &&
    (kind === "char" || kind === "byte" || kind === "token") &&
    (group === undefined || typeof group === "string") &&
    typeof maxLength === "number" &&
    typeof truncate === "boolean"
  );
}

function conditionsOf(conditions: Tree | undefined): ConditionCode[] {
  if (!Array.isArray(conditions)) throw invalidTask("it does not say what its texts are written from");
  return (conditions as readonly Tree[]).map((condition) => {
    const { labels, mean, deviation } = isRecord(condition) ? condition : {};
    if (Array.isArray(labels) && labels.length > 0 && labels.every((label) => typeof label === "string")) {
      return { labels };
    }
    if (typeof mean === "number" && typeof deviation === "number") return { mean, deviation };
    throw invalidTask("a condition has neither labels nor a mean and a deviation");
  });
}
