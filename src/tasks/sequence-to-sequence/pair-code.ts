import { vocabularyOf, type InputVocabularyJson } from "../../text/text-vocabulary.ts";
import { isRecord, type Checkpoint, type TaskRecord, type Tree } from "../../checkpoint/format.ts";
import { CharrnnError } from "../../errors.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { inOrder, TokenVocabulary } from "../../text/token-vocabulary.ts";
import { Vocabulary, type OnUnknown } from "../../text/vocabulary.ts";
import { type TableColumns } from "../examples/columns.ts";
import { invalidTask, tableColumnsOf } from "../examples/encoder.ts";
import { encodeSteps, inputCodeOf, type EncodedSteps } from "../examples/inputs.ts";
import { placeIn, stepCount, type TableExample } from "../examples/table-examples.ts";
import { type TaskMembers } from "../task.ts";

/** All that turns the rows of a table into the inputs of an encoder, and a decoder's symbols into outputs. */
export interface PairCode {
  /** How tables are read. `kind` says what a step of the input is. */
  readonly columns: TableColumns;
  readonly inputs: Vocabulary | TokenVocabulary;
  /** The features that may come before an input. The symbols of features come after the symbols of inputs. */
  readonly features: readonly string[];
  /** The symbols of outputs. The decoder has one more symbol, which ends an output and is read first. */
  readonly outputs: Vocabulary | TokenVocabulary;
  /** Decoding stops after this many symbols. */
  readonly maxOutput: number;
}

/** Examples as a network reads them. Both sides have the same number of examples. */
export interface Pairs {
  readonly count: number;
  readonly inputs: EncodedSteps;
  /** Without the symbol at the end. */
  readonly outputs: EncodedSteps;
}

/** The number of steps of an example. */
export function lengthAt({ starts }: EncodedSteps, example: number): number {
  return starts[example + 1] - starts[example];
}

/** The symbol of the decoder that ends an output. */
export function endOf({ outputs }: PairCode): number {
  return outputs.size;
}

export function pairSizes({ inputs, features, outputs }: PairCode): NetworkSizes {
  return { inputs: inputs.size + features.length, outputs: outputs.size + 1 };
}

/** How the outputs of tables are read as if they were inputs. */
function outputColumns(columns: TableColumns, kind: TableColumns["kind"]): TableColumns {
  return { ...columns, input: [columns.target], kind };
}

/** Examples with their outputs in the place of their inputs. */
function outputSides(examples: readonly TableExample[], kind: TableColumns["kind"]): TableExample[] {
  return examples.map((example) => {
    const [target] = example.targets;
    return {
      ...example,
      steps: kind === "token" ? target.split(" ").filter((token) => token !== "") : target,
    };
  });
}

/**
 * The code of a table. Inputs that occur fewer than `minCount` times become the unknown symbol.
 * @throws UsageError if `minCount` leaves no symbol
 */
export function pairCodeOf(
  examples: readonly TableExample[],
  columns: TableColumns,
  {
    outputKind,
    minCount,
    maxOutput,
  }: { readonly outputKind: "char" | "token"; readonly minCount: number; readonly maxOutput: number },
): PairCode {
  const outputs = outputSides(examples, outputKind);
  const vocabulary = (own: readonly TableExample[], read: TableColumns, least: number) => {
    const code = inputCodeOf(own, [], read, least);
    if ("scales" in code) throw new Error("a sequence of numbers has no symbols");
    return code.vocabulary;
  };
  return {
    columns,
    inputs: vocabulary(examples, columns, minCount),
    features: inOrder(new Set(examples.flatMap(({ features = [] }) => features))),
    outputs: vocabulary(outputs, outputColumns(columns, outputKind), 1),
    maxOutput,
  };
}

function kindOf(vocabulary: Vocabulary | TokenVocabulary): "char" | "token" {
  return vocabulary instanceof TokenVocabulary ? "token" : "char";
}

/**
 * Encodes examples with their outputs.
 * @throws CharrnnError if a symbol is unknown, or an output is longer than --max-length; the error names the table,
 * line and column
 */
export function encodePairs(examples: readonly TableExample[], code: PairCode, onUnknown: OnUnknown): Pairs {
  const { columns, outputs: vocabulary } = code;
  const kind = kindOf(vocabulary);
  const sides = outputSides(examples, kind);
  for (const { steps, ...place } of sides) {
    const length = stepCount(steps, kind);
    if (length <= columns.maxLength) continue;
    throw new CharrnnError(
      `${placeIn(place, columns.target)} has ${length} symbols, more than --max-length ${columns.maxLength}: raise --max-length, or take the line out`,
    );
  }
  return {
    count: examples.length,
    inputs: encodePairInputs(examples, code, onUnknown),
    outputs: encodeSteps(sides, { vocabulary }, outputColumns(columns, kind), "error"),
  };
}

/**
 * Encodes the inputs of examples, their features first.
 * @throws CharrnnError if a symbol or a feature is unknown, unless it is skipped; the error names the table, line and
 * column
 */
export function encodePairInputs(
  examples: readonly TableExample[],
  { columns, inputs: vocabulary, features: known }: PairCode,
  onUnknown: OnUnknown,
): EncodedSteps {
  const encoded = encodeSteps(examples, { vocabulary }, columns, onUnknown);
  if (columns.features === undefined) return encoded;
  const indices = new Map(known.map((feature, index) => [feature, vocabulary.size + index]));
  const starts = new Uint32Array(examples.length + 1);
  let { skipped } = encoded;
  const rows = examples.map(({ features = [], ...place }, index) => {
    const read = features.map((feature) => indices.get(feature)).filter((symbol) => symbol !== undefined);
    const unknown = features.find((feature) => !indices.has(feature));
    if (unknown !== undefined && onUnknown !== "skip") {
      throw new CharrnnError(
        `${placeIn(place, columns.features ?? "")} has the feature ${JSON.stringify(unknown)}, which the model does not know: ` +
          "correct it, or skip it with --unknown skip",
      );
    }
    skipped += features.length - read.length;
    const own = [...read, ...encoded.steps.subarray(encoded.starts[index], encoded.starts[index + 1])];
    starts[index + 1] = starts[index] + own.length;
    return own;
  });
  return { starts, steps: Int32Array.from(rows.flat()), width: 1, skipped };
}

/** An output as a text. Tokens are separated by spaces. */
export function outputText(symbols: readonly number[], { outputs }: PairCode): string {
  if (outputs instanceof Vocabulary) return outputs.decode(symbols);
  return symbols.map((symbol) => outputs.symbols[symbol]).join(" ");
}

/** What a checkpoint keeps of a code. */
export function pairMembers(code: PairCode): TaskMembers {
  return {
    vocabulary: code.inputs.toJSON(),
    task: {
      ...pairSizes(code),
      table: { ...code.columns },
      target: { ...code.outputs.toJSON() },
      ...(code.features.length > 0 && { features: code.features }),
      maxOutput: code.maxOutput,
    },
  };
}

/**
 * The code that a checkpoint keeps.
 * @throws CharrnnError if the checkpoint has no code that fits its network
 */
export function pairCodeFrom({ task, vocabulary, model }: Checkpoint): PairCode {
  const { table, target, maxOutput, features = [] }: Partial<TaskRecord> = task ?? {};
  if (!isRecord(table) || !isRecord(target) || vocabulary.unit === "number") {
    throw invalidTask("it does not say how to read a table");
  }
  if (!Array.isArray(features) || !features.every((feature: Tree) => typeof feature === "string")) {
    throw invalidTask("its features are not texts");
  }
  if (!isLength(maxOutput)) throw invalidTask("its maxOutput is not a whole number of at least 1");
  if (model.attention === undefined) throw invalidTask("its model has no encoder and decoder");
  const code = {
    columns: tableColumnsOf(table),
    inputs: vocabularyOf(vocabulary),
    features,
    outputs: vocabularyOf(target as unknown as InputVocabularyJson),
    maxOutput,
  };
  const { inputs, outputs } = pairSizes(code);
  if (inputs !== task?.inputs || outputs !== task.outputs) {
    throw invalidTask("its numbers of inputs and outputs do not fit its data");
  }
  if (code.columns.kind !== vocabulary.unit) throw invalidTask("its columns do not fit its inputs");
  return code;
}

function isLength(value: Tree | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1;
}
