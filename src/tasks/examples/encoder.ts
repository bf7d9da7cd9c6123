import { isRecord, type Checkpoint, type TaskRecord, type Tree } from "../../checkpoint/format.ts";
import { CharrnnError } from "../../errors.ts";
import { vocabularyOf } from "../../text/text-vocabulary.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { type OnUnknown } from "../../text/vocabulary.ts";
import { type TaskMembers } from "../task.ts";
import { outputCount, targetsOf, type Answers } from "./answers.ts";
import { tableFormats } from "../../text/tables/table.ts";
import { inputKinds, type TableColumns } from "./columns.ts";
import {
  NO_TAG,
  encodeSteps,
  inputSizes,
  vocabularyMember,
  type EncodedSteps,
  type InputCode,
} from "./inputs.ts";
import { type Scale } from "./scale.ts";
import { type TableExample } from "./table-examples.ts";

/** Examples as a network reads them. */
export interface Examples extends EncodedSteps {
  readonly count: number;
  /** The class or number of each example; or of each step, if steps have tags. */
  readonly targets: Int32Array | Float64Array;
}

/** All that turns the rows of a table into the inputs of a network, and its outputs into answers. */
export interface Encoder {
  readonly columns: TableColumns;
  readonly inputs: InputCode;
  readonly answers: Answers;
}

/** The sizes of a network that reads these inputs and gives these answers. */
export function networkSizes({ inputs, answers }: Encoder): NetworkSizes {
  return { ...inputSizes(inputs), outputs: outputCount(answers) };
}

/** Whether the steps of an example have tags. If not, the example has one answer. */
export function isTagged({ columns }: Encoder): boolean {
  return columns.tags !== undefined;
}

/** The number of steps of an example. */
export function lengthIn({ starts }: Examples, example: number): number {
  return starts[example + 1] - starts[example];
}

/**
 * Encodes examples with their answers.
 * @throws CharrnnError if a symbol or a label is unknown; the error names the table, line and column
 */
export function encode(
  examples: readonly TableExample[],
  { columns, inputs, answers }: Encoder,
  onUnknown: OnUnknown,
): Examples {
  const steps = encodeSteps(examples, inputs, columns, onUnknown);
  const targets = targetsOf(examples, answers, columns);
  return { ...steps, count: examples.length, targets: targetsAtSteps(steps, targets) };
}

/** The targets of the steps from those of the tags. A step without a tag has the target -1. */
function targetsAtSteps(
  { starts, tags }: EncodedSteps,
  targets: Int32Array | Float64Array,
): Int32Array | Float64Array {
  if (tags === undefined) return targets;
  const spread = targets instanceof Int32Array ? new Int32Array(tags.length) : new Float64Array(tags.length);
  let first = 0;
  for (let example = 0; example + 1 < starts.length; example++) {
    let last = NO_TAG;
    for (let step = starts[example]; step < starts[example + 1]; step++) {
      spread[step] = tags[step] === NO_TAG ? -1 : targets[first + tags[step]];
      last = Math.max(last, tags[step]);
    }
    first += last + 1;
  }
  return spread;
}

/** Encodes examples whose answers are not known. */
export function encodeInputs(
  examples: readonly TableExample[],
  { columns, inputs }: Encoder,
  onUnknown: OnUnknown,
): Examples {
  const steps = encodeSteps(examples, inputs, columns, onUnknown);
  const { length: count } = examples;
  return { ...steps, count, targets: new Int32Array(steps.tags?.length ?? count) };
}

/** What a checkpoint keeps of an encoder. */
export function membersOf(encoder: Encoder): TaskMembers {
  const { columns, inputs, answers } = encoder;
  return {
    vocabulary: vocabularyMember(inputs),
    task: {
      ...networkSizes(encoder),
      table: { ...columns },
      ...("scales" in inputs && { scales: inputs.scales.map((scale) => ({ ...scale })) }),
      answers: { ...answers },
    },
  };
}

/**
 * The encoder that a checkpoint keeps.
 * @throws CharrnnError if the checkpoint has no encoder that fits its network
 */
export function encoderOf({ task, vocabulary }: Checkpoint): Encoder {
  const { table, scales, answers }: Partial<TaskRecord> = task ?? {};
  if (!isRecord(table) || !isRecord(answers)) throw invalidTask("it does not say how to read a table");
  const encoder = {
    columns: tableColumnsOf(table),
    inputs: scales === undefined ? { vocabulary: vocabularyOf(vocabulary) } : { scales: scalesOf(scales) },
    answers: answersOf(answers),
  };
  const { inputs, outputs } = networkSizes(encoder);
  if (inputs !== task?.inputs || outputs !== task.outputs)
    throw invalidTask("its numbers of inputs and outputs do not fit its data");
  const { kind, input } = encoder.columns;
  const unit = scales === undefined ? vocabulary.unit : "number";
  if (kind !== unit || input.length !== (kind === "number" ? inputs : 1))
    throw invalidTask("its columns do not fit its inputs");
  return encoder;
}

/**
 * Reads the `table` member of a checkpoint's task.
 * @throws CharrnnError if the member does not say how to read a table
 */
export function tableColumnsOf(table: Readonly<Record<string, Tree | undefined>>): TableColumns {
  const { format, header, input, target, kind, tags, sequence, order, group, features, maxLength, truncate } =
    table;
  const isOneOf = (choices: readonly string[], member: Tree | undefined) =>
    typeof member === "string" && choices.includes(member);
  const isValid =
    (format === undefined || isOneOf(tableFormats, format)) &&
    (header === undefined || typeof header === "boolean") &&
    Array.isArray(input) &&
    [...(input as readonly Tree[]), target].every((column) => typeof column === "string") &&
    isOneOf(inputKinds, kind) &&
    (tags === undefined || tags === "step" || (tags === "token" && kind === "char")) &&
    [sequence, order, group, features].every(
      (column) => column === undefined || typeof column === "string",
    ) &&
    typeof maxLength === "number" &&
    typeof truncate === "boolean";
  if (isValid) return table as unknown as TableColumns;
  throw invalidTask("it does not say how to read a table");
}

function answersOf(answers: Readonly<Record<string, Tree | undefined>>): Answers {
  const { labels, mean, deviation } = answers;
  if (Array.isArray(labels) && labels.length > 1 && labels.every((label) => typeof label === "string")) {
    return { labels };
  }
  if (typeof mean === "number" && typeof deviation === "number") return { mean, deviation };
  throw invalidTask("it has neither labels nor the mean and deviation of a number");
}

/**
 * Reads the `scales` member of a checkpoint.
 * @throws CharrnnError if the member is not a list of means and deviations
 */
export function scalesOf(scales: Tree): Scale[] {
  return (Array.isArray(scales) ? (scales as readonly Tree[]) : [null]).map((scale) => {
    const { mean, deviation } = isRecord(scale) ? scale : {};
    if (typeof mean === "number" && typeof deviation === "number") return { mean, deviation };
    throw invalidTask("its scales are not means and deviations");
  });
}

/** The error for a checkpoint whose `task` member cannot be used. */
export function invalidTask(reason: string): CharrnnError {
  return new CharrnnError(`the task of the checkpoint is invalid: ${reason}; use another checkpoint`);
}
